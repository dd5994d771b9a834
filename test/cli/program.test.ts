import { expect, it } from 'vitest';
import { spamdSync } from './cli.ts';

const COMMANDS = [
  'serve',
  'list',
  'stats',
  'allow',
  'trap',
  'forget',
  'spamtrap',
  'import',
  'export',
  'table',
  'traplist',
  'candidates',
  'probes',
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

it('the version is that of the package', async () => {
  expect(await spamdSync(['--version'])).toEqual({ out: '1.2.3\n', err: '', exit: 0 });
});
