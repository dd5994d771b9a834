/** Text of spamdb(8): read as a reader by split and regular expression does, wherever chunks end, and written again. */
import { deepStrictEqual } from 'node:assert/strict';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { formatSpamdb, LineError, parseSpamdb, type SpamdbRecord } from 'spamd-sync/spamdb';
import { collect, lineErrorOf, readLines, text } from '../../spamdb/helpers.ts';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const LINES = [
  'GREY|192.0.2.1|mx.example.org|<a@example.org>|<b@example.net>|1767225600|1767240000|1767240000|1|0',
  'GREY|192.0.2.1|<a@example.org>|<b@example.net>|1|2|3|4|5',
  'GREY|2001:db8::1|h|e|l|o|a|b|1|2|3|4|5',
  'GREY|192.0.2.1|h|l|<a|b@c>|<d|<e>|1|2|3|4|4294967295',
  'GREY|192.0.2.1||||0|0|0|0|0',
  'WHITE|192.0.2.2|||1767225600|1767225600|1770336000|2|3',
  'TRAPPED|192.0.2.3|1767312000',
  'SPAMTRAP|trap@example.org',
  'DOMAIN|@example.org',
  'WHITE|192.0.2.0/24|||1|2|3|4|5\r',
  'TRAPPED|192.0.2.3|01',
  'TRAPPED|2001:db8::/64|1',
  'TRAPPED|::ffff:192.0.2.0/24|1',
  '',
];
const PARTS = [
  '|',
  '||',
  '|<',
  '>|',
  '<>',
  '\n',
  '\r\n',
  '\0',
  '\x7f',
  '\xff',
  'é',
  '💌',
  '0',
  '4294967295',
  '4294967296',
];

export const spamdb: Target = {
  name: 'spamdb',
  maxLength: 600,
  seeds: [...LINES, LINES.join('\n')].map((line) => Buffer.from(line)),
  tokens: [...LINES, ...PARTS, 'GREY|', 'WHITE|', 'TRAPPED|', 'SPAMTRAP|'].map((part) => Buffer.from(part)),
  async run(input) {
    const { records, bad } = await readLines(input);
    deepStrictEqual(await readLines(cut(input)), { records, bad }, 'it matters where chunks end');
    const naive = naiveLines(input);
    deepStrictEqual({ records, bad: bad.map(([line]) => line) }, naive);
    const [first] = bad;
    if (first !== undefined) deepStrictEqual((await lineErrorOf(parseSpamdb(input))).line, first[0]);
    deepStrictEqual(
      await collect(parseSpamdb(formatSpamdb(records))),
      records,
      'what was written is not what was read',
    );
    await checkPools(input, records.length);
  },
};

/** With pools more is read, and that comes back as well. */
async function checkPools(input: Buffer, count: number): Promise<void> {
  const onBadLine = (error: unknown): void => {
    if (!(error instanceof LineError)) throw error;
  };
  const records = await collect(parseSpamdb(input, { pools: true, onBadLine }));
  const written = await text(formatSpamdb(records));
  deepStrictEqual(await collect(parseSpamdb(written, { pools: true })), records);
  deepStrictEqual(records.length >= count, true, 'less is read with pools');
}

/** The records of the lines that are some, and the numbers of those that are none. */
function naiveLines(input: Buffer): { records: SpamdbRecord[]; bad: number[] } {
  const records: SpamdbRecord[] = [];
  const bad: number[] = [];
  for (const [at, line] of input.toString('latin1').split('\n').entries()) {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (bare === '') continue;
    const record = naiveRecord(bare);
    if (record === undefined) bad.push(at + 1);
    else records.push(record);
  }
  return { records, bad };
}

/** @param line Each byte a character. */
function naiveRecord(line: string): SpamdbRecord | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(line)) return undefined;
  const [type = '', ...fields] = line.split('|');
  const rest = line.slice(type.length + 1);
  if (type === 'SPAMTRAP') return rest === '' ? undefined : { type, address: textOf(rest) };
  if (type === 'DOMAIN') return rest === '' ? undefined : { type, domain: textOf(rest) };
  const ip = fields[0] ?? '';
  if (ip.includes('%') || (isIP(ip) === 0 && !isIPv6Network(ip))) return undefined;
  if (type === 'TRAPPED') {
    const expires = numberOf(fields[1]);
    return fields.length === 2 && expires !== undefined ? { type, ip, expires } : undefined;
  }
  if (type !== 'WHITE' && type !== 'GREY') return undefined;
  const numbers = fields.slice(1).slice(-5).map(numberOf);
  const [first, pass, expires, blocked, passed] = numbers;
  if (first === undefined || pass === undefined || expires === undefined) return undefined;
  if (blocked === undefined || passed === undefined) return undefined;
  const strings = fields.slice(1, -5);
  const history = { first, pass, expires, blocked, passed };
  if (type === 'WHITE') return strings.length === 2 && strings.join('') === '' ? { type, ip, ...history } : undefined;
  if (strings.length < 2) return undefined;
  const [helo = '', from = '', to = ''] = strings.length === 2 ? ['', ...strings] : dividedAt(strings.join('|'));
  return { type, ip, helo: textOf(helo), from: textOf(from), to: textOf(to), ...history };
}

/** A greylist lists an IPv6 client by its network. */
function isIPv6Network(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/');
  if (more.length > 0 || !/^(0|[1-9]\d*)$/.test(prefix) || Number(prefix) > 128 || !isIPv6(address)) return false;
  // Mapped IPv4 is IPv4.
  return !/^::ffff:[\d.]+$/.test(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** Sender and recipient are what stands in brackets at the end, else up to the next `|`. */
function dividedAt(text: string): string[] {
  const [, before = '', to = ''] = /^(.*\|.*)\|(<(?:(?!\|<).)*>)$/s.exec(text) ?? /^(.*)\|([^|]*)$/s.exec(text) ?? [];
  const [, helo = '', from = ''] = /^(.*)\|(<(?:(?!\|<).)*>)$/s.exec(before) ?? /^([^|]*)\|(.*)$/s.exec(before) ?? [];
  return [helo, from, to];
}

function numberOf(field: string | undefined): number | undefined {
  if (field === undefined || !/^(0|[1-9]\d*)$/.test(field)) return undefined;
  return Number(field) <= 0xffff_ffff ? Number(field) : undefined;
}

/** UTF-8 if it is valid UTF-8, else Latin-1. */
function textOf(latin1: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}
