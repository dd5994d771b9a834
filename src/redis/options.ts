import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import type { Entry, Group, Source } from '../entry.ts';
import { badOption, checkedNumber, checkedWhole, checkMembers } from '../validate.ts';

/** Options of a `RedisStore`. */
export interface RedisStoreOptions {
  /** What every key begins with, without braces. Default `spamd:`. */
  readonly prefix?: string | undefined;
  /**
   * How long a step or a command may take, seconds, 0.001..600, and up to a twentieth more. Default 2. If it takes
   * longer, that counts as store trouble. The time that a step waits behind others over the same address counts. Time
   * in which the process does not run does not.
   */
  readonly timeout?: number | undefined;
  /**
   * Whose time decides. `server`, the default: Redis's time, which is the same for all hosts; records expire there by
   * themselves. `caller`: the greylist's time, for tests and simulations; only a sweep removes records.
   */
  readonly time?: 'server' | 'caller' | undefined;
  /**
   * How many tuples that this process put in may be alive at once, and how many traps, 64..2^24. Default 500000. A
   * client network (/24, IPv6 /48) may have a 64th of the free ones, at least 8. Attempts beyond that are answered and
   * not recorded; `evictedTuples` and `evictedAddresses` count them.
   */
  readonly maxTuples?: number | undefined;
  /** For this host's time, and timers. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** A peer as a broadcaster needs it; a `SyncPeer` is one. */
export interface GroupPeer extends Group {
  /** Subscribes to what the group announces. */
  on(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  /** Subscribes to the failure of the peer, which cannot be used any more then. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

/** Options of a `Broadcaster`. */
export interface BroadcasterOptions {
  /** Opens the peer, in the process that leads. */
  readonly open: () => Promise<GroupPeer>;
  /** What every key begins with, without braces. Default `spamd:`, as the store's. */
  readonly prefix?: string | undefined;
  /**
   * Processes with the same scope have one leader. Without braces. Default `all`; give the host's name for one leader
   * on each host.
   */
  readonly scope?: string | undefined;
  /** How long the leader may be silent before another takes over, milliseconds, 100..60000. Default 3000. */
  readonly leaseMs?: number | undefined;
  /** How many calls of `announce` may wait, 1..2^24; beyond that the oldest are lost. Default 500000. */
  readonly maxQueued?: number | undefined;
  /** How many bytes these calls may take in Redis, 65536..2^32; beyond that the oldest are lost. Default 2^27. */
  readonly maxQueuedBytes?: number | undefined;
  /** How long a command may take, seconds, 0.001..600. Default 2. */
  readonly timeout?: number | undefined;
  /** For timers. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** The options of a store, checked and complete. */
export interface RedisStoreSettings {
  readonly prefix: string;
  readonly timeout: number;
  readonly time: 'server' | 'caller';
  readonly maxTuples: number;
  readonly clock: TimedClock;
}

/** The options of a broadcaster, checked and complete. */
export interface BroadcasterSettings {
  readonly open: () => Promise<GroupPeer>;
  readonly prefix: string;
  readonly scope: string;
  readonly leaseMs: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  readonly timeout: number;
  readonly clock: TimedClock;
}

const PREFIX = 'spamd:';
const TIMEOUT = 2;
const MAX_TUPLES = 500_000;
const SCOPE = 'all';
const LEASE_MS = 3000;
const MAX_QUEUED = 500_000;
const MAX_QUEUED_BYTES = 2 ** 27;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function storeSettings(options: RedisStoreOptions): RedisStoreSettings {
  checkMembers('options', options, { prefix: true, timeout: true, time: true, maxTuples: true, clock: true });
  const { prefix = PREFIX, timeout = TIMEOUT, time = 'server', maxTuples = MAX_TUPLES, clock } = options;
  if (time !== 'server' && time !== 'caller') throw badOption('time', "not 'server' or 'caller'", time);
  return {
    prefix: checkedName('prefix', prefix),
    timeout: checkedTimeout(timeout),
    time,
    maxTuples: checkedWhole('maxTuples', maxTuples, 64, 2 ** 24),
    clock: timedClock(clock),
  };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function broadcasterSettings(options: BroadcasterOptions): BroadcasterSettings {
  const known = { open: true, prefix: true, scope: true, leaseMs: true, timeout: true, clock: true };
  checkMembers('options', options, { ...known, maxQueued: true, maxQueuedBytes: true });
  const { open, prefix = PREFIX, scope = SCOPE, leaseMs = LEASE_MS, maxQueued = MAX_QUEUED } = options;
  const { maxQueuedBytes = MAX_QUEUED_BYTES, timeout = TIMEOUT, clock } = options;
  if (typeof open !== 'function') throw badOption('open', 'not a function that opens a peer', open);
  if (scope === '') throw badOption('scope', 'not a name', scope);
  return {
    open,
    prefix: checkedName('prefix', prefix),
    scope: checkedName('scope', scope),
    leaseMs: checkedWhole('leaseMs', leaseMs, 100, 60_000),
    maxQueued: checkedWhole('maxQueued', maxQueued, 1, 2 ** 24),
    maxQueuedBytes: checkedWhole('maxQueuedBytes', maxQueuedBytes, 2 ** 16, 2 ** 32),
    timeout: checkedTimeout(timeout),
    clock: timedClock(clock),
  };
}

function checkedTimeout(timeout: number): number {
  return checkedNumber('timeout', timeout, 0.001, 600);
}

/** Checks a part of a key. A brace in it would be taken for that of the hash tag. */
function checkedName(name: string, value: string): string {
  if (typeof value !== 'string' || /[{}]/.test(value)) throw badOption(name, 'not a string without braces', value);
  return value;
}
