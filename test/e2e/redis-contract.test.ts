import { RedisStore } from 'spamd-sync/redis';
import { storeContract } from 'spamd-sync/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { KINDS } from './redis-clients.ts';
import { RedisServer, startCluster } from './redis-server.ts';

describe('a RedisStore', () => {
  let servers: readonly RedisServer[];
  let next = 0;
  beforeAll(async () => {
    servers = [await RedisServer.start(), ...(await startCluster())];
  });
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  for (const { name, cluster, connect } of KINDS) {
    const cases = storeContract(async () => {
      const { client, close } = await connect(servers[cluster ? 1 : 0] as RedisServer);
      const store = new RedisStore(client, { prefix: `contract${next++}:`, time: 'caller', timeout: 20 });
      return { store, close: async () => void (await close()) };
    });
    describe(`through ${name}`, () => {
      for (const { title, run } of cases) it(title, run);
    });
  }
});
