import type { Attempt, Verdict } from 'spamd-sync';
import { OpensmtpdFilter } from 'spamd-sync/adapters/opensmtpd';
import { describe, expect, test } from 'vitest';

const DEFER = { action: 'defer', reason: 'first-sight', retryAfter: 9, reply: '451 4.7.1 Greylisted' } as const;

/** A filter before a greylist that answers the same to everybody, and what came of it. */
function filterWith(answer: () => Verdict | Promise<Verdict> = () => DEFER) {
  const attempts: Attempt[] = [];
  const written: string[] = [];
  const verdicts: Verdict[] = [];
  const greylist = {
    check: async (attempt: Attempt): Promise<Verdict> => {
      attempts.push(attempt);
      return answer();
    },
  };
  const write = (line: string): void => void written.push(line);
  const filter = new OpensmtpdFilter(greylist, { write, onVerdict: (verdict) => void verdicts.push(verdict) });
  const push = (...lines: readonly (string | Buffer)[]): Promise<void> => {
    for (const line of lines) filter.push(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
    return new Promise((resolve) => setImmediate(resolve));
  };
  return { filter, push, attempts, written, verdicts };
}

const report = (version: string, event: string, ...rest: readonly string[]) =>
  ['report', version, '1576146008.006099', 'smtp-in', event, '7641df9771b4ed00', ...rest].join('|');
const request = (version: string, ...rest: readonly string[]) =>
  ['filter', version, '1576146008.006099', 'smtp-in', 'rcpt-to', ...rest].join('|');
const CONNECT = ['mx.example.org', 'pass', '192.0.2.7:33174', '192.0.2.1:25'] as const;

describe('the filter of OpenSMTPD', () => {
  test('registers once smtpd has said its configuration, and says nothing before that nor again', async () => {
    const { push, written } = filterWith();
    await push('config|smtp-session-timeout|300', 'config|admd|mx.example.net');
    expect(written).toEqual([]);
    await push('config|ready', 'config|ready');
    expect(written.join('')).toBe(
      'register|report|smtp-in|link-connect\nregister|report|smtp-in|link-identify\n' +
        'register|report|smtp-in|link-auth\nregister|report|smtp-in|link-disconnect\n' +
        'register|report|smtp-in|tx-mail\nregister|filter|smtp-in|rcpt-to\nregister|ready\n',
    );
  });

  test.each([
    { version: '0.4', ids: ['1ef1c203cc576e5d', '7641df9771b4ed00'], mail: ['a|b@example.org', 'ok'] },
    { version: '0.5', ids: ['7641df9771b4ed00', '1ef1c203cc576e5d'], mail: ['a|b@example.org', 'ok'] },
    { version: '0.6', ids: ['7641df9771b4ed00', '1ef1c203cc576e5d'], mail: ['ok', 'a|b@example.org'] },
    { version: '0.7', ids: ['7641df9771b4ed00', '1ef1c203cc576e5d'], mail: ['ok', 'a|b@example.org'] },
  ])('answers in protocol $version in the order in which it is asked', async ({ version, ids, mail }) => {
    const { push, attempts, written } = filterWith();
    await push(
      report(version, 'link-connect', ...CONNECT),
      report(version, 'link-identify', 'EHLO', 'mx|1'),
      report(version, 'tx-mail', 'dbf9d1c2', ...mail),
      request(version, ...ids, 'c|d@example.net'),
    );
    expect(written).toEqual([`filter-result|${ids.join('|')}|reject|451 4.7.1 Greylisted\n`]);
    const addresses = { ip: '192.0.2.7', connectedTo: '192.0.2.1' };
    expect(attempts).toEqual([{ ...addresses, helo: 'mx|1', from: '<a|b@example.org>', to: '<c|d@example.net>' }]);
  });

  test.each([
    ['0.6', 'alice', 'pass', []],
    ['0.6', 'pass', 'fail', ['asked']],
    ['0.7', 'pass', 'alice|pass', []],
    ['0.7', 'fail', 'pass', ['asked']],
  ])('lets who has logged in pass, in protocol %s after %s|%s', async (version, one, other, asked) => {
    const { push, attempts, written } = filterWith();
    await push(
      report(version, 'link-connect', ...CONNECT),
      report(version, 'link-auth', one, other),
      request(version, '7641df9771b4ed00', 'token', 'c@example.net'),
    );
    expect(attempts.map(() => 'asked')).toEqual(asked);
    expect(written).toEqual([expect.stringMatching(asked.length > 0 ? /\|reject\|451/ : /\|proceed\n$/)]);
  });

  test('lets a client of a local socket pass, and one of which nothing was reported', async () => {
    const { push, attempts, written } = filterWith();
    await push(report('0.6', 'link-connect', 'localhost', 'pass', 'unix:/run/x|y', 'unix:/run/x'));
    await push(request('0.6', '7641df9771b4ed00', 't1', 'c@example.net'));
    await push(request('0.6', 'feedfeedfeedfeed', 't2', 'c@example.net'));
    expect(attempts).toEqual([]);
    expect(written).toEqual([
      'filter-result|7641df9771b4ed00|t1|proceed\n',
      'filter-result|feedfeedfeedfeed|t2|proceed\n',
    ]);
  });

  test('takes an 8-bit HELO byte for byte, and lines that are cut anywhere or joined', async () => {
    const { filter, push, attempts } = filterWith();
    const helo = Buffer.concat([
      Buffer.from(report('0.6', 'link-identify', 'HELO', 'm')),
      Buffer.from([0xe4]),
      Buffer.from('\n'),
    ]);
    const lines = [report('0.6', 'link-connect', 'x', 'fail', '[2001:db8::7]:25', '[::1]:25'), ''].join('\n');
    const all = Buffer.concat([
      Buffer.from(lines),
      helo,
      Buffer.from(`${request('0.6', '7641df9771b4ed00', 't', 'c@x')}\n`),
    ]);
    for (const byte of all) filter.push(Uint8Array.of(byte));
    filter.push(all);
    await push();
    const attempt = { ip: '2001:db8::7', connectedTo: '::1', helo: 'mä', from: '<>', to: '<c@x>' };
    expect(attempts).toEqual([attempt, attempt]);
  });

  test('cuts a line that is too long, and answers it all the same', async () => {
    const { filter, push, attempts, written } = filterWith();
    await push(report('0.6', 'link-connect', ...CONNECT), report('0.6', 'link-identify', 'EHLO', 'x'.repeat(100_000)));
    await push(request('0.6', '7641df9771b4ed00', 't', 'y'.repeat(100_000)));
    expect(written).toHaveLength(1);
    expect(attempts[0]?.helo).toHaveLength(512);
    expect(attempts[0]?.to.length).toBeLessThan(4096);
    expect(filter.stats()).toMatchObject({ asked: 1, rejected: 1, sessions: 1, cut: 2 });
  });

  test('forgets the oldest of too many sessions, and each that has ended', async () => {
    const { filter, push, written } = filterWith();
    const connect = (id: string) => `report|0.6|1|smtp-in|link-connect|${id}|${CONNECT.join('|')}`;
    const lines = Array.from({ length: 16_385 }, (_, id) => connect(`${id}`));
    filter.push(Buffer.from(`${lines.join('\n')}\n`));
    await push(
      request('0.6', '0', 't', 'c@x'),
      request('0.6', '1', 't', 'c@x'),
      'report|0.6|1|smtp-in|link-disconnect|2',
    );
    expect(written).toEqual(['filter-result|0|t|proceed\n', 'filter-result|1|t|reject|451 4.7.1 Greylisted\n']);
    expect(filter.stats()).toMatchObject({ sessions: 16_383, forgotten: 1 });
  });

  test('lets mail pass when the greylist fails or the log does, and writes nothing of a session that ended', async () => {
    const failing = filterWith(() => Promise.reject(new Error('broken')));
    await failing.push(report('0.6', 'link-connect', ...CONNECT), request('0.6', '7641df9771b4ed00', 't', 'c@x'));
    expect(failing.written).toEqual(['filter-result|7641df9771b4ed00|t|proceed\n']);
    expect(failing.verdicts).toMatchObject([{ reason: 'error', error: { message: 'broken' } }]);

    const over = filterWith();
    await over.push(
      report('0.6', 'link-connect', ...CONNECT),
      request('0.6', '7641df9771b4ed00', 't', 'c@x'),
      report('0.6', 'link-disconnect'),
    );
    expect(over.attempts).toHaveLength(1);
    expect(over.written).toEqual([]);
  });

  test('never writes a second line, whatever the reply holds', async () => {
    const { push, written } = filterWith(() => ({ ...DEFER, reply: '451 one\r\ntwo' }));
    await push(report('0.6', 'link-connect', ...CONNECT), request('0.6', '7641df9771b4ed00', 't', 'c@x'));
    expect(written).toEqual(['filter-result|7641df9771b4ed00|t|reject|451 one two\n']);
  });
});

test('a filter of OpenSMTPD refuses what is no greylist, and no place to write', () => {
  const check = () => DEFER;
  const made = (greylist: unknown, options: unknown) => () => new OpensmtpdFilter(greylist as never, options as never);
  expect(made({}, { write: () => {} })).toThrow('greylist: has no method check');
  expect(made({ check }, {})).toThrow('options: has no method write');
  expect(made({ check }, { write: () => {}, onError: 1 })).toThrow('onError: no such option');
});
