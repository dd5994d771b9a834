import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LevelStore } from 'spamd-sync/level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contents, keyOf } from '../support/records.ts';

const WORKER = fileURLToPath(new URL('./level-full-disk.ts', import.meta.url));

let top: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
});

afterEach(() => rm(top, { recursive: true }));

// The shell limits what a process may write, and prlimit(1) raises the limit again.
describe.runIf(process.platform === 'linux')('a LevelStore on a full disk', () => {
  it.each(['sync', 'batched'])(
    'a LevelStore on a full disk rejects (%s), goes on when there is room, and loses nothing acknowledged',
    { timeout: 120_000 },
    async (durability) => {
      const directory = join(top, 'store');
      const limited = `ulimit -S -f 2000; exec "${process.execPath}" --import tsx "${WORKER}" "${directory}" ${durability}`;
      const outcome = JSON.parse(execFileSync('sh', ['-c', limited], { encoding: 'utf8' }));
      expect(outcome).toMatchObject({ code: 'ERR_SPAMD_STORE', again: 'ERR_SPAMD_STORE' });
      expect(outcome.message).toMatch(/no room on the disk/);
      expect(outcome.acknowledged).toBeGreaterThan(100);
      await using store = await LevelStore.open(directory);
      const there = new Set((await contents(store)).map((item) => (item.type === 'tuple' ? item.key : '')));
      const missing = Array.from({ length: outcome.acknowledged }, (_, i) => keyOf(`tuple${i}`, outcome.to));
      expect(missing.filter((key) => !there.has(key))).toEqual([]);
      expect(there.has(keyOf('afterwards'))).toBe(true);
      expect(store.stats().tuples).toBe(there.size);
    },
  );
});
