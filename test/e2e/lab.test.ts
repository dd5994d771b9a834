import { expect, test } from 'vitest';
import { Timeline } from '../lab/timeline.ts';
import { Program } from './program.ts';

test('a day of the lab goes as it should', { timeout: 120_000 }, async () => {
  await using lab = new Program([process.execPath, '--import', 'tsx', 'test/lab/run.ts']);
  expect(await lab.ended, lab.stdout + lab.stderr).toBe(0);
  expect(lab.stdout.match(/ s {2}ok /g)).toHaveLength(11);
  expect(lab.stdout).toMatch(/all went as it should\n$/);
});

test('the timeline of the lab counts what did not go as it should', () => {
  const lines: string[] = [];
  const timeline = new Timeline((line) => lines.push(line));
  timeline.note('a -> b', 'deferred', '250 accepted', /^451/);
  timeline.note('a -> b', 'deferred', '451 Greylisted', /^451/);
  expect(timeline.failures).toBe(1);
  expect(lines.map((line) => /BAD|ok/.exec(line)?.[0])).toEqual(['BAD', 'ok']);
});
