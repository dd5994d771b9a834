import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { Greylist } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { type StoreRecord, sweep } from 'spamd-sync/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sealed } from '../../src/level/seal.ts';
import { encodeMeta } from '../../src/store/codec.ts';
import { address, attempt, change, contents, keyOf, NOW, read, tuple } from '../support/records.ts';

const IP = '192.0.2.1';
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const;

let top: string;
let directory: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  directory = join(top, 'store');
});

afterEach(() => rm(top, { recursive: true }));

/** What would be found if everything ended now: all that is in the directory, and nothing that is in memory. */
async function afterCrash(): Promise<StoreRecord[]> {
  const copy = join(top, 'copy');
  await rm(copy, { recursive: true, force: true });
  await cp(directory, copy, { recursive: true, filter: (path) => !path.endsWith('LOCK') });
  await using store = await LevelStore.open(copy);
  return await contents(store);
}

async function withLevel<T>(task: (level: ClassicLevel) => Promise<T>): Promise<T> {
  const level = new ClassicLevel(directory);
  try {
    await level.open();
    return await task(level);
  } finally {
    await level.close();
  }
}

function putSealed(level: ClassicLevel, key: string, value: Uint8Array): Promise<void> {
  return level.put<string, Buffer>(key, sealed(key, value), { valueEncoding: 'buffer' });
}

describe('a LevelStore', () => {
  it('a LevelStore has all its records when it is opened again', async () => {
    const records: StoreRecord[] = [
      { type: 'tuple', key: keyOf(IP), record: tuple() },
      { type: 'address', ip: IP, record: address({ white: [{ at: NOW, expires: NOW + 5 }] }) },
      { type: 'spamtrap', address: 'trap@example.net' },
    ];
    const store = await LevelStore.open(directory);
    await store.load(records);
    await store.close();

    await using again = await LevelStore.open(directory);
    expect(await contents(again)).toEqual(records);
    expect(again.stats()).toMatchObject({ tuples: 1, addresses: 1, spamtraps: 1 });
    expect(await again.spamtraps.has('trap@example.net')).toBe(true);
    expect(await attempt(again, { ip: '192.0.2.9', to: 'trap@example.net' })).toEqual({
      outcome: 'spamtrap',
    });
  });

  it('a LevelStore keeps each kind of record as one range, in the order of its keys', async () => {
    const store = await LevelStore.open(directory);
    await attempt(store, { ip: '192.0.2.2' });
    await attempt(store, { ip: '192.0.2.1' });
    await change(store, IP, WHITE);
    await store.spamtraps.add('b@example.net');
    await store.spamtraps.add('a@example.net');
    await store.close();
    const keys = await withLevel((level) => level.keys().all());
    const expected = ['192.0.2.1', 'm', 'a@example.net', 'b@example.net', keyOf('192.0.2.1'), keyOf('192.0.2.2')];
    expect(keys.map((key) => (key === 'm' ? key : key.slice(1)))).toEqual(expected);
  });

  it('a greylist decides over a LevelStore', async () => {
    await using store = await LevelStore.open(directory);
    let now = NOW;
    await using greylist = new Greylist({ store, clock: { now: () => now } });
    const attempt = { ip: IP, helo: 'mail', from: '<a@example.org>', to: '<b@example.net>' };
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'first-sight' });
    now += 1501;
    const verdicts = await Promise.all([greylist.check(attempt), greylist.check(attempt)]);
    expect(verdicts.map(({ reason }) => reason)).toEqual(['retry', 'white']);
  });

  it('a sweep keeps a tuple that was seen again while it was swept', async () => {
    await using store = await LevelStore.open(directory, { cacheSize: 2 ** 21 });
    const old = Array.from({ length: 5000 }, (_, i): StoreRecord => {
      return { type: 'tuple', key: keyOf(`10.0.${i >>> 8}.${i & 255}`), record: tuple({ expires: NOW + 1 }) };
    });
    await store.load(old);
    const swept = sweep(store, NOW + 1, false);
    for (let i = 0; i < 5000; i += 50) {
      await attempt(store, { ip: `10.0.${i >>> 8}.${i & 255}`, now: NOW + 1 });
    }
    await swept;
    await sweep(store, NOW + 1, false);
    expect(store.stats()).toMatchObject({ tuples: 100 });
    expect(await contents(store)).toHaveLength(100);
  });
});

describe('the durability of a LevelStore', () => {
  it('with durability sync a record is in the directory when it is acknowledged', async () => {
    await using store = await LevelStore.open(directory, { durability: 'sync' });
    await attempt(store, { ip: IP });
    expect(await afterCrash()).toHaveLength(1);
    await change(store, IP, WHITE);
    expect(await afterCrash()).toHaveLength(2);
    await store.spamtraps.add('trap@example.net');
    expect(await afterCrash()).toHaveLength(3);
    await store.load([{ type: 'tuple', key: keyOf('192.0.2.2'), record: tuple() }]);
    expect(await afterCrash()).toHaveLength(4);
    await sweep(store, NOW + 1_000_000, false);
    expect(await afterCrash()).toEqual([{ type: 'spamtrap', address: 'trap@example.net' }]);
    await store.spamtraps.delete('trap@example.net');
    expect(await afterCrash()).toEqual([]);
  });

  it('with durability batched a record can be read when it is acknowledged, and is in the directory soon', async () => {
    await using store = await LevelStore.open(directory, { maxLossMs: 1000 });
    await read(store, IP);
    const merged = change(store, IP, WHITE);
    expect(merged).toEqual({ at: NOW, expires: NOW + 1000 });
    expect(read(store, IP)).toMatchObject({ white: [{ at: NOW }] });
    await vi.waitFor(async () => expect(await afterCrash()).toHaveLength(1), { timeout: 5000, interval: 50 });
  });

  it('with durability batched close writes what is left', async () => {
    const store = await LevelStore.open(directory, { maxLossMs: 60_000 });
    await attempt(store, { ip: IP });
    expect(await afterCrash()).toEqual([]);
    await store.close();
    expect(await afterCrash()).toHaveLength(1);
  });

  it('with durability batched a store that is listed is written first', async () => {
    await using store = await LevelStore.open(directory, { maxLossMs: 60_000 });
    await attempt(store, { ip: IP });
    expect(await contents(store)).toHaveLength(1);
    expect(await afterCrash()).toHaveLength(1);
  });

  // The shell limits what a process may write, and prlimit(1) raises the limit again.
  it.runIf(process.platform === 'linux').each(['sync', 'batched'])(
    'a LevelStore on a full disk rejects (%s), goes on when there is room, and loses nothing acknowledged',
    { timeout: 30_000 },
    async (durability) => {
      const worker = fileURLToPath(new URL('./full-disk.ts', import.meta.url));
      const limited = `ulimit -S -f 2000; exec "${process.execPath}" --import tsx "${worker}" "${directory}" ${durability}`;
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

describe('the directory of a LevelStore', () => {
  it('a directory that is in use is refused', async () => {
    await using _store = await LevelStore.open(directory);
    await expect(LevelStore.open(directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_LOCKED' });
    await expect(LevelStore.repair(directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_LOCKED' });
  });

  it('a path that is no directory is refused', async () => {
    await writeFile(directory, 'a file');
    const refused = { code: 'ERR_SPAMD_STORE', message: expect.stringMatching(/not a directory/) };
    await expect(LevelStore.open(directory)).rejects.toMatchObject(refused);
    await expect(LevelStore.open(join(directory, 'under'))).rejects.toMatchObject(refused);
  });

  it('a directory of another program is refused', async () => {
    await withLevel((level) => level.put('tuple', 'something'));
    await expect(LevelStore.open(directory)).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE_DAMAGED' });
  });

  it('a directory of a later version is refused', async () => {
    await withLevel((level) => putSealed(level, 'm', encodeMeta(3, { tuples: 0, addresses: 0, spamtraps: 0 })));
    await expect(LevelStore.open(directory)).rejects.toMatchObject({
      code: 'ERR_SPAMD_STORE',
      message: expect.stringMatching(/format 3/),
    });
  });
});

describe('LevelStore.open', () => {
  it.each([
    { durability: 'fast' },
    { maxLossMs: 9 },
    { maxLossMs: 60_001 },
    { cacheSize: 1 },
    { cacheSize: 2 ** 21 + 0.5 },
  ])('LevelStore.open refuses %o', async (options) => {
    const [name = ''] = Object.keys(options);
    await expect(LevelStore.open(directory, options as object)).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringContaining(`${name}: `),
    });
  });

  it('LevelStore.open refuses an empty path', async () => {
    await expect(LevelStore.open('')).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });

  it('LevelStore.open names the package to install where it is missing', () => {
    const script = `
      import { LevelStore } from 'spamd-sync/level';
      await LevelStore.open(${JSON.stringify(directory)}).catch(({ code, message }) => console.log(code, message));`;
    const hide = fileURLToPath(new URL('./hide-package.ts', import.meta.url));
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const loaders = ['--import', 'tsx', '--import', hide, '--input-type=module', '--eval', script];
    const output = execFileSync(process.execPath, loaders, { encoding: 'utf8', cwd: root });
    expect(output).toMatch(/^ERR_SPAMD_OPTIONAL .*npm install classic-level/);
  });
});
