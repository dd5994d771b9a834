import { cp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { encodeAddress, encodeTuple, type StoreRecord } from 'spamd-sync/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { sealed } from '../../src/level/seal.ts';
import { encodeMeta } from '../../src/store/codec.ts';
import { address, attempt, contents, keyOf, NOW, read, tuple } from '../support/records.ts';
import { clientAt, copyOf, flip, placeOfEach, tuples, withLevel } from './setup.ts';

const IP = '192.0.2.1';
const DAMAGED = { code: 'ERR_SPAMD_STORE_DAMAGED' };

const place = placeOfEach();

/** The directory as it was while the store was open: what is in its log is in no table yet. */
async function killed(records: readonly StoreRecord[]): Promise<void> {
  const alive = join(place.top, 'alive');
  const store = await LevelStore.open(alive, { durability: 'sync' });
  for (const record of records) await store.load([record]);
  await copyOf(alive, place.directory);
  await store.close();
}

async function fileOf(pattern: RegExp): Promise<string> {
  const names = (await readdir(place.directory)).filter((name) => pattern.test(name));
  expect(names).toHaveLength(1);
  return join(place.directory, names[0] ?? '');
}

describe('a record of a LevelStore that was altered', () => {
  it('a value that belongs to another key is not served, nor listed, nor passed over by a sweep', async () => {
    const store = await LevelStore.open(place.directory);
    await store.load(tuples(3));
    await store.load([{ type: 'address', ip: IP, record: address({ white: [{ at: NOW, expires: NOW + 5 }] }) }]);
    await store.close();
    await withLevel(place.directory, async (level) => {
      const other = await level.get(`t${keyOf('10.0.0.1')}`);
      await level.put(`t${keyOf('10.0.0.0')}`, other as Buffer);
      await level.put(`a${IP}`, sealed('a192.0.2.2', encodeAddress(address({}))));
    });
    const damaged = await LevelStore.open(place.directory);
    await expect(attempt(damaged, { ip: '10.0.0.0' })).rejects.toMatchObject(DAMAGED);
    await expect(contents(damaged)).rejects.toMatchObject(DAMAGED);
    await expect(read(damaged, IP)).rejects.toMatchObject(DAMAGED);
    await expect(read(damaged, IP)).rejects.toMatchObject({ message: expect.stringContaining(`a${IP}`) });
    expect(damaged.stats().damaged).toBeGreaterThan(2);
    expect(await attempt(damaged, { ip: '10.0.0.1' })).toMatchObject({ outcome: 'early' });
    await damaged.close();
    expect(await LevelStore.repair(place.directory)).toEqual({
      tuples: 2,
      addresses: 0,
      spamtraps: 0,
      dropped: 2,
      lost: { tuples: 1, addresses: 1, spamtraps: 0 },
    });
  });

  it('records that vanished are reported once, with what is left, and the count is right from then on', async () => {
    const store = await LevelStore.open(place.directory);
    await store.load(tuples(3));
    await store.close();
    await withLevel(place.directory, (level) => level.del(`t${keyOf('10.0.0.1')}`));
    await using again = await LevelStore.open(place.directory);
    await expect(contents(again)).rejects.toMatchObject({
      ...DAMAGED,
      message: expect.stringContaining('of 3 tuples 2 are sound and kept by a repair'),
    });
    expect(await contents(again)).toHaveLength(2);
    expect(again.stats()).toMatchObject({ tuples: 2 });
  });
});

describe('the files of a LevelStore', () => {
  it.each([
    { kind: 'log', pattern: /\.log$/ },
    { kind: 'manifest', pattern: /^MANIFEST/ },
  ])('a $kind with a flipped bit anywhere is refused, unless nothing is lost', async ({ pattern }) => {
    await killed(tuples(3));
    const path = await fileOf(pattern);
    const whole = await readFile(path);
    let refused = 0;
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 25)) {
      const copy = join(place.top, `copy${at}`);
      await cp(place.directory, copy, { recursive: true });
      await flip(join(copy, basename(path)), at);
      const store = await LevelStore.open(copy).catch((error: unknown) => {
        expect(error).toMatchObject(DAMAGED);
        refused++;
      });
      if (store) expect(await contents(store)).toHaveLength(3);
      await store?.close();
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('a table with a flipped bit is refused, and a repair keeps all but the block that it is in', async () => {
    const store = await LevelStore.open(place.directory);
    await store.load(tuples(400));
    await store.close();
    await (await LevelStore.open(place.directory)).close();
    const table = await fileOf(/\.ldb$/);
    await flip(table, 100);
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({
      ...DAMAGED,
      message: expect.stringMatching(
        /\.ldb: blocks of \d+ of its \d+ bytes fail their checksums; a repair keeps some \d+ of 400/,
      ),
    });
    const report = await LevelStore.repair(place.directory);
    expect(report.tuples).toBeGreaterThan(300);
    expect(report.lost).toEqual({ tuples: 400 - report.tuples, addresses: 0, spamtraps: 0 });
    await using again = await LevelStore.open(place.directory);
    expect(await contents(again)).toHaveLength(report.tuples);
    const found = await Promise.all(tuples(400).map((_, i) => attempt(again, { ip: clientAt(i) })));
    expect(found.filter(({ outcome }) => outcome === 'early')).toHaveLength(report.tuples);
  });

  it('a log that ends in what was never acknowledged is sound', async () => {
    await killed(tuples(3));
    const log = await fileOf(/\.log$/);
    const bytes = await readFile(log);
    const last = bytes.length - 100;
    await writeFile(log, Buffer.concat([bytes, bytes.subarray(last, -20)]));
    await using store = await LevelStore.open(place.directory);
    expect(await contents(store)).toHaveLength(3);
  });

  it('a log that is cut off before what was acknowledged last is refused, and says how much is lost', async () => {
    await killed(tuples(3));
    const log = await open(await fileOf(/\.log$/), 'r+');
    await log.truncate((await log.stat()).size - 1);
    await log.close();
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({
      ...DAMAGED,
      message: expect.stringContaining('the last 2 changes that were acknowledged are not there'),
    });
    expect(await LevelStore.repair(place.directory)).toMatchObject({ tuples: 2, lost: { tuples: 1 } });
  });

  it.each([/^CURRENT$/, /\.ldb$/, /\.log$/, /^MANIFEST/])('a directory without its %s is refused', async (pattern) => {
    const alive = join(place.top, 'alive');
    const store = await LevelStore.open(alive, { durability: 'sync' });
    await store.load(tuples(3));
    await store.close();
    const again = await LevelStore.open(alive, { durability: 'sync' });
    await again.spamtraps.add('trap@example.net');
    await copyOf(alive, place.directory);
    await again.close();
    await rm(await fileOf(pattern));
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject(DAMAGED);
  });

  it('a damaged note of what was acknowledged costs nothing where all else is sound', async () => {
    await killed(tuples(3));
    await flip(join(place.directory, 'ACKNOWLEDGED'), 3);
    await using store = await LevelStore.open(place.directory);
    expect(await contents(store)).toHaveLength(3);
  });
});

describe('a LevelStore of the format before checksums', () => {
  beforeEach(() =>
    withLevel(place.directory, async (level) => {
      await level.put(`t${keyOf(IP)}`, Buffer.from(encodeTuple(tuple())));
      await level.put(`a${IP}`, Buffer.from(encodeAddress(address({}))));
      await level.put('strap@example.net', Buffer.alloc(0));
      await level.put('m', Buffer.from(encodeMeta(1, { tuples: 1, addresses: 1, spamtraps: 1 })));
    }),
  );

  it('it is opened with all that it holds, and has checksums from then on', async () => {
    const store = await LevelStore.open(place.directory);
    expect(await contents(store)).toHaveLength(3);
    await store.close();
    await withLevel(place.directory, async (level) => {
      const value = Buffer.from(encodeTuple(tuple()));
      expect(await level.get(`t${keyOf(IP)}`)).toEqual(sealed(`t${keyOf(IP)}`, value));
      await level.put(`t${keyOf(IP)}`, value);
    });
    await using again = await LevelStore.open(place.directory);
    await expect(contents(again)).rejects.toMatchObject(DAMAGED);
  });

  it('it goes on with that where it was interrupted', async () => {
    const value = sealed(`t${keyOf(IP)}`, encodeTuple(tuple()));
    await withLevel(place.directory, (level) => level.put(`t${keyOf(IP)}`, value));
    await using store = await LevelStore.open(place.directory);
    expect(await contents(store)).toHaveLength(3);
  });

  it('it can be repaired', async () => {
    await writeFile(await fileOf(/^MANIFEST/), 'this is no manifest');
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject(DAMAGED);
    expect(await LevelStore.repair(place.directory)).toMatchObject({
      tuples: 1,
      addresses: 1,
      spamtraps: 1,
      dropped: 0,
    });
    await using store = await LevelStore.open(place.directory);
    expect(await contents(store)).toHaveLength(3);
  });
});
