import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import { badOption, checkedWhole, checkMembers } from '../validate.ts';

/**
 * What a crash may cost, of the process or of the whole machine.
 * - `sync`: nothing. A step is answered when it is on the disk; those at the same time share a write.
 * - `batched`: the last `maxLossMs`. A step is answered at once, and what has changed is written together.
 */
export type Durability = 'sync' | 'batched';

/** Options of a store in a directory. */
export interface LevelStoreOptions {
  /** Default `batched`. */
  readonly durability?: Durability | undefined;
  /** How long a step may wait to be written when `batched`, milliseconds, 10..60000. Default 100. */
  readonly maxLossMs?: number | undefined;
  /** How much memory the caches take, bytes, 2^21..2^34: half for records in use, half for LevelDB's blocks. Default 64 MiB. */
  readonly cacheSize?: number | undefined;
  /** Whose timers decide when what has changed is written. Default the system's. */
  readonly clock?: Clock | undefined;
}

export interface CheckedOptions {
  /** `undefined` when nothing may be lost. */
  readonly maxLossMs: number | undefined;
  readonly recordCacheSize: number;
  readonly blockCacheSize: number;
  readonly clock: TimedClock;
}

const DEFAULT_MAX_LOSS = 100;
const DEFAULT_CACHE = 64 * 2 ** 20;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the one that is invalid. */
export function checkedOptions(directory: unknown, options: LevelStoreOptions): CheckedOptions {
  if (typeof directory !== 'string' || directory === '') throw badOption('directory', 'not a path', directory);
  checkMembers('options', options, { durability: true, maxLossMs: true, cacheSize: true, clock: true });
  const { durability = 'batched', maxLossMs = DEFAULT_MAX_LOSS, cacheSize = DEFAULT_CACHE } = options;
  if (durability !== 'sync' && durability !== 'batched')
    throw badOption('durability', "not 'sync' or 'batched'", durability);
  checkedWhole('maxLossMs', maxLossMs, 10, 60_000);
  checkedWhole('cacheSize', cacheSize, 2 ** 21, 2 ** 34);
  return {
    maxLossMs: durability === 'sync' ? undefined : maxLossMs,
    recordCacheSize: Math.floor(cacheSize / 2),
    blockCacheSize: Math.floor(cacheSize / 2),
    clock: timedClock(options.clock),
  };
}
