import { expect, test } from 'vitest';
import { month } from '../support/month.ts';

test('fifty peers with their greylists agree after thirty virtual days of traps, sweeps and repairs', async () => {
  const { verdicts, repaired, disputed, warnings } = await month({ peers: 50, days: 30, seed: 1, eventsADay: 100 });
  expect(verdicts.retry).toBeGreaterThan(50);
  expect(verdicts.error).toBe(0);
  expect(repaired).toBeGreaterThan(100);
  expect(disputed).toEqual([]);
  expect(warnings).toEqual([]);
}, 600_000);
