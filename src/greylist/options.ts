import type { Clock } from '../clock.ts';
import type { Group } from '../entry.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { checkMembers, checkMethods } from '../validate.ts';
import { checkedPolicy, type GreylistPolicy } from './policy.ts';

export interface GreylistOptions {
  /** Where it keeps what it knows; the caller closes it. Default: a `MemoryStore` of its own. */
  readonly store?: Store;
  /**
   * Who tells the group, usually a `SyncPeer`. If it also emits `entry`, as a peer does, what arrives is applied. The
   * caller closes it.
   */
  readonly group?: Group;
  readonly policy?: Partial<GreylistPolicy>;
  /** Default the system's. */
  readonly clock?: Clock;
}

/** How far a sweep got. */
export interface SweepReport {
  /** Records removed because they had expired. */
  readonly removed: number;
  /** Addresses announced again, because the expiry that spamd hosts know has passed while they still hold here. */
  readonly repaired: number;
}

/** The options, checked and complete. */
export interface Settings {
  readonly store: Store;
  /** The store is of the greylist's own making. */
  readonly ownStore: boolean;
  readonly group: Group | undefined;
  readonly policy: GreylistPolicy;
  readonly clock: Clock;
}

const STORE = ['recordAttempt', 'mergeAddress', 'address', 'entries', 'load', 'sweep', 'stats', 'close'] as const;

const systemClock: Clock = { now: () => Date.now() / 1000 };

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
export function checkedOptions(options: GreylistOptions): Settings {
  checkMembers('options', options, { store: true, group: true, policy: true, clock: true });
  const { store, group, clock = systemClock } = options;
  if (store !== undefined) {
    checkMethods('store', store, STORE);
    checkMethods('store.spamtraps', store.spamtraps, ['add', 'delete', 'has']);
  }
  if (group !== undefined) checkMethods('group', group, ['announce']);
  checkMethods('clock', clock, ['now']);
  const policy = checkedPolicy(options.policy);
  return { store: store ?? new MemoryStore(), ownStore: store === undefined, group, policy, clock };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedClaim(options: { readonly expires?: number }): { readonly expires?: number } {
  checkMembers('options', options, { expires: true });
  return options;
}
