/** Lines of smtpd(8) to a filter: answered the same however they are cut, and never with a line that ends smtpd. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Attempt, Verdict } from 'spamd-sync';
import { OpensmtpdFilter } from 'spamd-sync/adapters/opensmtpd';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const report = (version: string, event: string, rest: string) => `report|${version}|1.2|smtp-in|${event}|s1|${rest}\n`;
const ask = (version: string, rest: string) => `filter|${version}|1.2|smtp-in|rcpt-to|${rest}\n`;
const CONNECT = report('0.6', 'link-connect', 'host|pass|192.0.2.1:4|192.0.2.9:25');
const LINES = [
  'config|smtpd-version|6.8\n',
  'config|ready\n',
  CONNECT,
  report('0.7', 'link-connect', '|fail|[2001:db8::1]:4|[::1]:25'),
  report('0.6', 'link-identify', 'EHLO|m|x'),
  report('0.6', 'link-auth', 'alice|pass'),
  report('0.7', 'link-auth', 'fail|alice'),
  report('0.6', 'tx-mail', 'm|ok|a|b@example.org'),
  report('0.5', 'tx-mail', 'm|a@example.org|ok'),
  report('0.6', 'link-disconnect', ''),
  ask('0.6', 's1|t1|b|c@example.net'),
  ask('0.4', 't1|s1|bob@example.net'),
];
/** What smtpd takes of a filter that is registered for recipients. */
const ANSWER =
  /^(?:register\|(?:report\|smtp-in\|[a-z-]+|filter\|smtp-in\|rcpt-to|ready)|filter-result\|[^|\n]*\|[^|\n]*\|(?:proceed|reject\|451 [^\r\n]+))\n$/;

export const opensmtpd: Target = {
  name: 'opensmtpd',
  maxLength: 6000,
  seeds: [LINES.join(''), `${CONNECT}${LINES.slice(-2).join('')}`].map((text) => Buffer.from(text)),
  tokens: ['|', '\n', '\r', '\0', 'é', 'x'.repeat(4096), 's1', '0.5', ...LINES].map((text) => Buffer.from(text)),
  async run(input) {
    const whole = await answersTo([input]);
    deepStrictEqual(await answersTo(cut(input)), whole, 'cut it is something else');
    for (const line of whole.lines) ok(ANSWER.test(line), line);
    deepStrictEqual(whole.lines.filter((line) => line === 'register|ready\n').length <= 1, true, 'registered twice');
  },
};

async function answersTo(chunks: readonly Buffer[]): Promise<{ readonly lines: string[]; readonly asked: Attempt[] }> {
  const lines: string[] = [];
  const asked: Attempt[] = [];
  const check = async (attempt: Attempt): Promise<Verdict> => {
    asked.push(attempt);
    return { action: 'defer', reason: 'first-sight', retryAfter: 7, reply: '451 4.7.1 Greylisted\r\nx' };
  };
  const filter = new OpensmtpdFilter({ check }, { write: (line) => void lines.push(line) });
  for (const chunk of chunks) filter.push(chunk);
  await new Promise((resolve) => setImmediate(resolve));
  const { asked: questions, proceeded, rejected } = filter.stats();
  deepStrictEqual(proceeded + rejected, questions, 'a recipient without an answer');
  return { lines, asked };
}
