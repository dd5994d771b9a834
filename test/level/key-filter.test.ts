import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LevelStore } from 'spamd-sync/level';
import type { StoreRecord } from 'spamd-sync/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyFilter } from '../../src/level/key-filter.ts';
import { address, change, NOW, read } from '../support/records.ts';

/** Of memory for records, room for some 2000: most of those below have to be looked up. */
const SMALL = { cacheSize: 2 ** 21 } as const;
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;

describe('the filter of keys', () => {
  it('never misses a key that was added, however many more come than were expected', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.uniqueArray(fc.string(), { maxLength: 50 }), (expected, keys) => {
        const filter = new KeyFilter(expected);
        for (const key of keys) filter.add(key);
        expect(keys.filter((key) => !filter.mayHave(key))).toEqual([]);
      }),
    );
    const filter = new KeyFilter(0);
    const many = Array.from({ length: 20_000 }, (_, i) => `key${i}`);
    for (const key of many) filter.add(key);
    expect(many.filter((key) => !filter.mayHave(key))).toEqual([]);
    expect(filter.hasGrown).toBe(true);
  });

  it('takes few other keys for added', () => {
    const filter = new KeyFilter(10_000);
    for (let i = 0; i < 10_000; i++) filter.add(`10.0.${i >> 8}.${i & 255}`);
    expect(filter.hasGrown).toBe(false);
    let taken = 0;
    for (let i = 0; i < 10_000; i++) if (filter.mayHave(`10.1.${i >> 8}.${i & 255}`)) taken++;
    expect(taken).toBeLessThan(100);
  });

  it('takes every key for added when more come than its bytes hold', () => {
    const filter = new KeyFilter(6_000_000);
    expect(filter.mayHave('a')).toBe(false);
    filter.add('b');
    expect(filter.mayHave('a')).toBe(true);
    expect(filter.hasGrown).toBe(true);
  });

  it('takes every key for added when more are expected than there is memory for', () => {
    const filter = new KeyFilter(2 ** 40);
    filter.add('b');
    expect(filter.mayHave('a')).toBe(true);
  });
});

describe('a LevelStore that knows which keys are not on the disk', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  function whites(count: number, net: number): StoreRecord[] {
    return Array.from({ length: count }, (_, i) => ({
      type: 'address',
      ip: `10.${net}.${i >> 8}.${i & 255}`,
      record: address({ white: [{ at: NOW, expires: NOW + 1000 }] }),
    }));
  }

  async function missing(store: LevelStore, records: readonly StoreRecord[]): Promise<string[]> {
    const ips = records.flatMap((item) => (item.type === 'address' ? [item.ip] : []));
    const found = await Promise.all(ips.map((ip) => read(store, ip)));
    return ips.filter((_, i) => found[i] === undefined);
  }

  it('answers for a new address at once, without a look at the disk', async () => {
    await using store = await LevelStore.open(directory);
    // A listing waits until all that was there is counted.
    for await (const _ of store.records());
    expect(read(store, '192.0.2.1')).toBeUndefined();
    expect(change(store, '192.0.2.2', WHITE)).not.toBeInstanceOf(Promise);
  });

  it('finds what was there when it was opened, what came since, and what came during a sweep', async () => {
    const before = whites(500, 0);
    await (async () => {
      await using store = await LevelStore.open(directory, SMALL);
      await store.load(before);
    })();
    await using store = await LevelStore.open(directory, SMALL);
    const since = whites(4000, 1);
    await store.load(since);
    const meanwhile = whites(4000, 2);
    let at = 0;
    // The filter has grown, so a sweep makes it anew.
    for await (const _ of store.sweepCandidates(NOW)) {
      await store.load(meanwhile.slice(at, at + 1000));
      at += 1000;
    }
    expect(at).toBeGreaterThanOrEqual(4000);
    // What was in memory until now is not any more.
    await store.load(whites(2500, 3));
    expect(await missing(store, [...before, ...since, ...meanwhile])).toEqual([]);
  });
});
