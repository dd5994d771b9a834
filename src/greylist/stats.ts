import type { StoreStats } from '../store/store.ts';
import type { VerdictReason } from './verdict.ts';

/**
 * Why an entry that the group announced was not applied. `address`: not a unicast address, or IPv6 in a group without a
 * form for it; `expired`: it no longer held; `store`: the store failed; `overload`: too many entries waited for the
 * store.
 */
export type IgnoreReason = 'address' | 'expired' | 'store' | 'overload';

/** Why a verdict is what it is, or would be. */
export type DecidedReason = Exclude<VerdictReason, 'learn'>;

/** Counters since the greylist was made; they only ever grow. */
export interface GreylistStats {
  /** The decisions of `check`, by reason; in the mode `learn` too, although every attempt passed. */
  readonly verdicts: Readonly<Record<DecidedReason, number>>;
  /** Entries received from the group that were applied. */
  readonly applied: number;
  /** Entries received from the group that were not applied, by reason. */
  readonly ignored: Readonly<Record<IgnoreReason, number>>;
  /** Entries handed to the group to be announced. */
  readonly announced: number;
  /** Entries handed to the group that it could not take. */
  readonly unannounced: number;
  /** Traps that `check` answered and announced although the store failed and so has no record of them. */
  readonly unrecorded: number;
  /** Records that sweeps removed. */
  readonly swept: number;
  /** Addresses that sweeps announced again. */
  readonly repaired: number;
  /** How many calls of listeners threw, or rejected. */
  readonly listenerErrors: number;
  /** What the store holds; `undefined` while it does not answer. */
  readonly store: StoreStats | undefined;
}

/** The counters as the greylist keeps them while it runs. */
export class GreylistCounters {
  readonly verdicts: Record<DecidedReason, number> = {
    'first-sight': 0,
    'too-soon': 0,
    retry: 0,
    white: 0,
    exempt: 0,
    'not-trapped': 0,
    spamtrap: 0,
    domain: 0,
    'low-priority-mx': 0,
    trapped: 0,
    error: 0,
  };
  readonly ignored: Record<IgnoreReason, number> = { address: 0, expired: 0, store: 0, overload: 0 };
  applied = 0;
  announced = 0;
  unannounced = 0;
  unrecorded = 0;
  swept = 0;
  repaired = 0;

  snapshot(store: StoreStats | undefined, listenerErrors: number): GreylistStats {
    const { applied, announced, unannounced, unrecorded, swept, repaired } = this;
    const verdicts = { ...this.verdicts };
    const ignored = { ...this.ignored };
    return { verdicts, applied, ignored, announced, unannounced, unrecorded, swept, repaired, listenerErrors, store };
  }
}
