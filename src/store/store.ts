import type { AddressChange, AddressRecord, AddressState } from '../rules/address-record.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';

/** A value, or a promise of it: what is in memory is answered without one, which matters at a hundred thousand a second. */
export type Awaitable<T> = T | Promise<T>;

/** The part of the policy that a step depends on, in seconds. */
export interface Rules {
  readonly passtime: number;
  readonly greyexp: number;
  readonly whiteexp: number;
  readonly trapWins: boolean;
  /** How long a renewed white address is not announced again. */
  readonly renewal: number;
}

/** An attempt to deliver, as the store is to record it. */
export interface AttemptStep {
  /** The canonical address, or what stands for it (a subnet, a domain). */
  readonly ip: string;
  /** The canonical tuple, which begins with `ip`. */
  readonly key: string;
  /** The strings as typed, where they cannot be told from the key. Asked for only when the tuple is new. */
  readonly spelled: () => string | undefined;
  /** When the attempt was made, Unix seconds; for one that another host tells of, its time, and at most `now`. */
  readonly at: number;
  readonly now: number;
  readonly rules: Rules;
  /** Made at this host rather than told by the group: renews a white address, counts as announced. */
  readonly own: boolean;
  /** The recipient as spamtraps are kept. */
  readonly to: () => string;
  /** `known`: only a tuple seen before, since a new one at the low-priority MX is trapped; `no`: in no case. */
  readonly record: 'always' | 'known' | 'no';
}

export type AttemptOutcome =
  /** The recipient is a spamtrap; nothing was recorded. */
  | { readonly step: 'spamtrap' }
  /** Neither white nor trapped, and not recorded, as `record` asked. */
  | { readonly step: 'unrecorded' }
  | { readonly step: 'first'; readonly first: number; readonly blocked: number }
  | { readonly step: 'early'; readonly first: number; readonly blocked: number }
  /** The address is white from now on, by this attempt. Exactly one of several at once is told so. */
  | { readonly step: 'promoted'; readonly at: number; readonly until: number }
  /** `announce`: the group is to be told of the renewed expiry. `at` is the time that the claim took. */
  | { readonly step: 'white'; readonly at: number; readonly until: number; readonly announce: boolean }
  | { readonly step: 'trapped'; readonly until: number; readonly by: string };

/** Anything that a store holds, as it is listed, imported and exported. */
export type StoreRecord =
  | { readonly type: 'tuple'; readonly key: string; readonly record: Readonly<TupleRecord> }
  | { readonly type: 'address'; readonly ip: string; readonly record: Readonly<AddressRecord> }
  | { readonly type: 'spamtrap'; readonly address: string };

/** A live address whose expiry as announced has passed, so that the group must be told again. */
export interface Due extends AddressState {
  readonly ip: string;
}

export interface Sweep {
  /** Tuples and addresses that had expired. */
  readonly removed: number;
  readonly due: readonly Due[];
}

export interface StoreStats {
  readonly tuples: number;
  readonly addresses: number;
  readonly spamtraps: number;
  /** Tuples and addresses that were still alive when a bound pushed them out. */
  readonly evictedTuples: number;
  readonly evictedAddresses: number;
}

export interface Spamtraps {
  /** @param address Canonical: lower case, without brackets. */
  add(address: string): Awaitable<void>;
  delete(address: string): Awaitable<boolean>;
  has(address: string): Awaitable<boolean>;
}

/**
 * Where a greylist keeps what it knows. It speaks the domain rather than get and set, so that each engine makes each
 * step atomic in its own way. Clocks are the caller's: every time is passed in.
 */
export interface Store {
  /** One step of the tuple machine, atomic: the address is looked at, the tuple recorded, the address promoted. */
  recordAttempt(step: AttemptStep): Awaitable<AttemptOutcome>;
  /**
   * Merges a change into an address, atomic. With `announced`, notes that the group is being told of it.
   *
   * @returns The time that the change took, see `applyChange`.
   */
  mergeAddress(
    change: AddressChange,
    options: { readonly now: number; readonly announced: boolean },
  ): Awaitable<number>;
  /** What is known of an address. */
  address(ip: string): Awaitable<Readonly<AddressRecord> | undefined>;
  readonly spamtraps: Spamtraps;
  /** Everything: tuples, then addresses, then spamtraps. What changes meanwhile may or may not be seen. */
  entries(): AsyncIterable<StoreRecord>;
  /** Puts records as they are, replacing tuples and merging addresses. */
  load(records: readonly StoreRecord[]): Awaitable<void>;
  /** Removes what has expired, without holding up traffic, and says which addresses are due to be announced again. */
  sweep(options: { readonly now: number; readonly trapWins: boolean }): Promise<Sweep>;
  stats(): Awaitable<StoreStats>;
  close(): Awaitable<void>;
}
