/** The public surface of "spamd-sync/redis". */

export {
  Broadcaster,
  type BroadcasterEvents,
  type BroadcasterStats,
  type BroadcasterWarning,
  type BroadcasterWarningCode,
} from './store/redis/broadcaster.ts';
export type {
  IoRedisClient,
  IoRedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  RedisClient,
} from './store/redis/connection.ts';
export type { BroadcasterOptions, GroupPeer } from './store/redis/options.ts';
export { RedisStore, type RedisStoreOptions } from './store/redis.ts';
