import { RedisStore } from 'spamd-sync/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { storeContract } from '../store/contract/store.ts';
import { KINDS } from './redis-clients.ts';
import { RedisServer } from './redis-server.ts';

describe('Redis', () => {
  let server: RedisServer;
  let next = 0;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  for (const { name, connect } of KINDS.filter(({ cluster }) => !cluster)) {
    storeContract(`RedisStore through ${name}`, async () => {
      const { client, close } = await connect(server);
      const store = new RedisStore(client, { prefix: `contract${next++}:`, clock: 'caller', timeoutMs: 20_000 });
      return { store, close: async () => void (await close()) };
    });
  }
});
