/** Address lists: read as a plain reader does, wherever chunks end; and traplists made of them, in order. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { isIP } from 'node:net';
import {
  type AddressListItem,
  exportTraplist,
  type LineError,
  parseAddressList,
  type SpamdbRecord,
} from 'spamd-sync/spamdb';
import { collect, text } from '../../spamdb/helpers.ts';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const LINES = [
  '192.0.2.1',
  '192.0.2.0/24',
  '2001:db8::/32',
  ' 2001:db8::1 # a comment',
  '# all of it',
  '::/0',
  '::1/129',
  '',
];
const PARTS = ['\n', '\r\n', '\r', '#', '/', '/0', '/32', '/01', '\t', ' ', '\xa0', '\v', '\0', '%lo', ':', '.', '255'];
const NOW = 1_800_000_000;

export const lists: Target = {
  name: 'lists',
  maxLength: 300,
  seeds: [...LINES, LINES.join('\n')].map((line) => Buffer.from(line)),
  tokens: [...LINES, ...PARTS].map((part) => Buffer.from(part, 'latin1')),
  async run(input) {
    const read = await readList([input]);
    deepStrictEqual(await readList(cut(input)), read, 'it matters where chunks end');
    deepStrictEqual(read, naiveList(input.toString('latin1')));
    await checkTraplist(read.items);
  },
};

interface List {
  readonly items: readonly AddressListItem[];
  readonly bad: readonly number[];
}

async function readList(chunks: Iterable<Buffer>): Promise<List> {
  const bad: number[] = [];
  const items = await collect(parseAddressList(chunks, { onBadLine: ({ line }: LineError) => void bad.push(line) }));
  return { items, bad };
}

function naiveList(list: string): List {
  const items: AddressListItem[] = [];
  const bad: number[] = [];
  for (const [at, line] of list.split('\n').entries()) {
    const [item = ''] = line.split('#');
    if (item.trim() === '') continue;
    const [, address = '', , prefix] = /^([^/]*)(\/(\d{1,3}))?$/.exec(item.trim()) ?? [];
    const widest = isIP(address) === 4 ? 32 : 128;
    const length = Number(prefix ?? widest);
    const isSound = isIP(address) !== 0 && !address.includes('%') && length <= widest && !/^0\d/.test(prefix ?? '');
    if (isSound) items.push({ address, prefix: length });
    else bad.push(at + 1);
  }
  return { items, bad };
}

/** Every address of the list once, IPv4 first, in the order of their numbers; it is a list itself. */
async function checkTraplist(items: readonly AddressListItem[]): Promise<void> {
  const records = items.map(
    ({ address: ip }, at): SpamdbRecord => ({ type: 'TRAPPED', ip, expires: NOW - 1 + (at % 7) }),
  );
  const list = await text(exportTraplist(records, { now: NOW }));
  const again = await readList([Buffer.from(list)]);
  const live = new Set(
    records.flatMap((record) => (record.type === 'TRAPPED' && record.expires > NOW ? [keyOf(record.ip)] : [])),
  );
  deepStrictEqual(again.bad, []);
  deepStrictEqual(
    again.items.map(({ address }) => keyOf(address)),
    [...live].sort(),
  );
  ok(list.startsWith(`# 2027-01-15T08:00:00Z: ${live.size} trapped address${live.size === 1 ? '' : 'es'}\n`), list);
}

/** What sorts as the addresses do: the family, then 32 digits. */
function keyOf(ip: string): string {
  if (isIP(ip) === 4)
    return `4${ip
      .split('.')
      .map((octet) => octet.padStart(3, '0'))
      .join('')}`;
  const hex = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [left = [], right = []] = hex.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `6${[...left, ...zeros, ...right].map((group) => group.toLowerCase().padStart(4, '0')).join('')}`;
}
