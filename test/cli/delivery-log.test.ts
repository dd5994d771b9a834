import { expect, test } from 'vitest';
import { deliveredTo } from '../../src/cli/follow-log/delivery-log.ts';
import { textLines } from '../../src/cli/follow-log/text-lines.ts';

const OPENSMTPD =
  'bc31ec1d54053098 mta delivery evpid=ec80d30a3308b8d6 from=<a@example.org> to=<bob@out.example> rcpt=<-> ' +
  'source="127.0.0.1" relay="127.77.9.9 (127.77.9.9)" delay=0s result="Ok" stat="250 ok"';

const POSTFIX =
  'Nov 28 16:51:04 mx postfix/smtp[10201]: 728CA27A: to=<bob@out.example>, relay=mx.example.org[192.0.2.25]:25, ' +
  'delay=49, delays=49/0.13/0.12/0.02, dsn=2.0.0, status=sent (250 ok)';
/** A client wrote to an address that looks like the rest of a line, and the host where it was sent refused it. */
const HOSTILE =
  'Nov 28 16:51:04 mx postfix/smtp[10197]: 90A98289: to=<"x>, relay=evil[192.0.2.66]:25, delay=1, ' +
  'delays=0/0/0/0, dsn=2.0.0, status=sent ("@out.example>, relay=mx.example.org[192.0.2.25]:25, delay=49, ' +
  'delays=49/0.05/0.13/0.07, dsn=5.0.0, status=bounced (host mx.example.org[192.0.2.25] said: 501 Error)';

test.each([
  ['Postfix', POSTFIX, '192.0.2.25'],
  ['Postfix by IPv6', POSTFIX.replace('mx.example.org[192.0.2.25]', 'mx6.example.org[2001:db8::25]'), '2001:db8::25'],
  ['Postfix with a date of ISO 8601', POSTFIX.replace('Nov 28 16:51:04', '2026-11-28T16:51:04.1+00:00'), '192.0.2.25'],
  ['an instance of Postfix', POSTFIX.replace('postfix/', 'postfix-out/'), '192.0.2.25'],
  ['Postfix of an alias', POSTFIX.replace(', relay', ', orig_to=<"a b"@x>, relay'), '192.0.2.25'],
  ['Postfix of a connection used again', POSTFIX.replace(', delay=', ', conn_use=2, delay='), '192.0.2.25'],
  ['OpenSMTPD in the foreground', OPENSMTPD, '127.77.9.9'],
  ['OpenSMTPD by syslog', `Nov 28 16:36:01 mx1 smtpd[4711]: ${OPENSMTPD}`, '127.77.9.9'],
  ['OpenSMTPD by IPv6', OPENSMTPD.replace('127.77.9.9 (', '2001:db8::25 ('), '2001:db8::25'],
])('a delivery is known in a line of %s', (_what, line, ip) => {
  expect(deliveredTo(line)).toBe(ip);
});

test.each([
  ['is tried again', OPENSMTPD.replace('"Ok"', '"TempFail"')],
  [
    'is for a user here',
    'x mda delivery evpid=ec80d30a3308b8d6 from=<a@x> to=<b@y> rcpt=<b@y> user=b delay=0s result=Ok',
  ],
])('a line of OpenSMTPD of a mail that %s is no delivery', (_what, line) => {
  expect(deliveredTo(line)).toBeUndefined();
});

test.each([
  ['refused, whatever its recipient looks like', HOSTILE],
  ['delivered to another port', POSTFIX.replace(':25,', ':26,')],
  ['delivered by LMTP', POSTFIX.replace('/smtp[', '/lmtp[')],
  ['deferred', POSTFIX.replace('dsn=2.0.0, status=sent', 'dsn=4.4.1, status=deferred')],
  ['logged by its subject', `Nov 28 16:51:04 mx postfix/cleanup[1]: A: warning: header Subject: ${POSTFIX}`],
  ['logged by its subject alone', `Nov 28 16:51:04 mx postfix/cleanup[1]: ${POSTFIX.slice(19)}`],
])('a line of Postfix of a mail that was %s is no delivery', (_what, line) => {
  expect(deliveredTo(line)).toBeUndefined();
});

test('lines are put together however they are cut, and cut where they are too long', async () => {
  async function* bytes() {
    for (const byte of Buffer.from(`one\ntw\xe4\n${'x'.repeat(9000)}\nno end`, 'latin1')) yield Uint8Array.of(byte);
  }
  const lines: string[] = [];
  for await (const line of textLines(bytes())) lines.push(line);
  expect(lines).toEqual(['one', 'tw\xe4', 'x'.repeat(8192)]);
});
