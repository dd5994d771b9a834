import { expect, it } from 'vitest';
import { wrapped } from '../../src/cli/terminal/help-text.ts';
import { spamdSync } from './cli.ts';

const COMMANDS = [
  'serve',
  'list',
  'stats',
  'why',
  'watch',
  'peers',
  'keys',
  'doctor',
  'send',
  'seed',
  'bridge',
  'diff',
  'allow',
  'trap',
  'forget',
  'release',
  'spamtrap',
  'import',
  'export',
  'table',
  'traplist',
  'candidates',
  'probes',
  'follow-log',
  'decode',
  'keygen',
  'fingerprint',
];

it('the help names every command', async () => {
  const { out, exit } = await spamdSync(['--help']);
  for (const name of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  expect(exit).toBe(0);
});

it.each(COMMANDS)('the help of %s has an example', async (name) => {
  const { out, err, exit } = await spamdSync([name, '--help']);
  expect(out).toMatch(/\nExamples?:\n {2}.*spamd-sync /);
  expect({ err, exit }).toEqual({ err: '', exit: 0 });
});

it.each(COMMANDS)('the prose of the help of %s fits a terminal of 80 columns', async (name) => {
  const { out } = await spamdSync([name, '--help']);
  expect(out.split('\n').filter((line) => /^\S/.test(line) && line.length > 80)).toEqual([]);
});

it('a help has its words on lines as long as the terminal, and leaves what is indented as it is', () => {
  const help = `Words that go on\nover the end of a line, and on.\n\nExample:\n  ${'x'.repeat(60)}\n`;
  expect(wrapped(help, 40)).toBe(
    `Words that go on over the end of a line,\nand on.\n\nExample:\n  ${'x'.repeat(60)}\n`,
  );
});

it('without a command the help goes to stderr, and the command line is wrong', async () => {
  const { out, err, exit } = await spamdSync([]);
  expect(out).toBe('');
  expect(err).toContain('Usage: spamd-sync');
  expect(exit).toBe(2);
});

it('a command that is not there is one line', async () => {
  const ran = await spamdSync(['decod']);
  expect(ran).toEqual({ out: '', err: "spamd-sync: unknown command 'decod' (Did you mean decode?)\n", exit: 2 });
});

it.each([
  'seed /tmp --to 127.0.0.1',
  'diff - /tmp',
  'decode /tmp',
  'import /tmp --control /none',
  'probes --from /tmp',
  'probes --users /tmp',
  'traplist /none/list --header /tmp',
  'send white 192.0.2.1 -Y 127.0.0.1 --except /tmp',
])('a directory in place of a file is named: %s', async (line) => {
  const { err, exit } = await spamdSync(line.split(' '));
  expect({ err, exit }).toEqual({ err: 'spamd-sync: /tmp: is a directory\n', exit: 3 });
});

it('the version is that of the package', async () => {
  expect(await spamdSync(['--version'])).toEqual({ out: '1.2.3\n', err: '', exit: 0 });
});
