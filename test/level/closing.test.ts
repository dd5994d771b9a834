import { setImmediate as turn } from 'node:timers/promises';
import { SpamdSyncError } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { attempt, change, contents, NOW, read } from '../support/records.ts';
import { TestClock } from '../support/rig.ts';
import { clientAt, placeOfEach, tuples } from './setup.ts';

const IP = '192.0.2.1';
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;
const TRAPPED = { type: 'trapped', at: NOW, expires: NOW + 1000, local: true, trappedBy: 'spamtrap' } as const;
const CLOSED = { code: 'ERR_SPAMD_CLOSED' };
/** More turns of the event loop than any of this takes. */
const TURNS = 10;

const place = placeOfEach();

/** What became of something that a store was closed over: its value, or its code. */
function fate(task: Promise<unknown>): Promise<unknown> {
  return task.catch((error: unknown) => (error instanceof SpamdSyncError ? error.code : error));
}

describe('a LevelStore that is closed', () => {
  it('a closed LevelStore rejects every call with ERR_SPAMD_CLOSED', async () => {
    const store = await LevelStore.open(place.directory);
    await attempt(store, { ip: IP });
    await Promise.all([store.close(), store.close()]);
    await expect(attempt(store, { ip: IP })).rejects.toMatchObject(CLOSED);
    await expect(change(store, IP, WHITE)).rejects.toMatchObject(CLOSED);
    await expect(read(store, IP)).rejects.toMatchObject(CLOSED);
    await expect(store.spamtraps.add('trap@example.net')).rejects.toMatchObject(CLOSED);
    await expect(store.load([{ type: 'spamtrap', address: 'a@b' }])).rejects.toMatchObject(CLOSED);
    await expect(sweep(store, NOW, false)).rejects.toMatchObject(CLOSED);
    await expect(contents(store)).rejects.toMatchObject(CLOSED);
    expect(store.stats()).toMatchObject({ tuples: 1 });
  });

  it('a LevelStore that is closed while records make room does nothing more, and lets go of its directory', async () => {
    for (let turns = 0; turns < TURNS; turns++) {
      const clock = new TestClock();
      const store = await LevelStore.open(place.directory, { maxAddresses: 3, clock });
      await contents(store);
      const more = Array.from({ length: 9 }, (_, i) =>
        fate(Promise.resolve(change(store, `10.${turns}.${i}.1`, TRAPPED))),
      );
      for (let i = 0; i < turns; i++) await turn();
      await store.close();
      for (const outcome of await Promise.all(more))
        expect([CLOSED.code, { at: NOW, expires: NOW + 1000 }]).toContainEqual(outcome);
      expect(clock.timers, `after ${turns} turns`).toBe(0);
    }
  });

  it('a LevelStore that is closed while its records are counted or listed ends that', async () => {
    const filled = await LevelStore.open(place.directory);
    await filled.load(tuples(1500));
    await filled.close();
    for (let turns = 0; turns < TURNS; turns++) {
      const clock = new TestClock();
      const store = await LevelStore.open(place.directory, { clock });
      const early = fate(contents(store));
      const step = fate(Promise.resolve(attempt(store, { ip: clientAt(turns) })).then(({ outcome }) => ({ outcome })));
      for (let i = 0; i < turns; i++) await turn();
      await store.close();
      expect([CLOSED.code, { outcome: 'early' }]).toContainEqual(await step);
      const listed = await early;
      if (listed !== CLOSED.code) expect(listed).toHaveLength(1500);
      expect(clock.timers).toBe(0);
    }
  });
});
