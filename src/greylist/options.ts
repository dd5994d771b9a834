import type { Announcer, Clock } from '../entry.ts';
import type { Store } from '../store/store.ts';
import type { GreylistPolicy } from './policy.ts';

export interface GreylistOptions {
  /** Where it keeps what it knows; the caller closes it. Default: a `MemoryStore` of its own. */
  readonly store?: Store;
  /**
   * Who tells the group, usually a `SyncPeer`. If it also emits `entry`, as a peer does, what arrives is applied. The
   * caller closes it.
   */
  readonly announcer?: Announcer;
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
