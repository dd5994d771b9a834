import { MemoryStore } from 'spamd-sync';
import { storeContract } from './contract/store.ts';

storeContract('MemoryStore', async () => ({
  store: new MemoryStore({ maxTuples: 4000, maxAddresses: 4000 }),
  close: async () => {},
}));
