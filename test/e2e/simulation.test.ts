import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { simulate } from '../simulation/simulate.ts';

/** Longer than any takes: a loaded machine is slow. */
const TIMEOUT = 600_000;

describe('fifty peers with their greylists over thirty virtual days', () => {
  it.each(Array.from({ length: 10 }, (_, at) => at + 1))(
    'nothing comes from nothing, nothing loops, and all agree when everything is healed (seed %i)',
    async (seed) => {
      const { violations, totals, network } = await simulate({
        seed,
        peers: 50,
        days: 30,
        eventsADay: 20,
        calm: false,
      });
      expect(violations).toEqual([]);
      // What is to be held against was there.
      for (const reason of ['stale', 'duplicate', 'auth', 'self'] as const)
        expect(totals.drops[reason]).toBeGreaterThan(50);
      expect(network.lost).toBeGreaterThan(1000);
      expect(totals.starts).toBeGreaterThan(70);
      expect(totals.accepted).toBeGreaterThan(10_000);
      expect(totals.verdicts.retry).toBeGreaterThan(0);
    },
    TIMEOUT,
  );

  it(
    'agree after traps, sweeps and repairs where nothing fails',
    async () => {
      const outcome = await simulate({ seed: 1, peers: 50, days: 30, eventsADay: 50, calm: true });
      expect(outcome.violations).toEqual([]);
      expect(outcome.totals.verdicts.retry).toBeGreaterThan(50);
      expect(outcome.totals.repaired).toBeGreaterThan(100);
    },
    TIMEOUT,
  );
});

describe('a day of mail at six greylists', () => {
  it(
    'ends with equal states and flat memory, and no mail server is refused that has waited',
    async () => {
      const day = ['--expose-gc', '--import', 'tsx', 'test/simulation/day.ts', '--attempts', '20000'];
      const { stdout } = await promisify(execFile)(process.execPath, day);
      expect(stdout).toMatch(/20000 attempts: .*"retry":\d{3}.*\nequal states, flat memory\n$/);
    },
    TIMEOUT,
  );
});
