import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const GROUP = { peers: 4, days: 1, eventsADay: 60 } as const;

describe('a simulated group', () => {
  it.each([false, true])('sends the same bytes at the same times for the same seed (calm: %s)', async (calm) => {
    const one = await simulate({ ...GROUP, calm, seed: 7 });
    expect(await simulate({ ...GROUP, calm, seed: 7 })).toEqual(one);
    expect((await simulate({ ...GROUP, calm, seed: 8 })).digest).not.toBe(one.digest);
  });

  it('defers, passes, traps, sweeps and repairs where nothing fails, and agrees about every client in the end', async () => {
    const { violations, totals, states } = await simulate({ peers: 4, days: 7, eventsADay: 100, seed: 1, calm: true });
    expect(violations).toEqual([]);
    for (const reason of ['first-sight', 'too-soon', 'retry', 'white', 'spamtrap', 'trapped'] as const) {
      expect(totals.verdicts[reason], reason).toBeGreaterThan(0);
    }
    expect(totals.repaired).toBeGreaterThan(0);
    expect(totals.swept).toBeGreaterThan(0);
    expect(new Set(states)).toEqual(new Set(['unknown', 'white']));
  });

  it.each([1, 2, 3])('holds against every fault, a lying member among them (seed %i)', async (seed) => {
    const { violations, network } = await simulate({ peers: 6, days: 3, eventsADay: 40, seed, calm: false });
    expect(violations).toEqual([]);
    expect(network.lost).toBeGreaterThan(0);
  });
});
