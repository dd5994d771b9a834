import type { StoreStats } from '../store/store.ts';
import type { Verdict } from './verdict.ts';

type VerdictReason = Verdict['reason'];

/**
 * What an operator should look at, though the greylist goes on:
 * - `WARN_SPAMD_STORE`: the store failed or was too slow, and `policy.onError` answered, or something received is lost;
 * - `WARN_SPAMD_ANNOUNCE`: the group could not be told.
 */
export type GreylistWarningCode = 'WARN_SPAMD_STORE' | 'WARN_SPAMD_ANNOUNCE';

export interface GreylistWarning {
  readonly code: GreylistWarningCode;
  readonly message: string;
  readonly error: unknown;
}

export interface GreylistEvents {
  warning: [warning: GreylistWarning];
}

/** Why something that the group said was not applied. */
export type IgnoreReason = 'address' | 'expired' | 'store';

/** Counters since the greylist was made; they only ever grow. */
export interface GreylistStats {
  /** Answers of `check`, by their reason. */
  readonly verdicts: Readonly<Record<VerdictReason, number>>;
  /** Entries of the group that were applied. */
  readonly applied: number;
  /** Entries that were not: no unicast IPv4 address, expired already, or the store failed. */
  readonly ignored: Readonly<Record<IgnoreReason, number>>;
  /** Entries handed to the group, and those of them that it could not take. */
  readonly announced: number;
  readonly unannounced: number;
  /** Records that sweeps removed, and addresses that they announced again. */
  readonly swept: number;
  readonly repaired: number;
  readonly store: StoreStats | undefined;
}

export class GreylistCounters {
  readonly verdicts: Record<VerdictReason, number> = {
    'first-sight': 0,
    'too-soon': 0,
    retry: 0,
    white: 0,
    exempt: 0,
    spamtrap: 0,
    domain: 0,
    'low-priority-mx': 0,
    trapped: 0,
    error: 0,
  };
  readonly ignored: Record<IgnoreReason, number> = { address: 0, expired: 0, store: 0 };
  applied = 0;
  announced = 0;
  unannounced = 0;
  swept = 0;
  repaired = 0;

  snapshot(store: StoreStats | undefined): GreylistStats {
    const { applied, announced, unannounced, swept, repaired } = this;
    const verdicts = { ...this.verdicts };
    return { verdicts, applied, ignored: { ...this.ignored }, announced, unannounced, swept, repaired, store };
  }
}
