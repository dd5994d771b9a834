import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { MemoryStore, type Store } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import type { StoreRecord } from 'spamd-sync/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../src/errors.ts';
import { restore, type SnapshotProgress, snapshot } from '../../src/store/snapshot.ts';
import { address, contents, keyOf, NOW, read, tuple } from '../support/records.ts';

const MANY = 3000;

function memory(): MemoryStore {
  return new MemoryStore({ maxTuples: 10_000, maxAddresses: 10_000 });
}

function sample(tuples: number): MemoryStore {
  const store = memory();
  const records = Array.from({ length: tuples }, (_, i): StoreRecord => {
    const key = keyOf(`10.0.${i >>> 8}.${i & 255}`, i % 7 === 0 ? '\xc3\xa9@b' : undefined);
    return { type: 'tuple', key, record: tuple({ blocked: i, original: i % 5 === 0 ? `É\0${i}` : undefined }) };
  });
  store.load([
    ...records,
    {
      type: 'address',
      ip: '192.0.2.1',
      record: address({
        white: [{ at: NOW, expires: 2 ** 33 }],
        localWhite: NOW,
        announcedExpires: NOW + 5,
        trappedBy: 'group',
      }),
    },
    { type: 'address', ip: 'pool.example.org', record: address({ trappedRemoved: NOW, removalsExpire: NOW + 9 }) },
    { type: 'spamtrap', address: 'tr\u00e4p@example.net' },
  ]);
  return store;
}

async function bytesOf(store: Store): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot(store, NOW)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A snapshot in chunks of a size, as often as it is asked for. */
function cutUp(bytes: Uint8Array, size: number): () => Iterable<Uint8Array> {
  return function* () {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  };
}

let directory: string;
let large: Buffer;
let small: Buffer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  large = await bytesOf(sample(MANY));
  small = await bytesOf(sample(2));
});

afterAll(() => rm(directory, { recursive: true }));

describe('snapshot and restore', () => {
  it.each([1000, 65_536, 10_000_000])(
    'a snapshot in chunks of %i bytes gives another store the same records',
    async (size) => {
      const store = memory();
      const report = await restore(store, cutUp(large, size));
      expect(report).toEqual({ tuples: MANY, addresses: 2, spamtraps: 1, time: NOW, bytes: large.length });
      expect(await contents(store)).toEqual(await contents(sample(MANY)));
    },
  );

  it('a snapshot goes from a LevelStore into memory and back, by a file', async () => {
    const path = join(directory, 'snapshot');
    await using from = await LevelStore.open(join(directory, 'from'));
    for await (const item of sample(MANY).records()) await from.load([item]);
    await pipeline(snapshot(from, NOW), createWriteStream(path));
    const between = memory();
    await restore(between, path);
    await using to = await LevelStore.open(join(directory, 'to'));
    await restore(to, cutUp(await bytesOf(between), 4096));
    expect(await contents(to)).toEqual(await contents(from));
    expect(to.stats()).toEqual(from.stats());
  });

  it('a snapshot of an empty store can be restored', async () => {
    const report = await restore(memory(), cutUp(await bytesOf(memory()), 5));
    expect(report).toMatchObject({ tuples: 0, addresses: 0, spamtraps: 0 });
  });

  it('a snapshot is merged with the records that the store has', async () => {
    const store = memory();
    store.load([
      { type: 'address', ip: '192.0.2.1', record: address({ trapped: [{ at: NOW - 1, expires: NOW + 99 }] }) },
      { type: 'spamtrap', address: 'other@example.net' },
    ]);
    await restore(store, cutUp(small, 100));
    expect(read(store, '192.0.2.1')).toMatchObject({
      white: [{ at: NOW, expires: 2 ** 33 }],
      trapped: [{ at: NOW - 1, expires: NOW + 99 }],
    });
    expect(store.stats()).toMatchObject({ tuples: 2, addresses: 2, spamtraps: 2 });
  });

  it('snapshot and restore report their progress', async () => {
    const reported: SnapshotProgress[] = [];
    const onProgress = (progress: SnapshotProgress) => void reported.push(progress);
    let length = 0;
    for await (const chunk of snapshot(sample(MANY), NOW, { onProgress })) length += chunk.length;
    expect(reported.length).toBeGreaterThan(2);
    const all = { records: MANY + 3, expected: MANY + 3, bytes: length };
    expect(reported.at(-1)).toEqual({ phase: 'write', ...all });

    reported.length = 0;
    await restore(memory(), cutUp(large, 65_536), { onProgress });
    const phases = reported.map(({ phase }) => phase);
    const half = phases.lastIndexOf('verify');
    expect(reported[half]).toEqual({ phase: 'verify', ...all });
    expect(reported.at(-1)).toEqual({ phase: 'apply', ...all });
    expect(phases.indexOf('apply')).toBe(half + 1);
  });
});

describe('restore of a damaged snapshot', () => {
  /** The error of restoring it; the store must be as it was. */
  async function refusal(bytes: Uint8Array, size = 512): Promise<SnapshotError> {
    const store = memory();
    store.load([{ type: 'spamtrap', address: 'before@example.net' }]);
    const error = await restore(store, cutUp(bytes, size)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(await contents(store)).toEqual([{ type: 'spamtrap', address: 'before@example.net' }]);
    if (!(error instanceof SnapshotError)) throw new Error(`not refused: ${error}`);
    expect(error.code).toBe('ERR_SPAMD_SNAPSHOT');
    return error;
  }

  it('a snapshot that is cut anywhere is refused with the offset', async () => {
    for (let length = 0; length < small.length; length++) {
      expect((await refusal(small.subarray(0, length))).offset).toBe(length);
    }
    expect((await refusal(large.subarray(0, 100_000))).offset).toBe(100_000);
  });

  it('a snapshot of which any byte is changed is refused', async () => {
    const byte = fc.record({ at: fc.nat(small.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(byte, async ({ at, by }) => {
        const changed = Buffer.from(small);
        changed[at] = (changed[at] ?? 0) ^ by;
        const { offset } = await refusal(changed);
        expect(offset).toBeLessThanOrEqual(small.length);
      }),
      { numRuns: 300 },
    );
  });

  it('a snapshot is refused with the offset of the section that was changed', async () => {
    const changed = Buffer.from(large);
    // Within the strings of a tuple, so that only the checksum can notice.
    const at = changed.indexOf('alice', 150_000);
    changed.write('alicf', at);
    const { offset, message } = await refusal(changed);
    expect(offset).toBeLessThan(at);
    expect(offset).toBeGreaterThan(at - 70_000);
    expect(message).toMatch(/changed between here and byte \d+/);
  });

  it('a snapshot with more bytes after its end is refused', async () => {
    const longer = Buffer.concat([small, Buffer.from([0])]);
    expect((await refusal(longer)).offset).toBe(small.length);
    expect((await refusal(longer, small.length)).offset).toBe(small.length);
  });

  it('two snapshots in a row, and one of which a section is missing, are refused', async () => {
    await refusal(Buffer.concat([small, small]));
    const checkpoint = Buffer.from([0x2a, 0x05, 0x0d]);
    const first = large.indexOf(checkpoint);
    const second = large.indexOf(checkpoint, first + 8);
    await refusal(Buffer.concat([large.subarray(0, first + 7), large.subarray(second + 7)]));
  });

  it('bytes that are no snapshot are refused at offset 0', async () => {
    expect((await refusal(Buffer.from('WHITE|192.0.2.1|||1|2|3|4|5\n'))).offset).toBe(0);
    expect((await refusal(Buffer.alloc(1000))).offset).toBe(0);
  });

  it('a snapshot that never comes to a checkpoint is refused', async () => {
    const record = Buffer.concat([Buffer.from([0x22, 0x80, 0x80, 0x04]), Buffer.alloc(65_536)]);
    await refusal(Buffer.concat([small.subarray(0, small.indexOf('\x12')), ...new Array(40).fill(record)]), 65_536);
  });

  it('a snapshot with a record that cannot be decoded is refused, though its checksum is right', async () => {
    const body = Buffer.from([...small.subarray(0, 2 + (small[1] ?? 0)), 0x12, 0x02, 0x0a, 0x50]);
    const trailer = Buffer.from([0x32, 0x05, 0x0d, 0, 0, 0, 0]);
    trailer.writeUInt32LE(crc32(body), 3);
    const { offset, message } = await refusal(Buffer.concat([body, trailer]));
    expect(message).toMatch(/cannot be decoded/);
    expect(offset).toBe(body.length - 4);
  });

  it.each([
    ['negative', -8.371160993642713e298],
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('a snapshot with a time that is %s is refused, though its checksum is right', async (_, time) => {
    const claim = { at: NOW, expires: time };
    const records: readonly StoreRecord[] = [
      { type: 'tuple', key: keyOf('192.0.2.1'), record: tuple({ expires: time }) },
      { type: 'address', ip: '192.0.2.1', record: address({ pass: time }) },
      { type: 'address', ip: '192.0.2.1', record: address({ trapped: [claim] }) },
    ];
    for (const record of records) {
      const store = memory();
      store.load([record]);
      const { message, offset } = await refusal(await bytesOf(store));
      expect(message).toMatch(`a record with ${time} for a time or a count`);
      expect(offset).toBeGreaterThan(0);
    }
  });

  it('a snapshot whose counts differ from those at its end is refused', async () => {
    const end = small.lastIndexOf(Buffer.from([0x32]));
    const trailer = Buffer.from(small.subarray(end));
    // The last byte of the count of tuples, 2.
    trailer[trailer.indexOf(Buffer.from([0x00, 0x40])) + 1] = 0x3f;
    expect((await refusal(Buffer.concat([small.subarray(0, end), trailer]))).message).toMatch(/counts/);
  });

  it('a snapshot file that is missing or cut is refused with the code for that', async () => {
    const missing = restore(memory(), join(directory, 'nothing'));
    await expect(missing).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE', message: expect.stringMatching(/ENOENT/) });
    const path = join(directory, 'cut');
    await writeFile(path, large.subarray(0, 99_999));
    await expect(restore(memory(), path)).rejects.toMatchObject({ code: 'ERR_SPAMD_SNAPSHOT', offset: 99_999 });
    expect((await readFile(path)).length).toBe(99_999);
  });
});
