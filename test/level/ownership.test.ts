import { execFile } from 'node:child_process';
import { link, mkdtemp, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { LevelStore } from 'spamd-sync/level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attempt, contents } from '../support/records.ts';

const LOCKED = { code: 'ERR_SPAMD_STORE_LOCKED' };
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let top: string;
let directory: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  directory = join(top, 'store');
});

afterEach(() => rm(top, { recursive: true }));

/** What another process is told that opens or repairs the directory. */
async function inAnotherProcess(task: 'open' | 'repair'): Promise<string> {
  const script = `
    import { LevelStore } from 'spamd-sync/level';
    await LevelStore.${task}(${JSON.stringify(directory)}).then(() => console.log('done'), ({ code }) => console.log(code));`;
  const loaders = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, loaders, { cwd: ROOT });
  return stdout.trim();
}

describe('the owner of a LevelStore', () => {
  // Each of these closes a descriptor of LevelDB's lock file, with which POSIX drops the lock of the whole process.
  it('no mistake in the process that has a store lets another process have it', async () => {
    await using store = await LevelStore.open(directory);
    await attempt(store, { ip: '192.0.2.1' });
    await expect(LevelStore.open(directory)).rejects.toMatchObject(LOCKED);
    await expect(LevelStore.repair(directory)).rejects.toMatchObject(LOCKED);
    await expect(new ClassicLevel(directory).open()).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
    expect(await Promise.all([inAnotherProcess('open'), inAnotherProcess('repair')])).toEqual([
      'ERR_SPAMD_STORE_LOCKED',
      'ERR_SPAMD_STORE_LOCKED',
    ]);
    expect(await contents(store)).toHaveLength(1);
  });

  it('a directory is known by whatever path it is opened', async () => {
    await using _store = await LevelStore.open(directory);
    await symlink(directory, join(top, 'link'));
    for (const path of [join(top, 'link'), `${top}/./store/`, join(top, 'x', '..', 'store')]) {
      await expect(LevelStore.open(path)).rejects.toMatchObject(LOCKED);
      await expect(LevelStore.repair(path)).rejects.toMatchObject(LOCKED);
    }
  });

  it('of two opens at the same time one has the directory', async () => {
    const opened = await Promise.allSettled([LevelStore.open(directory), LevelStore.open(directory)]);
    const refused = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toEqual([expect.objectContaining(LOCKED)]);
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
  });

  it('a directory can be opened again after it was closed, and after it could not be opened', async () => {
    await (await LevelStore.open(directory)).close();
    const current = join(directory, 'CURRENT');
    await rename(current, `${current}.away`);
    await expect(LevelStore.open(directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_DAMAGED' });
    await link(`${current}.away`, current);
    await (await LevelStore.open(directory)).close();
  });

  it('a directory that is not there is not repaired, and not made', async () => {
    await expect(LevelStore.repair(directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
