/** Snapshots: refused with nothing applied, or restored to sound records that make the same snapshot again. */
import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { MemoryStore } from 'spamd-sync';
import type { StoreRecord } from 'spamd-sync/store';
import { SnapshotError } from '../../../src/errors.ts';
import { restore, type SnapshotSource, snapshot } from '../../../src/store/snapshot.ts';
import { SnapshotWriter } from '../../../src/store/snapshot-format.ts';
import { address, contents, keyOf, tuple } from '../../support/records.ts';
import type { Target } from '../engine.ts';
import { cut } from './cut.ts';

const NOW = 1_800_000_000;
const CHECKPOINT = 0x2a;
const TRAILER = 0x32;
/** How much of a snapshot may be held before its checksum comes, and how much of one is tried. Bytes. */
const MAX_HELD = 2 ** 21;
const MAX_HANDED = 2 ** 22;

const RECORDS: readonly StoreRecord[] = [
  { type: 'tuple', key: keyOf('192.0.2.1'), record: tuple({ first: NOW, pass: NOW + 9, expires: NOW + 9 }) },
  {
    type: 'tuple',
    key: keyOf('192.0.2.2', 'é'),
    record: tuple({ first: 1, pass: 2, expires: 3, original: 'É\0f\0t' }),
  },
  {
    type: 'address',
    ip: '192.0.2.1',
    record: address({ first: NOW, white: [{ at: NOW, expires: 2 ** 33 }], localWhite: NOW, trappedBy: 'group' }),
  },
  { type: 'address', ip: 'pool.example.org', record: address({ first: 1, trappedRemoved: 7, removalsExpire: NOW }) },
  { type: 'spamtrap', address: 'tr\u00e4p@example.net' },
];
const BEFORE: readonly StoreRecord[] = [
  { type: 'address', ip: '198.51.100.1', record: address({ first: 1, trapped: [{ at: 5, expires: 2 ** 33 }] }) },
  { type: 'spamtrap', address: 'before@example.net' },
];

const UNTOUCHED = await contents(storeOf(BEFORE));

export const snapshots: Target = {
  name: 'snapshot',
  maxLength: 900,
  seeds: [[], RECORDS.slice(0, 1), RECORDS, ...RECORDS.map((record) => [record])].flatMap((records) => [
    written(records, false),
    written(records, true),
  ]),
  tokens: [
    ...RECORDS.map((record) => recordOf(record)),
    ...['1205', '2200', '2a050d00000000', '0a00', '000000000000f87f', '000000000000f07f', '000000000000f0bf'].map(
      (hex) => Buffer.from(hex, 'hex'),
    ),
  ],
  /** As it came, and with the right checksums and counts; now and then without an end. */
  async run(input) {
    await check(input);
    const mended = withChecksums(input);
    if (mended !== undefined) await check(mended);
    const miscounted = crc32(input) % 8 === 0 ? withChecksums(input, 1) : undefined;
    if (miscounted !== undefined)
      await rejects(
        restore(storeOf([]), () => [miscounted]),
        SnapshotError,
      );
    if (crc32(input) % 64 === 0) await checkEndless(input);
  },
};

async function check(bytes: Buffer): Promise<void> {
  const store = storeOf(BEFORE);
  const chunks = cut(bytes);
  try {
    const report = await restore(store, () => chunks);
    deepStrictEqual(report.bytes, bytes.length);
    deepStrictEqual(
      { ...countsOf(bytes) },
      { tuples: report.tuples, addresses: report.addresses, spamtraps: report.spamtraps },
    );
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    deepStrictEqual(await contents(store), UNTOUCHED, 'a refused snapshot was applied');
    return;
  }
  const restored = await contents(store);
  for (const record of restored) checkSound(record);
  const again: Buffer[] = [];
  for await (const chunk of snapshot(store, NOW)) again.push(Buffer.from(chunk));
  const other = storeOf([]);
  await restore(other, () => again);
  deepStrictEqual(await contents(other), restored, 'another snapshot has other records');
}

function checkSound(item: StoreRecord): void {
  if (item.type === 'spamtrap') return;
  for (const number of numbersIn(item.record)) ok(number >= 0 && number < Infinity, `${item.type} with ${number}`);
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** A source that repeats itself for ever is refused before much of it is held. */
async function checkEndless(bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  let handed = 0;
  let verified = 0;
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes));
  const source: SnapshotSource = function* () {
    for (handed = 0; handed < MAX_HANDED; handed += block.length) {
      ok(handed - verified <= MAX_HELD, `${handed - verified} bytes are held`);
      yield block;
    }
  };
  const onProgress = (progress: { readonly bytes: number }): void => {
    verified = progress.bytes;
  };
  await restore(storeOf([]), source, { onProgress }).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
  });
}

function storeOf(records: readonly StoreRecord[]): MemoryStore {
  const store = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
  store.load(records);
  return store;
}

function written(records: readonly StoreRecord[], hasCheckpoint: boolean): Buffer {
  const writer = new SnapshotWriter();
  const tuples = records.filter(({ type }) => type === 'tuple').length;
  const addresses = records.filter(({ type }) => type === 'address').length;
  const counts = { tuples, addresses, spamtraps: records.length - tuples - addresses };
  writer.header({ time: NOW, counts });
  for (const record of records) writer.record(record);
  return Buffer.concat([...(hasCheckpoint ? [writer.section()] : []), writer.trailer(counts)]);
}

function recordOf(record: StoreRecord): Buffer {
  const writer = new SnapshotWriter();
  writer.record(record);
  // Without the checkpoint.
  return Buffer.from(writer.section().subarray(0, -7));
}

/** A field of the snapshot, tag and length included. */
interface Field {
  readonly tag: number;
  readonly bytes: Buffer;
}

/** The fields at the front that are whole. A tag is one byte here; anything else makes no snapshot. */
function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    let i = 1;
    do length += ((bytes[at + i] ?? 0) & 127) * 128 ** (i - 1);
    while ((bytes[at + i++] ?? 0) >= 128 && i < 5);
    if (at + i + length > bytes.length) break;
    fields.push({ tag: bytes[at] as number, bytes: bytes.subarray(at, at + i + length) });
    at += i + length;
  }
  return fields;
}

function countsOf(bytes: Buffer): { tuples: number; addresses: number; spamtraps: number } {
  const tags = fieldsOf(bytes).map(({ tag }) => tag);
  const count = (tag: number): number => tags.filter((one) => one === tag).length;
  return { tuples: count(0x12), addresses: count(0x1a), spamtraps: count(0x22) };
}

/** What is whole of it, with checksums where they belong and a trailer that counts what there is, or more addresses. */
function withChecksums(bytes: Buffer, more = 0): Buffer | undefined {
  const fields = fieldsOf(bytes).filter(({ tag }) => tag !== TRAILER);
  if (fields.length === 0) return undefined;
  let written: Buffer = Buffer.alloc(0);
  const checksum = (): Buffer => {
    const field = Buffer.from([0x0d, 0, 0, 0, 0]);
    field.writeUInt32LE(crc32(written), 1);
    return field;
  };
  for (const { tag, bytes } of fields) {
    const field = tag === CHECKPOINT ? Buffer.concat([Buffer.from([CHECKPOINT, 5]), checksum()]) : bytes;
    written = Buffer.concat([written, field]);
  }
  const { tuples, addresses, spamtraps } = countsOf(written);
  const counts = Buffer.alloc(29);
  counts.set([0x12, 27, 0x09]);
  counts.writeDoubleLE(tuples, 3);
  counts[11] = 0x11;
  counts.writeDoubleLE(addresses + more, 12);
  counts[20] = 0x19;
  counts.writeDoubleLE(spamtraps, 21);
  return Buffer.concat([written, Buffer.from([TRAILER, 34]), checksum(), counts]);
}
