import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from 'spamd-sync/redis';
import type { RedisServer } from './redis-server.ts';

/** A way to connect: what it needs is one server, or one of a cluster. */
export interface Kind {
  readonly name: string;
  readonly cluster: boolean;
  connect(server: RedisServer): Promise<{ client: RedisClient; close: () => Promise<unknown> }>;
}

export const KINDS: readonly Kind[] = [
  {
    name: 'node-redis',
    cluster: false,
    connect: async ({ url }) => {
      const client = await createClient({ url }).connect();
      return { client, close: () => client.close() };
    },
  },
  {
    name: 'ioredis',
    cluster: false,
    connect: async ({ url }) => {
      const client = new Redis(url);
      return { client, close: () => client.quit() };
    },
  },
  {
    name: "node-redis's cluster",
    cluster: true,
    connect: async ({ url }) => {
      const client = createCluster({ rootNodes: [{ url }] });
      await client.connect();
      return { client, close: () => client.close() };
    },
  },
  {
    name: "ioredis's cluster",
    cluster: true,
    connect: async ({ port }) => {
      const client = new Cluster([{ host: '127.0.0.1', port }]);
      return { client, close: () => client.quit() };
    },
  },
];
