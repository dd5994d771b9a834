import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { addressOfKey, type StoreRecord } from 'spamd-sync/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { address, attempt, change, contents, keyOf, NOW, read, tuple } from '../support/records.ts';

/** The smallest bound: some 7000 tuples as they are here. */
const SMALL = { maxTupleBytes: 2 ** 20, cacheSize: 2 ** 21 } as const;
const SIZE = keyOf('192.0.2.1').length + 64;
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;
const TRAPPED = { type: 'trapped', at: NOW, expires: NOW + 1000, local: true, trappedBy: 'spamtrap' } as const;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
});

afterEach(() => rm(directory, { recursive: true }));

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

describe('the bound of the tuples of a LevelStore', () => {
  it('a flood out of one network makes room in itself, and every other tuple stays', async () => {
    await using store = await LevelStore.open(directory, SMALL);
    const others = clientsOf(100);
    for (const ip of others) await attempt(store, { ip });
    await store.load(flood('192.0.2.7', 11_000));
    const found = await tuplesOf(store);
    expect(others.filter((ip) => !found.has(ip))).toEqual([]);
    const { tuples, evictedTuples } = store.stats();
    expect(tuples * SIZE).toBeLessThan(SMALL.maxTupleBytes + 500 * SIZE);
    expect(tuples + evictedTuples).toBe(11_100);
    // The newest of the flood is there, since its oldest went.
    expect(await contents(store)).toContainEqual(
      expect.objectContaining({ key: keyOf('192.0.2.7', '<user10999@example.net>') }),
    );
  });

  it('who holds how much is known after the store was opened again', async () => {
    const store = await LevelStore.open(directory, SMALL);
    await store.load(flood('2001:db8:0:1::7', 5000));
    const others = clientsOf(100);
    for (const ip of others) await attempt(store, { ip });
    await store.close();
    await using again = await LevelStore.open(directory, SMALL);
    await contents(again);
    await again.load(flood('2001:db8:0:2::9', 4000, 5000));
    const found = await tuplesOf(again);
    expect(others.filter((ip) => !found.has(ip))).toEqual([]);
    expect(again.stats().evictedTuples).toBeGreaterThan(0);
  });

  it('where no network holds much, the oldest of any make room', async () => {
    await using store = await LevelStore.open(directory, SMALL);
    const spread = (count: number, from: number) =>
      Array.from({ length: count }, (_, i): StoreRecord[] =>
        flood(`10.${(from + i) >>> 8}.${(from + i) & 255}.1`, 1, from + i),
      ).flat();
    await store.load(spread(9000, 0));
    const { tuples, evictedTuples } = store.stats();
    expect(tuples * SIZE).toBeLessThan(SMALL.maxTupleBytes + 500 * SIZE);
    expect(tuples + evictedTuples).toBe(9000);
    expect((await tuplesOf(store)).has('10.35.39.1')).toBe(true);
  });

  it('a tuple that has expired when it makes room does not count as evicted', async () => {
    await using store = await LevelStore.open(directory, SMALL);
    await store.load(
      flood('192.0.2.7', 8000).map((item) =>
        item.type === 'tuple' ? { ...item, record: tuple({ first: 1, expires: 1 }) } : item,
      ),
    );
    for (let i = 0; i < 200; i++) await attempt(store, { ip: '192.0.2.7', to: `<new${i}@example.net>` });
    expect(store.stats().evictedTuples).toBe(0);
    expect(store.stats().tuples).toBeLessThan(8190);
  });
});

describe('the bound of the addresses of a LevelStore', () => {
  it('traps make room for traps, out of the network that holds the most, and push out no white address', async () => {
    await using store = await LevelStore.open(directory, { maxAddresses: 400 });
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
    await using store = await LevelStore.open(directory, { maxAddresses: 3 });
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
});
