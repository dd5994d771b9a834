import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { type Store, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { Digest } from '../../src/exchange/digest.ts';
import { DigestedStore } from '../../src/exchange/digested-store.ts';
import { hashOfRecord } from '../../src/exchange/shared.ts';
import { generator } from '../../src/transport/random.ts';
import { simulateExchanges } from '../simulation/exchanges.ts';
import { attempt, change, NOW, RULES } from '../support/records.ts';

/** Longer than any takes: a loaded machine is slow. */
const TIMEOUT = 120_000;
const DAY = 86_400;

describe('peers that exchange state, of which datagrams are lost, cut off for hours, and started again with nothing', () => {
  it.each([1, 2, 3, 4, 5])(
    'all hold the same one round after the network is whole, and without the exchange they do not (seed %i)',
    async (seed) => {
      const { opinions, records, lost, warnings } = await simulateExchanges(seed, true);
      expect({ opinions, warnings }).toEqual({ opinions: 1, warnings: [] });
      expect(records).toBeGreaterThan(10);
      expect(lost).toBeGreaterThan(50);
      expect((await simulateExchanges(seed, false)).opinions).toBeGreaterThan(1);
    },
    TIMEOUT,
  );
});

describe('the digest over a LevelStore', () => {
  it('is what it would be built anew, though steps run again and at the same time', { timeout: TIMEOUT }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    try {
      const digest = new Digest();
      // So little memory that most records have to be fetched.
      await using level = await LevelStore.open(directory, { cacheSize: 2 ** 21 });
      const store = new DigestedStore(level, digest);
      const random = generator(1);
      for (let round = 0; round < 20; round++) {
        const now = NOW + round * DAY;
        await Promise.all(Array.from({ length: 500 }, () => actOn(store, random, now)));
        if (round % 7 === 6) await sweep(store, now, false);
      }
      const anew = new Digest();
      let records = 0;
      for await (const item of level.records()) {
        if (item.type !== 'spamtrap') anew.add(hashOfRecord(item));
        records++;
      }
      expect(records).toBeGreaterThan(500);
      for (let bucket = 0; bucket < 256; bucket++) expect(digest.leaves(bucket)).toEqual(anew.leaves(bucket));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

async function actOn(store: Store, random: ReturnType<typeof generator>, now: number): Promise<unknown> {
  const ip = `10.0.${Math.floor(random.next() * 8)}.${Math.floor(random.next() * 256)}`;
  const chance = random.next();
  if (chance < 0.6) {
    await attempt(store, { ip, now });
    return attempt(store, { ip, now: now + RULES.passtime + 1 });
  }
  const type = random.pick(['white', 'trapped', 'remove-white', 'remove-trapped'] as const);
  const made = { type, at: now, expires: now + 5 * DAY, local: true, trappedBy: 'operator' } as const;
  return change(store, ip, made, { now, announced: true });
}
