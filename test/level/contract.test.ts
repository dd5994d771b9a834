import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore, type LevelStoreOptions } from 'spamd-sync/level';
import { storeContract } from '../store/contract/store.ts';

function levelContract(name: string, options: LevelStoreOptions): void {
  storeContract(name, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    const store = await LevelStore.open(directory, options);
    const close = async (): Promise<void> => {
      await store.close();
      await rm(directory, { recursive: true });
    };
    return { store, close };
  });
}

levelContract('LevelStore, batched', { durability: 'batched', cacheSize: 2 ** 21 });
levelContract('LevelStore, sync', { durability: 'sync' });
