import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from 'spamd-sync/level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf, tuple } from '../support/records.ts';
import { spamdSync } from './cli.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spamd-sync-repair-'));
  const store = await LevelStore.open(directory);
  await store.load([{ type: 'tuple', key: keyOf('192.0.2.1'), record: tuple() }]);
  await store.close();
});
afterEach(() => rm(directory, { recursive: true }));

describe('repair', () => {
  it('says what is kept of a store whose manifest is damaged, which can be opened then', async () => {
    const [manifest = ''] = (await readdir(directory)).filter((name) => name.startsWith('MANIFEST'));
    await writeFile(join(directory, manifest), 'this is no manifest');
    const { exit, out, err } = await spamdSync(['repair', directory]);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out.split('\n')).toEqual([
      `${directory}: kept 1 tuple, 0 addresses, 0 spamtraps`,
      '0 records could not be read and are gone',
      '0 tuples, 0 addresses, 0 spamtraps fewer than were acknowledged last',
      '',
    ]);
    await using again = await LevelStore.open(directory);
    expect(again.stats().tuples).toBe(1);
  });

  it('prints one object with --json', async () => {
    const { out } = await spamdSync(['repair', directory, '--json']);
    const none = { tuples: 0, addresses: 0, spamtraps: 0 };
    expect(JSON.parse(out)).toEqual({ directory, kept: { ...none, tuples: 1 }, dropped: 0, lost: none });
  });

  it('refuses a store that somebody has open', async () => {
    await using _store = await LevelStore.open(directory);
    const { exit, err } = await spamdSync(['repair', directory]);
    expect(exit).toBe(3);
    expect(err).toMatch(/ is in use by another process, or opened twice by this one: close it there first\n$/);
  });
});
