/** Packets of the milter protocol: read however they are cut, and answered as a mail server expects it. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { isIP } from 'node:net';
import { type Attempt, attemptFrom } from 'spamd-sync';
import { END, type ReadProblem } from '../../../src/adapters/common/conversation.ts';
import { type MilterPacket, PacketReader, packet } from '../../../src/adapters/milter/packets.ts';
import { MilterSession } from '../../../src/adapters/milter/session.ts';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const OFFER = packet('O', Buffer.from('00000006000001ff001fffff', 'hex'));
const CONNECT = packet('C', 'mail.example.org\x004\x00\x19192.0.2.1\0');
const MAIL = packet('M', '<alice@example.org>\0SIZE=7\0');
const RCPT = packet('R', '<bob@example.net>\0');
const UNKNOWN = packet('D', 'R{rcpt_mailer}\0error\0');
const LOGIN = packet('D', 'M{auth_authen}\0alice\0');
const OTHERS = ['A', 'E', 'K', 'Q', 'T', 'L'].map((command) => packet(command));

export const milter: Target = {
  name: 'milter',
  maxLength: 600,
  seeds: [
    Buffer.concat([OFFER, CONNECT, packet('H', 'm\xfcller\0'), MAIL, RCPT, packet('E'), packet('Q')]),
    Buffer.concat([CONNECT, MAIL, UNKNOWN, RCPT, packet('A'), LOGIN, MAIL, RCPT]),
    Buffer.concat([OFFER, packet('C', 'x\x006\0\0IPv6:2001:db8::1\0'), packet('K'), RCPT]),
  ],
  tokens: [OFFER, CONNECT, MAIL, RCPT, UNKNOWN, LOGIN, ...OTHERS, Buffer.from('\0\0\0'), Buffer.from('{')],
  async run(input) {
    const packets = readIn([input]);
    deepStrictEqual(readIn(cut(input)), packets, 'cut it is something else');
    const session = new MilterSession({ authenticated: false, skip: () => {}, field: () => 'x', check });
    for (const one of packets) {
      if (typeof one === 'string') return;
      const answer = await session.answer(one).catch((error: Error) => error);
      if (answer instanceof Error) {
        ok(one.command === 'O' && one.data.length < 12, answer);
        return;
      }
      if (answer === END) return;
      checkAnswer(one.command, answer === undefined ? [] : readIn([Buffer.from(answer as Uint8Array)]));
    }
  },
};

/** A mail server would take what else is sent for the end of the session. */
function checkAnswer(command: string, answers: readonly (MilterPacket | ReadProblem)[]): void {
  const letters = answers.map((answer) => (typeof answer === 'string' ? answer : answer.command)).join('');
  if (command === 'O') deepStrictEqual(letters, 'O');
  else if ('DAK'.includes(command)) deepStrictEqual(letters, '');
  else if (command === 'R') ok(letters === 'c' || letters === 'y', letters);
  else if (command === 'E') ok(letters === 'c' || letters === 'hc', letters);
  else ok(letters === 'c' || ('CHM'.includes(command) && letters === ''), letters);
}

async function check(attempt: Attempt): ReturnType<ConstructorParameters<typeof MilterSession>[0]['check']> {
  ok(isIP(attempt.ip) > 0, 'no address');
  deepStrictEqual(attemptFrom(attempt), attempt, 'not in the form that the greylist takes');
  if (attempt.to.length % 2 === 0) return { action: 'pass', reason: 'retry', expires: 1, waited: 7 };
  return { action: 'defer', reason: 'first-sight', retryAfter: 7, reply: '451 4.7.1 Greylisted' };
}

function readIn(chunks: readonly Buffer[]): (MilterPacket | ReadProblem)[] {
  const reader = new PacketReader();
  const read: (MilterPacket | ReadProblem)[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      read.push(next);
      if (typeof next === 'string') return read;
    }
  }
  return read;
}
