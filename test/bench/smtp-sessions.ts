/**
 * Sessions of SMTP up to RCPT TO, as many at once as there are addresses, each of a tuple of its own.
 *
 *     node --import tsx test/bench/smtp-sessions.ts PORT MILLISECONDS ADDRESS...
 *
 * Prints how many were answered a second, and the first digit of the answers.
 */
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

const SERVER = '198.51.100.1';
const [port = '25', milliseconds = '5000', ...addresses] = process.argv.slice(2);
const begin = performance.now();
const answers = new Map<string, number>();
let sessions = 0;

await Promise.all(addresses.map(send));
console.log(
  JSON.stringify({ rate: (sessions / (performance.now() - begin)) * 1000, answers: Object.fromEntries(answers) }),
);

async function send(localAddress: string): Promise<void> {
  while (performance.now() - begin < Number(milliseconds)) {
    const answer = (await session(localAddress, sessions++))[0] ?? '';
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
}

/** @returns The reply to RCPT TO. */
async function session(localAddress: string, number: number): Promise<string> {
  const socket = createConnection({ host: SERVER, port: Number(port), localAddress });
  const commands = ['EHLO mx.example.org', `MAIL FROM:<s${number}@example.org>`, 'RCPT TO:<bob@example.net>', 'QUIT'];
  let rcpt = '';
  for await (const line of createInterface({ input: socket })) {
    if (line[3] === '-') continue;
    if (commands.length === 1) rcpt = line;
    const command = commands.shift();
    if (command !== undefined) socket.write(`${command}\r\n`);
  }
  return rcpt;
}
