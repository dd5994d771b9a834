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
  RedisClient,
} from './connection.ts';
export type { BroadcasterOptions, GroupPeer } from './options.ts';
export { RedisStore, type RedisStoreOptions } from './redis-store.ts';
