import { badOption, checkedWhole, checkMembers } from '../validate.ts';

/**
 * What a crash may cost, of the process or of the whole machine.
 * - `sync`: nothing. A step is answered when it is on the disk; those at the same time share a write.
 * - `batched`: the last `maxLossMs`. A step is answered at once, and what has changed is written together.
 */
export type Durability = 'sync' | 'batched';

export interface LevelStoreOptions {
  /** Default `batched`. */
  readonly durability?: Durability;
  /** How long a step may wait to be written when `batched`, milliseconds, 10..60000. Default 100. */
  readonly maxLossMs?: number;
  /** How much memory the caches take, bytes, 2^21..2^34: half for records in use, half for LevelDB's blocks. Default 64 MiB. */
  readonly cacheSize?: number;
}

export interface CheckedOptions {
  /** `undefined` when nothing may be lost. */
  readonly maxLossMs: number | undefined;
  readonly recordCacheSize: number;
  readonly blockCacheSize: number;
}

const DEFAULT_MAX_LOSS = 100;
const DEFAULT_CACHE = 64 * 2 ** 20;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the one that will not do. */
export function checkedOptions(directory: unknown, options: LevelStoreOptions): CheckedOptions {
  if (typeof directory !== 'string' || directory === '') throw badOption('directory', 'not a path', directory);
  checkMembers('options', options, { durability: true, maxLossMs: true, cacheSize: true });
  const { durability = 'batched', maxLossMs = DEFAULT_MAX_LOSS, cacheSize = DEFAULT_CACHE } = options;
  if (durability !== 'sync' && durability !== 'batched')
    throw badOption('durability', "not 'sync' or 'batched'", durability);
  checkedWhole('maxLossMs', maxLossMs, 10, 60_000);
  checkedWhole('cacheSize', cacheSize, 2 ** 21, 2 ** 34);
  return {
    maxLossMs: durability === 'sync' ? undefined : maxLossMs,
    recordCacheSize: Math.floor(cacheSize / 2),
    blockCacheSize: Math.floor(cacheSize / 2),
  };
}
