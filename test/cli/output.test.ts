import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Output } from '../../src/cli/terminal/output.ts';
import { spamdSync } from './cli.ts';

/** U+009B begins a sequence of a terminal as ESC [ does, and U+202E turns the line around. */
const HOSTILE = 'mx\u009b31m\u202e';
const SHOWN = 'mx\\u009b31m\\u202e';

function printed(isTTY: boolean, json: boolean): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  void new Output(stream, json).print({ helo: HOSTILE }, () => [HOSTILE]);
  return `${stream.read()}`;
}

it('what a client chose reaches a terminal escaped, a pipe as it is, and JSON as the same value', () => {
  expect(printed(true, false)).toBe(`${SHOWN}\n`);
  expect(printed(false, false)).toBe(`${HOSTILE}\n`);
  for (const isTTY of [true, false]) {
    const line = printed(isTTY, true);
    expect(line).toBe(`{"helo":"${SHOWN}"}\n`);
    expect(JSON.parse(line)).toEqual({ helo: HOSTILE });
  }
});

it('a line that cannot be read is reported without what a terminal would obey', async () => {
  const { err } = await spamdSync(['send', 'white', HOSTILE, '-Y', '127.0.0.1', '--empty-key']);
  expect(err).toMatch(/^spamd-sync: not an IP address or network: mx.*\\u009b31m.*; see --help\n$/);
  expect(err).not.toMatch(/[\u007f-\u009f]/);
});
