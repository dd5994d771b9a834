import { expect, test } from 'vitest';
import { month } from '../support/month.ts';

test('fifty peers with their greylists agree after thirty virtual days of loss, traps, sweeps and repairs', async () => {
  const { verdicts, repaired, states, warnings } = await month({ peers: 50, days: 30, seed: 1, eventsADay: 200 });
  expect(verdicts['retry']).toBeGreaterThan(100);
  expect(verdicts['error']).toBe(0);
  expect(repaired).toBeGreaterThan(100);
  expect(new Set(states.map((each) => each.join())).size).toBe(1);
  expect(warnings).toEqual([]);
}, 600_000);
