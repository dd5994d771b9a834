import type { Announcer, Entry, Source } from '../../entry.ts';
import { SpamdSyncError, shown } from '../../errors.ts';

/** A peer as a broadcaster needs it; a `SyncPeer` is one. */
export interface GroupPeer extends Announcer {
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
  const settings = { ...DEFAULTS, ...options };
  if (typeof settings.open !== 'function') throw bad('open', 'not a function that opens a peer', settings.open);
  checkedName('prefix', settings.prefix);
  checkedName('scope', settings.scope);
  if (settings.scope === '') throw bad('scope', 'not a name', settings.scope);
  checkedWhole('leaseMs', settings.leaseMs, 100, 60_000);
  checkedWhole('maxQueued', settings.maxQueued, 1, 2 ** 24);
  return settings;
}

/** A part of a key: a brace in it would be taken for the hash tag's. */
export function checkedName(name: string, value: string): string {
  if (typeof value !== 'string' || /[{}]/.test(value)) throw bad(name, 'not a string without braces', value);
  return value;
}

export function checkedWhole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(name, `not a whole number ${least}..${most}`, value);
}

function bad(name: string, why: string, value: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_OPTION', `${name}: ${why}: ${shown(value)}`);
}
