/** The public surface of "spamd-sync/redis". */

export {
  Broadcaster,
  type BroadcasterEvents,
  type BroadcasterStats,
  type BroadcasterWarning,
  type BroadcasterWarningCode,
} from './broadcaster.ts';
export type {
  IoRedisClient,
  IoRedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisCommandOptions,
  RedisClient,
} from './connection.ts';
export type { BroadcasterOptions, GroupPeer, RedisStoreOptions } from './options.ts';
export {
  RedisStore,
  type RedisStoreEvents,
  type RedisStoreStats,
  type RedisStoreWarning,
  type RedisStoreWarningCode,
} from './redis-store.ts';
