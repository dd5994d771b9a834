import { setImmediate as turn } from 'node:timers/promises';
import { LevelStore } from 'spamd-sync/level';
import { addressOfKey, type StoreRecord } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { sealed } from '../../src/level/seal.ts';
import { address, attempt, change, contents, keyOf, NOW, read, tuple } from '../support/records.ts';
import { placeOfEach, withLevel } from './setup.ts';

/** The smallest bound: some 7000 tuples as they are here. */
const SMALL = { maxTupleBytes: 2 ** 20, cacheSize: 2 ** 21 } as const;
const SIZE = keyOf('192.0.2.1').length + 64;
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;
const TRAPPED = { type: 'trapped', at: NOW, expires: NOW + 1000, local: true, trappedBy: 'spamtrap' } as const;

const place = placeOfEach();

/** So many tuples of one client, the later ones first seen later. */
function flood(ip: string, count: number, from = 0): StoreRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    type: 'tuple',
    key: keyOf(ip, `<user${from + i}@example.net>`),
    record: tuple({ first: NOW + from + i, expires: NOW + 100_000 }),
  }));
}

function clientsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `172.16.${i}.1`);
}

async function tuplesOf(store: LevelStore): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const item of await contents(store)) {
    if (item.type === 'tuple') found.set(addressOfKey(item.key), (found.get(addressOfKey(item.key)) ?? 0) + 1);
  }
  return found;
}

/** When the tuples were first seen, seconds from now; of one client, or of all. */
async function sights(store: LevelStore, ip?: string): Promise<number[]> {
  const all = (await contents(store)).filter((item) => item.type === 'tuple');
  const own = all.filter(({ key }) => ip === undefined || addressOfKey(key) === ip);
  return own.map(({ record }) => record.first - NOW);
}

describe('the bound of the tuples of a LevelStore', () => {
  it('a flood out of one network makes room in itself, and every other tuple stays', async () => {
    await using store = await LevelStore.open(place.directory, SMALL);
    const others = clientsOf(100);
    for (const ip of others) await attempt(store, { ip });
    await store.load(flood('192.0.2.7', 11_000));
    const found = await tuplesOf(store);
    expect(others.filter((ip) => !found.has(ip))).toEqual([]);
    const { tuples, evictedTuples } = store.stats();
    expect(tuples * SIZE).toBeLessThan(SMALL.maxTupleBytes + 500 * SIZE);
    expect(tuples + evictedTuples).toBe(11_100);
    const kept = await sights(store, '192.0.2.7');
    // The newest are all there, since the oldest went.
    expect(kept.filter((at) => at >= 9000)).toHaveLength(2000);
    expect(kept.filter((at) => at < 2000).length).toBeLessThan(1000);
  });

  it('who holds how much is known after the store was opened again', async () => {
    const store = await LevelStore.open(place.directory, SMALL);
    await store.load(flood('2001:db8:0:1::7', 5000));
    const others = clientsOf(100);
    for (const ip of others) await attempt(store, { ip });
    await store.close();
    await using again = await LevelStore.open(place.directory, SMALL);
    await contents(again);
    await again.load(flood('2001:db8:0:2::9', 4000, 5000));
    const found = await tuplesOf(again);
    expect(others.filter((ip) => !found.has(ip))).toEqual([]);
    expect(again.stats().evictedTuples).toBeGreaterThan(0);
  });

  it('where no network holds much, the oldest of any make room', async () => {
    await using store = await LevelStore.open(place.directory, SMALL);
    const spread = (count: number, from: number) =>
      Array.from({ length: count }, (_, i): StoreRecord[] =>
        flood(`10.${(from + i) >>> 8}.${(from + i) & 255}.1`, 1, from + i),
      ).flat();
    await store.load(spread(9000, 0));
    const { tuples, evictedTuples } = store.stats();
    expect(tuples * SIZE).toBeLessThan(SMALL.maxTupleBytes + 500 * SIZE);
    expect(tuples + evictedTuples).toBe(9000);
    const kept = await sights(store);
    expect(kept.filter((at) => at >= 7000)).toHaveLength(2000);
  });

  it('a tuple that has expired when it makes room does not count as evicted', async () => {
    await using store = await LevelStore.open(place.directory, { ...SMALL, clock: { now: () => NOW } });
    const expired = flood('192.0.2.7', 9500).map((item) => ({ ...item, record: tuple({ first: 1, expires: NOW }) }));
    await store.load(expired as StoreRecord[]);
    const { tuples } = store.stats();
    expect(tuples).toBeLessThan(9500);
    for (let i = 0; i < 200; i++) await attempt(store, { ip: '192.0.2.7', to: `<new${i}@example.net>` });
    expect(store.stats().evictedTuples).toBe(0);
    expect(store.stats().tuples).toBeLessThan(tuples + 200);
  });
});

describe('the bound of the addresses of a LevelStore', () => {
  it('traps make room for traps, out of the network that holds the most, and push out no white address', async () => {
    await using store = await LevelStore.open(place.directory, { maxAddresses: 400 });
    await contents(store);
    const whites = clientsOf(100);
    for (const ip of whites) await change(store, ip, WHITE);
    for (let i = 0; i < 20; i++) await change(store, `198.51.100.${i}`, TRAPPED);
    for (let i = 0; i < 600; i++) await change(store, `2001:db8:7:${i.toString(16)}::1`, TRAPPED);
    for (const ip of whites) expect(await read(store, ip)).toMatchObject({ white: [{ at: NOW }] });
    for (let i = 0; i < 20; i++) {
      expect(await read(store, `198.51.100.${i}`)).toMatchObject({ trapped: [{ at: NOW }] });
    }
    const { addresses, evictedAddresses } = store.stats();
    expect(addresses).toBeLessThanOrEqual(400);
    expect(addresses + evictedAddresses).toBe(720);
  });

  it('a white address takes the place of a trap, and of another white address where there is no trap', async () => {
    await using store = await LevelStore.open(place.directory, { maxAddresses: 3 });
    await contents(store);
    await change(store, '192.0.2.1', TRAPPED);
    for (let i = 1; i <= 3; i++) await change(store, `172.16.${i}.1`, WHITE);
    expect(await read(store, '192.0.2.1')).toBeUndefined();
    expect(store.stats()).toMatchObject({ addresses: 3, evictedAddresses: 1 });
    await store.load([
      { type: 'address', ip: '172.16.9.1', record: address({ white: [{ at: NOW, expires: NOW + 5000 }] }) },
    ]);
    expect(store.stats()).toMatchObject({ addresses: 3, evictedAddresses: 2 });
    expect(await read(store, '172.16.9.1')).toMatchObject({ white: [{ expires: NOW + 5000 }] });
  });

  it('an address with long evidence counts for several, so that no client fills the disk with what it types', async () => {
    await using store = await LevelStore.open(place.directory, { maxAddresses: 400 });
    await contents(store);
    const long = 'x'.repeat(255);
    const tuple = { helo: long, from: long, to: long };
    for (let i = 0; i < 300; i++) {
      await change(store, `2001:db8:7:${i.toString(16)}::1`, { ...TRAPPED, circumstances: { tuple } });
    }
    const { addresses, evictedAddresses } = store.stats();
    expect(addresses).toBeLessThanOrEqual(200);
    expect(addresses + evictedAddresses).toBe(300);
  });

  it('a trapped address that becomes white while it is to make room stays', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const directory = `${place.directory}${turns}`;
      const trapped = Array.from({ length: 8 }, (_, i) => `192.0.2.${i}`);
      const filled = await LevelStore.open(directory);
      for (const ip of trapped) await change(filled, ip, TRAPPED);
      await filled.close();
      await using store = await LevelStore.open(directory, { maxAddresses: 8 });
      await contents(store);
      const added = change(store, '198.51.100.1', TRAPPED);
      for (let i = 0; i < turns; i++) await turn();
      // The first of those that are alike.
      const [first = ''] = trapped;
      await change(store, first, WHITE);
      await added;
      expect(await read(store, first), `after ${turns} turns`).toMatchObject({ white: [{}] });
    }
  });

  it('an address that cannot be decoded is reported, and the bound holds for all others', async () => {
    const filled = await LevelStore.open(place.directory);
    await change(filled, '192.0.2.2', WHITE);
    await filled.close();
    await withLevel(place.directory, (level) => level.put('a192.0.2.1', sealed('a192.0.2.1', Buffer.from([17]))));
    await using store = await LevelStore.open(place.directory, { maxAddresses: 3 });
    await expect(contents(store)).rejects.toMatchObject({
      code: 'ERR_SPAMD_STORE_DAMAGED',
      message: expect.stringContaining('of 1 addresses 1 are sound'),
    });
    for (let i = 0; i < 9; i++) await change(store, `10.0.${i}.1`, TRAPPED);
    expect(store.stats().evictedAddresses).toBeGreaterThan(4);
  });
});

describe('the bound of the spamtraps of a LevelStore', () => {
  it('a directory that holds more spamtraps than may be added opens with all, and takes more when it holds fewer', async () => {
    const long = Array.from({ length: 9 }, (_, i) => `${i}${'x'.repeat(2 ** 20)}@example.net`);
    const filled = await LevelStore.open(place.directory);
    await filled.spamtraps.add('trap@example.net');
    await filled.close();
    await withLevel(place.directory, (level) =>
      level.batch(long.map((to) => ({ type: 'put', key: `s${to}`, value: sealed(`s${to}`, Buffer.alloc(0)) }))),
    );
    await using store = await LevelStore.open(place.directory);
    expect([...(store.spamtraps.list() as Iterable<string>)]).toHaveLength(10);
    const add = async (): Promise<void> => store.spamtraps.add('another@example.net');
    await expect(add()).rejects.toMatchObject({ code: 'ERR_SPAMD_FULL' });
    for (const to of long.slice(2)) expect(await store.spamtraps.delete(to)).toBe(true);
    await add();
    expect(await store.spamtraps.has('another@example.net')).toBe(true);
  });
});
