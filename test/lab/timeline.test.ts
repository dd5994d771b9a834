import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

test('the timeline of the lab counts what did not go as it should', () => {
  const lines: string[] = [];
  const timeline = new Timeline((line) => lines.push(line));
  timeline.note('a -> b', 'deferred', '250 accepted', /^451/);
  timeline.note('a -> b', 'deferred', '451 Greylisted', /^451/);
  expect(timeline.failures).toBe(1);
  expect(lines.map((line) => /BAD|ok/.exec(line)?.[0])).toEqual(['BAD', 'ok']);
});
