import { deepStrictEqual, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Entry } from 'spamd-sync';
import { decodeDatagram, encodeDatagram, SyncKey } from 'spamd-sync/wire';
import type { Part, Row } from './part.ts';
import { plainDecode, plainEncode } from './plain.ts';
import { KEY_FILE, type Kind, sampleEntries } from './samples.ts';
import { nanoseconds } from './table.ts';
import { type Comparison, timeInTurns } from './timing.ts';

const key = SyncKey.fromBytes(KEY_FILE);
const plainKey = createHash('sha1').update(KEY_FILE).digest('hex');

interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly perDatagram: number;
  /** Distinct datagrams. */
  readonly pool: number;
  readonly decodeAtLeast?: number;
  readonly encodeAtLeast?: number;
}

const CASES: readonly Case[] = [
  { name: '1 WHITE', kind: 'white', perDatagram: 1, pool: 4096, decodeAtLeast: 3, encodeAtLeast: 2.5 },
  { name: '85 WHITE', kind: 'white', perDatagram: 85, pool: 512, decodeAtLeast: 6, encodeAtLeast: 4 },
  { name: '1 GREY', kind: 'grey', perDatagram: 1, pool: 4096 },
];

export const codec: Part = {
  name: 'codec',
  title: 'Codec, time a datagram (an entry), against createHmac and a DataView',
  run: async (quick) => CASES.flatMap((each) => measure(each, quick)),
};

function measure({ name, kind, perDatagram, pool, decodeAtLeast, encodeAtLeast }: Case, quick: boolean): Row[] {
  const lists = sampleEntries(kind, pool, perDatagram);
  const datagrams = lists.map((entries, counter) => encodeDatagram(entries, { key, counter }));
  agree(lists, datagrams);

  const options = { pool, rounds: quick ? 5 : 25, sliceMs: quick ? 20 : 50 };
  const decoded = timeInTurns(
    (index) => decodeDatagram(at(datagrams, index), { key }).entries.length,
    (index) => plainDecode(at(datagrams, index), plainKey).entries.length,
    options,
  );
  const oneView = timeInTurns(
    (index) => decodeDatagram(at(datagrams, index), { key }).entries.length,
    (index) => plainDecode(at(datagrams, index), plainKey, true).entries.length,
    options,
  );
  const encoded = timeInTurns(
    (index) => encodeDatagram(at(lists, index), { key, counter: index }).length,
    (index) => plainEncode(at(lists, index), plainKey, index).length,
    options,
  );
  return [
    row(`decode + verify, ${name}`, decoded, perDatagram, decodeAtLeast),
    row('  against one DataView for all entries', oneView, perDatagram),
    row(`encode + sign, ${name}`, encoded, perDatagram, encodeAtLeast),
  ];
}

function row(what: string, { ours, other, ratio }: Comparison, perDatagram: number, atLeast?: number): Row {
  const shown = (time: number) =>
    perDatagram === 1 ? nanoseconds(time) : `${nanoseconds(time)} (${nanoseconds(time / perDatagram)})`;
  return { what, ours: shown(ours), against: shown(other), ratio, ...(atLeast !== undefined && { atLeast }) };
}

/** Two codecs that do not do the same thing cannot be compared. */
function agree(lists: readonly Entry[][], datagrams: readonly Uint8Array[]): void {
  lists.forEach((entries, counter) => {
    const datagram = at(datagrams, counter);
    deepStrictEqual(plainEncode(entries, plainKey, counter), new Uint8Array(datagram));
    const { unknownTlvs, ...ours } = decodeDatagram(datagram, { key });
    deepStrictEqual(unknownTlvs, 0);
    deepStrictEqual(ours, { counter, entries });
    deepStrictEqual(plainDecode(datagram, plainKey), ours);
    deepStrictEqual(plainDecode(datagram, plainKey, true), ours);
  });
  const forged = Uint8Array.from(at(datagrams, 0));
  forged[forged.length - 5] = (forged[forged.length - 5] ?? 0) ^ 1;
  throws(() => decodeDatagram(forged, { key }), /auth/);
  throws(() => plainDecode(forged, plainKey), /auth/);
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`nothing at ${index}`);
  return found;
}
