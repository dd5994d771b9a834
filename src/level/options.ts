import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import { badOption, checkedWhole, checkMembers } from '../validate.ts';

/**
 * What a crash of the process, or of the whole machine, may cost.
 * - `sync`: nothing. A step is answered when it is on the disk; steps at the same time share a write.
 * - `batched`: the steps that were answered during the last `maxLossMs`. A step is answered at once, and written later
 *   together with others.
 */
export type Durability = 'sync' | 'batched';

/** Options of a store in a directory. */
export interface LevelStoreOptions {
  /** Default `batched`. */
  readonly durability?: Durability | undefined;
  /** How long a step may wait to be written when `batched`, milliseconds, 10..60000. Default 100. */
  readonly maxLossMs?: number | undefined;
  /**
   * How much memory the caches take, bytes, 2^21..2^34: one half is for records in use, the other for LevelDB's blocks.
   * Default 64 MiB.
   */
  readonly cacheSize?: number | undefined;
  /**
   * How many bytes of tuples are kept, before LevelDB compresses them, 2^20..2^44. Default 1 GiB, some 6 million
   * tuples. Beyond it the oldest tuples of the client network that holds the most are removed.
   */
  readonly maxTupleBytes?: number | undefined;
  /**
   * How many addresses are kept, white and trapped, 1..2^32. Default 4194304, some 600 MB. Beyond it trapped addresses
   * are removed, from the client network that holds the most of them; white addresses are removed only if none is
   * trapped. An address with long evidence counts as up to ten.
   */
  readonly maxAddresses?: number | undefined;
  /**
   * The clock. Its timers decide when changes are written, and by its time `load` knows what has expired. Default the
   * system's.
   */
  readonly clock?: Clock | undefined;
}

export interface CheckedOptions {
  /** `undefined` when nothing may be lost. */
  readonly maxLossMs: number | undefined;
  readonly recordCacheSize: number;
  readonly blockCacheSize: number;
  readonly maxTupleBytes: number;
  readonly maxAddresses: number;
  readonly clock: TimedClock;
}

const DEFAULT_MAX_LOSS = 100;
const DEFAULT_CACHE = 64 * 2 ** 20;
const DEFAULT_TUPLE_BYTES = 2 ** 30;
const DEFAULT_ADDRESSES = 2 ** 22;
/** The names of all options: any other name is refused. */
const NAMES = {
  durability: true,
  maxLossMs: true,
  cacheSize: true,
  maxTupleBytes: true,
  maxAddresses: true,
  clock: true,
} as const;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option that is invalid. */
export function checkedOptions(directory: unknown, options: LevelStoreOptions): CheckedOptions {
  if (typeof directory !== 'string' || directory === '') throw badOption('directory', 'not a path', directory);
  checkMembers('options', options, NAMES);
  const { maxTupleBytes = DEFAULT_TUPLE_BYTES, maxAddresses = DEFAULT_ADDRESSES } = options;
  const { durability = 'batched', maxLossMs = DEFAULT_MAX_LOSS, cacheSize = DEFAULT_CACHE } = options;
  if (durability !== 'sync' && durability !== 'batched')
    throw badOption('durability', "not 'sync' or 'batched'", durability);
  checkedWhole('maxLossMs', maxLossMs, 10, 60_000);
  checkedWhole('cacheSize', cacheSize, 2 ** 21, 2 ** 34);
  return {
    maxLossMs: durability === 'sync' ? undefined : maxLossMs,
    recordCacheSize: Math.floor(cacheSize / 2),
    blockCacheSize: Math.floor(cacheSize / 2),
    maxTupleBytes: checkedWhole('maxTupleBytes', maxTupleBytes, 2 ** 20, 2 ** 44),
    maxAddresses: checkedWhole('maxAddresses', maxAddresses, 1, 2 ** 32),
    clock: timedClock(options.clock),
  };
}
