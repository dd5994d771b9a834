import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { LevelStore } from 'spamd-sync/level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attempt, contents } from '../support/records.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HIDE = fileURLToPath(new URL('./hide-package.ts', import.meta.url));
const LOCKED = { code: 'ERR_SPAMD_STORE_LOCKED' };

let top: string;
let directory: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  directory = join(top, 'store');
});

afterEach(() => rm(top, { recursive: true }));

/** What another process is told that opens or repairs the directory. */
async function inAnotherProcess(task: 'open' | 'repair', ...imports: string[]): Promise<string> {
  const script = `
    import { LevelStore } from 'spamd-sync/level';
    await LevelStore.${task}(${JSON.stringify(directory)}).then(
      () => console.log('done'),
      ({ code, message }) => console.log(code, message),
    );`;
  const loaders = ['tsx', ...imports].flatMap((name) => ['--import', name]);
  const options = [...loaders, '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: ROOT });
  return stdout;
}

describe('a LevelStore and other processes', () => {
  // Each of these closes a descriptor of LevelDB's lock file, with which POSIX drops the lock of the whole process.
  it('no mistake in the process that has a store lets another process have it', async () => {
    await using store = await LevelStore.open(directory);
    await attempt(store, { ip: '192.0.2.1' });
    await expect(LevelStore.open(directory)).rejects.toMatchObject(LOCKED);
    await expect(LevelStore.repair(directory)).rejects.toMatchObject(LOCKED);
    await expect(new ClassicLevel(directory).open()).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
    for (const told of await Promise.all([inAnotherProcess('open'), inAnotherProcess('repair')])) {
      expect(told).toMatch(/^ERR_SPAMD_STORE_LOCKED/);
    }
    expect(await contents(store)).toHaveLength(1);
  });

  it('LevelStore.open names the package to install where it is missing', async () => {
    expect(await inAnotherProcess('open', HIDE)).toMatch(/^ERR_SPAMD_OPTIONAL .*npm install classic-level/);
  });
});
