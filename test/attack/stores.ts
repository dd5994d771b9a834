import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore, type MemoryStoreOptions } from '../../src/index.ts';
import { LevelStore } from '../../src/level/index.ts';
import type { Store } from '../../src/store/store.ts';

/** Opens the store that is attacked: `memory` (the default) or `level`, gone when it is closed. */
export async function openStore(kind: string, options: MemoryStoreOptions): Promise<[Store, () => Promise<void>]> {
  if (kind === 'memory') return [new MemoryStore(options), async () => {}];
  if (kind !== 'level') throw new Error(`--store ${kind}: neither memory nor level`);
  const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-attack-'));
  const store = await LevelStore.open(directory);
  const close = async () => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  return [store, close];
}
