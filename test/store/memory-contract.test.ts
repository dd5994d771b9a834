import { MemoryStore } from 'spamd-sync';
import { storeContract } from 'spamd-sync/testing';
import { describe, it } from 'vitest';

describe('a MemoryStore', () => {
  const open = async () => ({ store: new MemoryStore({ maxTuples: 4000, maxAddresses: 4000 }), close: async () => {} });
  for (const { title, run } of storeContract(open)) it(title, run);
});
