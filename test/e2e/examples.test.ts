import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, spawnExample } from '../examples/recipe.ts';

let directory: string;
let keyFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spamd-sync-'));
  keyFile = join(directory, 'spamd.key');
  writeFileSync(keyFile, 'secret\n', { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true }));

test('the bridge ends at an interrupt, and prints how many entries it passed on', async () => {
  const side = (name: string, host: number, port: number) => [
    ...[`--${name}-listen`, `127.77.3.${host}`, `--${name}-port`, `${port}`, `--${name}-target`, '127.77.3.9'],
  ];
  const args = ['--spamd-key', keyFile, ...side('spamd', 1, await freePort()), ...side('greyd', 2, await freePort())];
  const { child, printed, ended } = spawnExample('recipes/bridge.ts', args);
  await expect.poll(() => printed.stdout, { timeout: 20_000 }).toBe('bridging\n');
  child.kill('SIGINT');

  const passed = ['spamd', 'greyd'].map((name) => `${name} group: 0 entries passed on\n`);
  const { status, stdout, stderr } = await ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const line of passed) expect(stdout).toContain(line);
});

test.each([
  ['recipes/trap-candidates.ts', ['--help']],
  ['mta.ts', ['--listen', '127.0.0.1:0']],
  ['demo.ts', []],
])('%s ends without a message when nobody reads what it prints', async (file, args) => {
  const { child, ended } = spawnExample(file, args);
  child.stdout.destroy();
  expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
});
