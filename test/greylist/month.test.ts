import { describe, expect, it } from 'vitest';
import { month } from '../support/month.ts';

const GROUP = { peers: 4, days: 7, eventsADay: 150 } as const;

describe('a group of greylists over virtual days', () => {
  it('sends the same bytes at the same times for the same seed, and others for another', async () => {
    const one = await month({ ...GROUP, days: 1, seed: 7 });
    expect(await month({ ...GROUP, days: 1, seed: 7 })).toEqual(one);
    expect((await month({ ...GROUP, days: 1, seed: 8 })).digest).not.toBe(one.digest);
  });

  it('defers, passes, traps, sweeps and repairs, and agrees about every client in the end', async () => {
    const { verdicts, repaired, swept, disputed, states, warnings } = await month({ ...GROUP, seed: 1 });
    for (const reason of ['first-sight', 'too-soon', 'retry', 'white', 'spamtrap', 'trapped'] as const) {
      expect(verdicts[reason], reason).toBeGreaterThan(0);
    }
    expect(verdicts.error).toBe(0);
    expect(repaired).toBeGreaterThan(0);
    expect(swept).toBeGreaterThan(0);
    expect(disputed).toEqual([]);
    expect(new Set(states)).toEqual(new Set([undefined, 'white']));
    expect(warnings).toEqual([]);
  });
});
