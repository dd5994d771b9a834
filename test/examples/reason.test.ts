import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { reasonOf } from '../../examples/reason.ts';

test.each([
  [['--nope'], "Unknown option '--nope'"],
  [['-y'], "Option '-y, --listen <value>' argument missing"],
  [['--no-key=5'], "Option '--no-key' does not take an argument"],
])('the arguments %j are refused in one clause, without a hint', (args, reason) => {
  const options = { listen: { type: 'string', short: 'y' }, 'no-key': { type: 'boolean' } } as const;
  let thrown: unknown;
  try {
    parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    thrown = error;
  }
  expect(reasonOf(thrown)).toBe(reason);
});

test('the reason of any other error is all of its message', () => {
  expect(reasonOf(new Error('no such host. Really'))).toBe('no such host. Really');
  expect(reasonOf('a text')).toBe('a text');
});
