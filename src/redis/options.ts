import type { Entry, Group, Source } from '../entry.ts';
import { badOption, checkedWhole, checkMembers } from '../validate.ts';

/** A peer as a broadcaster needs it; a `SyncPeer` is one. */
export interface GroupPeer extends Group {
  on(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

export interface BroadcasterOptions {
  /** Opens the peer, in the process that holds the lease. */
  readonly open: () => Promise<GroupPeer>;
  /** What every key begins with, without braces. Default `spamd:`, as the store's. */
  readonly prefix?: string;
  /** Who shares one voice, without braces: all that name the same. Default `all`; a host's name for one per host. */
  readonly scope?: string;
  /** How long the holder may be silent before another takes over, milliseconds, 100..60000. Default 3000. */
  readonly leaseMs?: number;
  /** How many calls of `announce` may wait, 1..2^24; beyond that the oldest are lost. Default 500000. */
  readonly maxQueued?: number;
  /** How long an answer of Redis may take, milliseconds, 1..600000. Default 2000. */
  readonly timeoutMs?: number;
}

export type BroadcasterSettings = Required<BroadcasterOptions>;

const DEFAULTS = { prefix: 'spamd:', scope: 'all', leaseMs: 3000, maxQueued: 500_000, timeoutMs: 2000 } as const;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function checkedOptions(options: BroadcasterOptions): BroadcasterSettings {
  checkMembers('options', options, { open: true, ...DEFAULTS });
  const { open, prefix = DEFAULTS.prefix, scope = DEFAULTS.scope } = options;
  const { leaseMs = DEFAULTS.leaseMs, maxQueued = DEFAULTS.maxQueued, timeoutMs = DEFAULTS.timeoutMs } = options;
  if (typeof open !== 'function') throw badOption('open', 'not a function that opens a peer', open);
  checkedName('prefix', prefix);
  checkedName('scope', scope);
  if (scope === '') throw badOption('scope', 'not a name', scope);
  checkedWhole('leaseMs', leaseMs, 100, 60_000);
  checkedWhole('maxQueued', maxQueued, 1, 2 ** 24);
  return { open, prefix, scope, leaseMs, maxQueued, timeoutMs };
}

/** A part of a key: a brace in it would be taken for the hash tag's. */
export function checkedName(name: string, value: string): string {
  if (typeof value !== 'string' || /[{}]/.test(value)) throw badOption(name, 'not a string without braces', value);
  return value;
}
