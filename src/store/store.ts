import type { AddressRecord } from '../rules/address.ts';
import type { Step } from '../rules/step.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** A value, or a promise of it: what is in memory is answered without one, which matters at a hundred thousand a second. */
export type Awaitable<T> = T | Promise<T>;

/** A tuple in a store. */
export interface StoredTuple {
  /** See `tupleKey`. */
  readonly key: string;
  /** What is known of it. */
  readonly record: TupleRecord;
}

/** Anything that a store holds, as it is listed, imported and exported. */
export type StoreRecord =
  | (StoredTuple & { readonly type: 'tuple' })
  | {
      readonly type: 'address';
      /** Canonical, or what stands for an address: a network, a name. */
      readonly ip: string;
      /** What is known of it. */
      readonly record: AddressRecord;
    }
  | {
      readonly type: 'spamtrap';
      /** Canonical, see `canonicalMailbox`. */
      readonly address: string;
    };

/** A record that a sweep is to look at. */
export type Candidate =
  | {
      readonly type: 'tuple';
      /** See `tupleKey`. */
      readonly key: string;
    }
  | {
      readonly type: 'address';
      /** Canonical, or what stands for an address. */
      readonly ip: string;
    };

/** What a store holds, and what it had to do for it. */
export interface StoreStats {
  /** Tuples that it holds. */
  readonly tuples: number;
  /** Addresses that it holds, white and trapped. */
  readonly addresses: number;
  /** Spamtraps. */
  readonly spamtraps: number;
  /** Tuples that a bound pushed out alive, or kept out. */
  readonly evictedTuples: number;
  /** Addresses that a bound pushed out alive, or kept out. */
  readonly evictedAddresses: number;
  /** How often a step was run again because another writer was faster. */
  readonly conflicts: number;
}

/** The spamtraps of a store: recipients in canonical form, lower case and without brackets (see `canonicalMailbox`). */
export interface Spamtraps {
  /** Adds one. Adding it again changes nothing. */
  add(address: string): Awaitable<void>;
  /** @returns Whether it was one. */
  delete(address: string): Awaitable<boolean>;
  /** Whether it is one. */
  has(address: string): Awaitable<boolean>;
  /** All of them, in no order. */
  list(): Iterable<string> | AsyncIterable<string>;
}

/**
 * Where a greylist keeps what it knows. A store knows nothing of the rules: it runs steps over records, each atomic, and
 * keeps what they return. Trouble rejects, or throws, with `ERR_SPAMD_STORE`.
 */
export interface Store {
  /**
   * Runs a step over the records that it names, and puts what it returns in their place, as one atomic operation: of two
   * steps over one record, one sees what the other made. A step is pure, so it may be run again where another writer was
   * faster.
   *
   * @param now The caller's time, whole Unix seconds. A store that many hosts share may go by a clock of its own instead.
   * @returns The step's value, once what it made is as durable as the store promises.
   */
  update<T>(step: Step<T>, now: number): Awaitable<T>;
  /** The spamtraps, which belong to no address. */
  readonly spamtraps: Spamtraps;
  /** Everything: tuples, then addresses, then spamtraps. What changes meanwhile may or may not be seen. */
  records(): AsyncIterable<StoreRecord>;
  /** Puts in records from elsewhere: a tuple in the place of a known one, an address merged with it (see `LoadAddressStep`). */
  load(records: readonly StoreRecord[]): Awaitable<void>;
  /**
   * The tuples of one address, or of what stands for it, in no order. What changes meanwhile may or may not be seen. Asked
   * by operators alone: a store may have to look through all its tuples.
   */
  tuplesOf(ip: string): AsyncIterable<StoredTuple>;
  /**
   * The records that a sweep is to look at, in slices: at least the tuples and addresses of which nothing holds any more,
   * unless they expire by themselves, and the addresses that are to be announced again. More are harmless.
   */
  sweepCandidates(now: number): AsyncIterable<readonly Candidate[]>;
  /** What it holds. A store that many processes share may estimate. */
  stats(): Awaitable<StoreStats>;
  /** Makes what it holds as durable as it promises, and lets go of its resources. */
  close(): Awaitable<void>;
}
