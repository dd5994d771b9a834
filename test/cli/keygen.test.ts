import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncKey } from 'spamd-sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objects, spamdSync } from './cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spamd-sync-keygen-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('keygen makes a key that its owner alone can read, and fingerprint shows the same of it', async () => {
  const path = join(folder, 'spamd.key');
  const [made] = objects(await spamdSync(['keygen', '--json', path]));
  const about = await stat(path);
  expect({ mode: about.mode & 0o777, size: about.size }).toEqual({ mode: 0o600, size: 64 });
  const [shown] = objects(await spamdSync(['fingerprint', '--json', path]));
  expect(shown).toEqual({ file: path, fingerprint: made.fingerprint, warnings: [] });
  expect((await SyncKey.fromFile(path)).fingerprint).toBe(made.fingerprint);
});

it('keygen never overwrites a file', async () => {
  const path = join(folder, 'precious.key');
  await writeFile(path, 'precious');
  const ran = await spamdSync(['keygen', path]);
  expect(ran).toEqual({ out: '', err: `spamd-sync: ${path} is there already, and stays as it is\n`, exit: 3 });
  expect(await readFile(path, 'utf8')).toBe('precious');
});

it('two keys made by keygen differ', async () => {
  const [one] = objects(await spamdSync(['keygen', '--json', join(folder, 'one.key')]));
  const [other] = objects(await spamdSync(['keygen', '--json', join(folder, 'other.key')]));
  expect(one.fingerprint).not.toBe(other.fingerprint);
});

it('fingerprint warns of a key that every user may read, or that everybody knows', async () => {
  const path = join(folder, 'empty.key');
  await writeFile(path, '', { mode: 0o644 });
  const { out, exit } = await spamdSync(['fingerprint', path]);
  expect(out).toContain('is empty: that is a key that everybody knows');
  expect(out).toContain('can be read by every user of this host');
  expect(exit).toBe(0);
});
