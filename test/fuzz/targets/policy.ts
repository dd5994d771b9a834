/** Requests of Postfix's policy protocol: read however they are cut, as a plain reader reads them whole. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import type { ReadProblem } from '../../../src/adapters/common/conversation.ts';
import { type PolicyRequest, RequestReader } from '../../../src/adapters/postfix/request.ts';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const NAMES = ['request', 'protocol_state', 'client_address', 'server_address', 'helo_name', 'sender', 'recipient'];
const MORE = ['instance', 'sasl_username', 'ccert_fingerprint'];
const KNOWN: ReadonlySet<string> = new Set([...NAMES, ...MORE]);
const BEGIN = 'request=smtpd_access_policy\n';
const SEEDS = [
  `${BEGIN}protocol_state=RCPT\nclient_address=192.0.2.1\nsender=\nrecipient=bob@example.net\n\n`,
  `${BEGIN}helo_name=m\xfcller\n\n${BEGIN}instance=1.2\nsize=7\n\n`,
  `${BEGIN}sender=a=b\nsender=c\n\n\n`,
  'request=other\n\n',
];

export const policy: Target = {
  name: 'policy',
  maxLength: 3000,
  seeds: SEEDS.map((text) => Buffer.from(text, 'latin1')),
  tokens: [BEGIN, '\n', '\n\n', '=', 'x'.repeat(2048), 'é', ...[...KNOWN].map((name) => `${name}=`)].map((text) =>
    Buffer.from(text),
  ),
  run(input) {
    const counts = { cut: 0 };
    const reader = new RequestReader(counts);
    const read: (PolicyRequest | ReadProblem)[] = [];
    for (const chunk of cut(input)) {
      if (typeof read.at(-1) === 'string') break;
      reader.push(chunk);
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        read.push(next);
        if (typeof next === 'string') break;
      }
    }
    const expected = plainly(input.toString('latin1'));
    deepStrictEqual(read, expected);
    const values = read.flatMap((request) => (typeof request === 'string' ? [] : Object.values(request)));
    ok(
      values.every((value) => value.length <= 2048),
      'a value that is not cut',
    );
  },
};

function plainly(text: string): (PolicyRequest | ReadProblem)[] {
  const read: (PolicyRequest | ReadProblem)[] = [];
  for (let rest = text; rest !== ''; ) {
    if (rest.startsWith('\n')) return [...read, 'malformed'];
    const end = rest.indexOf('\n\n');
    if (end < 0) break;
    const pairs = rest
      .slice(0, end)
      .split('\n')
      .map((line) => /^([^=]*)=(.*)$/s.exec(line));
    if (pairs.includes(null)) return [...read, 'malformed'];
    const known = pairs.filter((pair) => KNOWN.has(pair?.[1] ?? ''));
    const request = Object.fromEntries(known.map((pair) => [pair?.[1], decoded(pair?.[2] ?? '')])) as PolicyRequest;
    if (request.request !== 'smtpd_access_policy') return [...read, 'malformed'];
    read.push(request);
    rest = rest.slice(end + 2);
  }
  return read;
}

function decoded(latin1: string): string {
  const bytes = Buffer.from(latin1.slice(0, 2048), 'latin1');
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
