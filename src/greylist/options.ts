import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import type { Group } from '../entry.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { badOption, checkedNumber, checkedWhole, checkMembers, checkMethods } from '../validate.ts';
import { checkedPolicy, type GreylistPolicy, type PolicyOptions } from './policy.ts';

/** Options of a greylist. */
export interface GreylistOptions {
  /** Where the greylist keeps its records; the caller closes it. Default: a `MemoryStore` of its own. */
  readonly store?: Store | undefined;
  /**
   * The group that the greylist announces to, usually a `SyncPeer`. If the group also emits `entry`, as a peer does,
   * the greylist applies what the group receives. The caller closes the group.
   */
  readonly group?: Group | undefined;
  /** How the policy differs from spamd's rules. */
  readonly policy?: PolicyOptions | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** How long `check` waits for the store, seconds, 0.001..600. Default 5. */
  readonly timeout?: number | undefined;
  /** How often expired records are removed and expiries repaired, whole seconds, 1..86400. Default 60, as spamd's scan. */
  readonly sweepInterval?: number | undefined;
}

/** The result of `release`. */
export type Released = 'released' | 'white' | 'trapped' | 'unknown';

/** What a sweep did. */
export interface SweepReport {
  /** Records removed because nothing in them holds any more. */
  readonly removed: number;
  /** Addresses announced again: the expiry that the spamd hosts know has passed, but the address still holds here. */
  readonly repaired: number;
}

/** The options, checked and complete. */
export interface Settings {
  readonly store: Store;
  /** Whether the greylist made the store itself, and so closes it. */
  readonly ownsStore: boolean;
  readonly group: Group | undefined;
  readonly policy: GreylistPolicy;
  readonly clock: TimedClock;
  readonly timeout: number;
  readonly sweepInterval: number;
}

const DEFAULTS = { timeout: 5, sweepInterval: 60 } as const;

const STORE = [
  'update',
  'records',
  'load',
  'tuplesOf',
  'sweepCandidates',
  'stats',
  'close',
] as const satisfies readonly (keyof Store)[];

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function checkedOptions(options: GreylistOptions): Settings {
  checkMembers('options', options, { store: true, group: true, policy: true, clock: true, ...DEFAULTS });
  const { store, group, timeout = DEFAULTS.timeout, sweepInterval = DEFAULTS.sweepInterval } = options;
  if (store !== undefined) {
    checkMethods('store', store, STORE);
    checkMethods('store.spamtraps', store.spamtraps, ['add', 'delete', 'has', 'list']);
  }
  if (group !== undefined) checkMethods('group', group, ['announce']);
  const checked = {
    group,
    policy: checkedPolicy(options.policy),
    clock: timedClock(options.clock),
    timeout: checkedNumber('timeout', timeout, 0.001, 600),
    sweepInterval: checkedWhole('sweepInterval', sweepInterval, 1, 86_400),
  };
  // Last, after all checks: a `MemoryStore` takes some 20 MB at once.
  return { ...checked, store: store ?? new MemoryStore(), ownsStore: store === undefined };
}

/** Options of `trap` and `allow`. */
export interface ClaimOptions {
  /**
   * Until when the address is trapped or white: Unix seconds, or a Date, which is rounded down to seconds. Default:
   * trapexp or whiteexp from now.
   */
  readonly expires?: number | Date | undefined;
}

/** Options of `trap`. */
export interface TrapOptions extends ClaimOptions {
  /** Who traps it and why, in the operator's words; kept as evidence, cut to 255 bytes. */
  readonly by?: string | undefined;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedTrap(options: TrapOptions): TrapOptions {
  checkMembers('options', options, { expires: true, by: true });
  const { by } = options;
  if (by !== undefined && typeof by !== 'string') throw badOption('by', 'not a string', by);
  return options;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedDelivery(options: { readonly endsTrap?: boolean | undefined }): {
  readonly endsTrap?: boolean | undefined;
} {
  checkMembers('options', options, { endsTrap: true });
  const { endsTrap } = options;
  if (endsTrap !== undefined && typeof endsTrap !== 'boolean')
    throw badOption('endsTrap', 'not true or false', endsTrap);
  return options;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedClaim(options: ClaimOptions): ClaimOptions {
  checkMembers('options', options, { expires: true });
  return options;
}
