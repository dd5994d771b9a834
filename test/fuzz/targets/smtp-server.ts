/** What smtp-server hands over: answered once, with a code that suits, and announced in a form that harms nobody. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { attemptFrom, type Entry, Greylist, MemoryStore } from 'spamd-sync';
import { greylistRcptTo } from 'spamd-sync/adapters/smtp-server';
import type { Target } from '../engine.ts';
import { checkSent } from './dialect.ts';
import { textsOf } from './texts.ts';

const NOW = 1_800_000_000;
const SPAMTRAP = 'trap@example.net';
const SEEDS = [
  ['192.0.2.1', '192.0.2.9', 'mx.example.org', 'alice@example.org', 'bob@example.net'],
  ['192.0.2.1', '192.0.2.9', 'mx', '', 'Trap@Example.net'],
  ['::ffff:192.0.2.1', '::1', '[192.0.2.1]', 'ü@bücher.example', 'x@例え.テスト'],
  ['2001:db8::1', '', 'h', 'a@b', 'postmaster'],
  ['none', '', '', '', ''],
];
const PARTS = [
  '@',
  '.',
  '<',
  '>',
  '"',
  '\\',
  '\0',
  '\r\n',
  '\x7f',
  'ü',
  'xn--',
  '%',
  '#',
  '/',
  '?',
  ':',
  '[',
  ']',
  '。',
  'ß',
  '\u200d',
];

export const smtpServer: Target = {
  name: 'smtp-server',
  maxLength: 400,
  seeds: SEEDS.map((texts) => Buffer.from(texts.join('\x01'))),
  tokens: ['\x01', SPAMTRAP, ...PARTS].map((text) => Buffer.from(text)),
  async run(input) {
    const [remoteAddress = '', localAddress = '', hostNameAppearsAs = '', from = '', to = ''] = textsOf(input);
    const announced: Entry[] = [];
    const group = { announce: async (entries: Iterable<Entry>) => void announced.push(...entries) };
    const store = new MemoryStore({ maxTuples: 10, maxAddresses: 10 });
    const greylist = new Greylist({ store, group, clock: { now: () => NOW } });
    await greylist.spamtraps.add(SPAMTRAP);
    const handler = greylistRcptTo(greylist);
    const session = { remoteAddress, localAddress, hostNameAppearsAs, envelope: { mailFrom: { address: from } } };
    const answers: (Error | null | undefined)[] = [];
    await new Promise<void>((resolve) => {
      handler({ address: to }, session, (error) => {
        answers.push(error);
        resolve();
      });
    });
    await greylist.close();
    deepStrictEqual(answers.length, 1, 'answered more than once');
    const [answer] = answers;
    if (attemptFrom({ ip: remoteAddress }) === undefined) {
      ok(!answer, 'a client without an address does not pass');
      return;
    }
    // Nobody who comes for the first time passes.
    ok(answer instanceof Error && 'responseCode' in answer, 'passed');
    ok([451, 550].includes(answer.responseCode as number), `answered ${answer.responseCode}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the reply.
    ok(!/[\x00-\x1f\x7f]/.test(answer.message), 'controls in the reply');
    for (const entry of announced) checkSent(entry);
  },
};
