import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore, type LevelStoreOptions } from 'spamd-sync/level';
import { storeContract, type TriedStore } from 'spamd-sync/testing';
import { describe, it } from 'vitest';

async function open(options: LevelStoreOptions): Promise<TriedStore> {
  const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  const store = await LevelStore.open(directory, options);
  const close = async (): Promise<void> => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  return { store, close };
}

describe('a LevelStore, batched', () => {
  const cases = storeContract(() => open({ durability: 'batched', cacheSize: 2 ** 21 }));
  for (const { title, run } of cases) it(title, run);
});

describe('a LevelStore, sync', () => {
  for (const { title, run } of storeContract(() => open({ durability: 'sync' }))) it(title, run);
});
