import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { encodeAddress, encodeTuple, type StoreRecord, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { Database } from '../../src/level/database.ts';
import { inspected } from '../../src/level/inspection.ts';
import { address, attempt, contents, keyOf, NOW, read, tuple } from '../support/records.ts';
import { clientAt, flip, placeOfEach, tuples, withLevel } from './setup.ts';

const IP = '192.0.2.1';
const DAMAGED = { code: 'ERR_SPAMD_STORE_DAMAGED' };
const CACHE = 2 ** 20;

const place = placeOfEach();

/** Puts records into the directory, and lets LevelDB put them into a table. */
async function filled(records: readonly StoreRecord[]): Promise<void> {
  const store = await LevelStore.open(place.directory);
  await store.load(records);
  await store.close();
  await (await LevelStore.open(place.directory)).close();
}

async function tablesOf(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => name.endsWith('.ldb')).map((name) => join(directory, name));
}

function whites(at: number): StoreRecord[] {
  return Array.from({ length: 300 }, (_, i) => ({
    type: 'address',
    ip: clientAt(i),
    record: address({ white: [{ at, expires: at + 1000 }] }),
  }));
}

describe('a repair of a LevelStore', () => {
  it('a directory that has nothing of a store is refused, and stays as it is', async () => {
    await mkdir(place.directory, { recursive: true });
    await writeFile(join(place.directory, 'notes'), 'mine');
    await expect(LevelStore.repair(place.directory)).rejects.toMatchObject({
      code: 'ERR_SPAMD_STORE',
      message: expect.stringMatching(/there is no store in that directory$/),
    });
    expect(await readdir(place.directory)).toEqual(['notes']);
  });

  it('a directory without its manifest is refused, and a repair keeps all of it', async () => {
    const store = await LevelStore.open(place.directory);
    await store.load([{ type: 'tuple', key: keyOf(IP), record: tuple() }]);
    await store.spamtraps.add('trap@example.net');
    await store.close();
    const [manifest = ''] = (await readdir(place.directory)).filter((name) => name.startsWith('MANIFEST'));
    await writeFile(join(place.directory, manifest), 'this is no manifest');
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({
      ...DAMAGED,
      message: expect.stringMatching(/LevelStore\.repair/),
    });
    expect(await LevelStore.repair(place.directory)).toEqual({
      tuples: 1,
      addresses: 0,
      spamtraps: 1,
      dropped: 0,
      lost: { tuples: 0, addresses: 0, spamtraps: 0 },
    });
    await using again = await LevelStore.open(place.directory);
    expect(await contents(again)).toHaveLength(2);
    expect(again.stats()).toMatchObject({ tuples: 1, spamtraps: 1 });
  });

  it('a record that cannot be decoded rejects its steps, and a repair drops it', async () => {
    await filled(tuples(2));
    await withLevel(place.directory, (level) => level.put(`t${keyOf(clientAt(0))}`, Buffer.from([17])));
    const broken = await LevelStore.open(place.directory);
    await expect(attempt(broken, { ip: clientAt(0) })).rejects.toMatchObject(DAMAGED);
    await expect(sweep(broken, NOW, false)).rejects.toMatchObject(DAMAGED);
    expect(await attempt(broken, { ip: clientAt(1) })).toMatchObject({ outcome: 'early' });
    await broken.close();
    expect(await LevelStore.repair(place.directory)).toEqual({
      tuples: 1,
      addresses: 0,
      spamtraps: 0,
      dropped: 1,
      lost: { tuples: 1, addresses: 0, spamtraps: 0 },
    });
    await using again = await LevelStore.open(place.directory);
    expect((await contents(again)).map((item) => item.type === 'tuple' && item.key)).toEqual([keyOf(clientAt(1))]);
  });

  it('what a repair saves of a damaged table does not take the place of what is newer in another', async () => {
    await filled(whites(NOW));
    const [older = ''] = await tablesOf(place.directory);
    await filled(whites(NOW + 1));
    await flip(older, 100);
    const { addresses } = await LevelStore.repair(place.directory);
    expect(addresses).toBe(300);
    await using store = await LevelStore.open(place.directory);
    for (let i = 0; i < 300; i++) expect(await read(store, clientAt(i))).toMatchObject({ white: [{ at: NOW + 1 }] });
  });

  it('a directory that LevelDB alone holds is not repaired', async () => {
    await filled(tuples(1));
    await withLevel(place.directory, async () => {
      const before = await readdir(place.directory);
      await expect(LevelStore.repair(place.directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_LOCKED' });
      expect(await readdir(place.directory)).toEqual(before);
    });
  });

  it('a directory has one owner from the beginning of a repair to its end', async () => {
    await filled(tuples(300));
    const repaired = LevelStore.repair(place.directory);
    let refused = 0;
    const opened = (async () => {
      for (;;) {
        const store = await LevelStore.open(place.directory).catch(() => undefined);
        if (store !== undefined) return store;
        refused++;
      }
    })();
    expect(await repaired).toMatchObject({ tuples: 300 });
    await using store = await opened;
    expect(refused).toBeGreaterThan(0);
    expect(await contents(store)).toHaveLength(300);
  });

  it('a repair that was cut off is to be done again, and says then what was lost before it', async () => {
    await filled(tuples(300));
    const [table = ''] = await tablesOf(place.directory);
    await flip(table, 100);
    const { db } = await Database.openDamaged(place.directory, CACHE);
    await db.close();
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject({
      ...DAMAGED,
      message: expect.stringContaining('a repair of it was cut off'),
    });
    const { tuples: kept, lost } = await LevelStore.repair(place.directory);
    expect(kept).toBeLessThan(300);
    expect(lost).toEqual({ tuples: 300 - kept, addresses: 0, spamtraps: 0 });
    await (await LevelStore.open(place.directory)).close();
  });

  it('an open that was refused leaves it to a repair to tell what format the records have', async () => {
    await withLevel(place.directory, async (level) => {
      await level.put(`t${keyOf(IP)}`, Buffer.from(encodeTuple(tuple())));
      await level.put(`a${IP}`, Buffer.from(encodeAddress(address({}))));
      await level.put('m', Buffer.from([17]));
    });
    await expect(LevelStore.open(place.directory)).rejects.toMatchObject(DAMAGED);
    const kept = { tuples: 1, addresses: 1, spamtraps: 0, dropped: 0, lost: undefined };
    expect(await LevelStore.repair(place.directory)).toEqual(kept);
  });
});

describe('an inspection of a directory', () => {
  it('an inspection reads the tables that are not known to be sound, and of those only what has another size', async () => {
    await filled(tuples(300));
    const { tables, damage } = await inspected(place.directory, new Map());
    expect(damage).toEqual([]);
    expect(tables.size).toBe(1);
    const [table = ''] = await tablesOf(place.directory);
    await flip(table, 100);
    expect(await inspected(place.directory, tables)).toMatchObject({ damage: [], tables });
    expect((await inspected(place.directory, new Map())).damage).toHaveLength(1);
    await writeFile(table, (await readFile(table)).subarray(1));
    expect((await inspected(place.directory, tables)).damage).toHaveLength(1);
  });
});
