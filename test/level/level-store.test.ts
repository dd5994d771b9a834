import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Greylist } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { type StoreRecord, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { sealed } from '../../src/level/seal.ts';
import { encodeMeta } from '../../src/store/codec.ts';
import { address, attempt, change, contents, keyOf, NOW, read, tuple } from '../support/records.ts';
import { clientAt, copyOf, placeOfEach, tuples, withLevel } from './setup.ts';

const IP = '192.0.2.1';
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;

const place = placeOfEach();
/** So that no copy of a directory is in the way of the next. */
let copies = 0;

/** What would be found if everything ended now: all that is in the place.directory, and nothing that is in memory. */
async function afterCrash(): Promise<StoreRecord[]> {
  const copy = join(place.top, `copy${copies++}`);
  await copyOf(place.directory, copy);
  await using store = await LevelStore.open(copy);
  return await contents(store);
}

describe('a LevelStore', () => {
  it('a LevelStore has all its records when it is opened again', async () => {
    const records: StoreRecord[] = [
      { type: 'tuple', key: keyOf(IP), record: tuple() },
      { type: 'address', ip: IP, record: address({ white: [{ at: NOW, expires: NOW + 5 }] }) },
      { type: 'spamtrap', address: 'trap@example.net' },
    ];
    const store = await LevelStore.open(place.directory);
    await store.load(records);
    await store.close();

    await using again = await LevelStore.open(place.directory);
    expect(await contents(again)).toEqual(records);
    expect(again.stats()).toMatchObject({ tuples: 1, addresses: 1, spamtraps: 1 });
    expect(await again.spamtraps.has('trap@example.net')).toBe(true);
    expect(await attempt(again, { ip: '192.0.2.9', to: 'trap@example.net' })).toEqual({
      outcome: 'spamtrap',
    });
  });

  it('a LevelStore keeps each kind of record as one range, in the order of its keys', async () => {
    const store = await LevelStore.open(place.directory);
    await attempt(store, { ip: '192.0.2.2' });
    await attempt(store, { ip: '192.0.2.1' });
    await change(store, IP, WHITE);
    await store.spamtraps.add('b@example.net');
    await store.spamtraps.add('a@example.net');
    await store.close();
    const keys = await withLevel(place.directory, (level) => level.keys().all());
    const expected = ['192.0.2.1', 'm', 'a@example.net', 'b@example.net', keyOf('192.0.2.1'), keyOf('192.0.2.2')];
    expect(keys.map((key) => (key === 'm' ? key : key.slice(1)))).toEqual(expected);
  });

  it('a greylist decides over a LevelStore', async () => {
    await using store = await LevelStore.open(place.directory);
    let now = NOW;
    await using greylist = new Greylist({ store, clock: { now: () => now } });
    const attempt = { ip: IP, helo: 'mail', from: '<a@example.org>', to: '<b@example.net>' };
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'first-sight' });
    now += 1501;
    const verdicts = await Promise.all([greylist.check(attempt), greylist.check(attempt)]);
    expect(verdicts.map(({ reason }) => reason)).toEqual(['retry', 'white']);
  });

  it('a sweep keeps a tuple that was seen again while it was swept', async () => {
    await using store = await LevelStore.open(place.directory, { cacheSize: 2 ** 21 });
    await store.load(tuples(2500, { expires: NOW + 1 }));
    const swept = sweep(store, NOW + 1, false);
    for (let i = 0; i < 2500; i += 25) await attempt(store, { ip: clientAt(i), now: NOW + 1 });
    await swept;
    await sweep(store, NOW + 1, false);
    expect(store.stats()).toMatchObject({ tuples: 100 });
    expect(await contents(store)).toHaveLength(100);
  });
});

describe('the durability of a LevelStore', () => {
  it('with durability sync a record is in the directory when it is acknowledged', async () => {
    await using store = await LevelStore.open(place.directory, { durability: 'sync' });
    await attempt(store, { ip: IP });
    expect(await afterCrash()).toHaveLength(1);
    await change(store, IP, WHITE);
    expect(await afterCrash()).toHaveLength(2);
    await store.spamtraps.add('trap@example.net');
    expect(await afterCrash()).toHaveLength(3);
    await store.load([{ type: 'tuple', key: keyOf('192.0.2.2'), record: tuple() }]);
    expect(await afterCrash()).toHaveLength(4);
    await sweep(store, NOW + 1_000_000, false);
    expect(await afterCrash()).toEqual([{ type: 'spamtrap', address: 'trap@example.net' }]);
    await store.spamtraps.delete('trap@example.net');
    expect(await afterCrash()).toEqual([]);
  });

  it('with durability batched a record can be read when it is acknowledged, and is in the directory soon', async () => {
    await using store = await LevelStore.open(place.directory, { maxLossMs: 200 });
    await read(store, IP);
    const merged = change(store, IP, WHITE);
    expect(merged).toEqual({ at: NOW, expires: NOW + 1000 });
    expect(read(store, IP)).toMatchObject({ white: [{ at: NOW }] });
    await expect.poll(afterCrash, { timeout: 5000, interval: 50 }).toHaveLength(1);
  });

  it('with durability batched close writes what is left', async () => {
    const store = await LevelStore.open(place.directory, { maxLossMs: 60_000 });
    await attempt(store, { ip: IP });
    expect(await afterCrash()).toEqual([]);
    await store.close();
    expect(await afterCrash()).toHaveLength(1);
  });

  it('with durability batched a store that is listed is written first', async () => {
    await using store = await LevelStore.open(place.directory, { maxLossMs: 60_000 });
    await attempt(store, { ip: IP });
    expect(await contents(store)).toHaveLength(1);
    expect(await afterCrash()).toHaveLength(1);
  });
});

describe('the directory of a LevelStore', () => {
  it('a directory that is in use is refused', async () => {
    await using _store = await LevelStore.open(place.directory);
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_LOCKED' });
    await expect(LevelStore.repair(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_LOCKED' });
  });

  it('a path that is no directory is refused', async () => {
    await writeFile(place.directory, 'a file');
    const refused = { code: 'ERR_SPAMD_STORE', message: expect.stringMatching(/not a directory/) };
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject(refused);
    await expect(LevelStore.open(join(place.directory, 'under'))).rejects.toMatchObject(refused);
  });

  it('a directory of another program is refused', async () => {
    await withLevel(place.directory, (level) => level.put('tuple', Buffer.from('something')));
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_DAMAGED' });
  });

  it('a directory of a later version is refused', async () => {
    const meta = sealed('m', encodeMeta(3, { tuples: 0, addresses: 0, spamtraps: 0 }));
    await withLevel(place.directory, (level) => level.put('m', meta));
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({
      code: 'ERR_SPAMD_STORE',
      message: expect.stringMatching(/format 3/),
    });
  });
});

describe('LevelStore.open', () => {
  it.each([
    { durability: 'fast' },
    { maxLossMs: 9 },
    { maxLossMs: 60_001 },
    { cacheSize: 1 },
    { cacheSize: 2 ** 21 + 0.5 },
  ])('LevelStore.open refuses %o', async (options) => {
    const [name = ''] = Object.keys(options);
    await expect(LevelStore.open(place.directory, options as object)).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringContaining(`${name}: `),
    });
  });

  it('LevelStore.open refuses an empty path', async () => {
    await expect(LevelStore.open('')).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });
});
