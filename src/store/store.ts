import type { AddressRecord } from '../rules/address.ts';
import type { Step } from '../rules/step.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** A value, or a promise of it. A store in memory gives no promise: this matters at a hundred thousand a second. */
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
      /** The canonical address, or the network or name that stands for it. */
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
      /** The canonical address, or the network or name that stands for it. */
      readonly ip: string;
    };

/** What a store holds, how many records it evicted, and how often it had a conflict. */
export interface StoreStats {
  /** Tuples that it holds. */
  readonly tuples: number;
  /** Addresses that it holds, white and trapped. */
  readonly addresses: number;
  /** Spamtraps. */
  readonly spamtraps: number;
  /** Tuples that a bound pushed out or kept out although they had not expired. */
  readonly evictedTuples: number;
  /** Addresses that a bound pushed out or kept out although something of them still held. */
  readonly evictedAddresses: number;
  /** How often a step was run again because another writer was faster. */
  readonly conflicts: number;
}

/** The spamtraps of a store: recipients in canonical form, lower case and without brackets (see `canonicalMailbox`). */
export interface Spamtraps {
  /** Adds a spamtrap. To add it again changes nothing. */
  add(address: string): Awaitable<void>;
  /** @returns Whether it was a spamtrap. */
  delete(address: string): Awaitable<boolean>;
  /** Whether it is a spamtrap. */
  has(address: string): Awaitable<boolean>;
  /** All of them, in no order. */
  list(): Iterable<string> | AsyncIterable<string>;
}

/**
 * Where a greylist keeps its records. A store knows nothing of the rules: it runs steps over records, each step atomic,
 * and keeps what the steps return. On trouble its methods reject, or throw, with `ERR_SPAMD_STORE`.
 */
export interface Store {
  /**
   * Runs a step over the records that the step names, and puts what it returns in their place, as one atomic operation:
   * of two steps over one record, one sees what the other made. A step is pure, so the store may run it again if
   * another writer was faster.
   *
   * @param now The caller's time, whole Unix seconds. A store that many hosts share may go by a clock of its own
   * instead.
   * @returns The step's value, once its records are as durable as the store promises.
   */
  update<T>(step: Step<T>, now: number): Awaitable<T>;
  /** The spamtraps, which belong to no address. */
  readonly spamtraps: Spamtraps;
  /** All records: tuples, then addresses, then spamtraps. Changes made meanwhile may or may not be seen. */
  records(): AsyncIterable<StoreRecord>;
  /**
   * Puts in records from elsewhere. A tuple takes the place of a known one. An address is merged with a known one, see
   * `LoadAddressStep`.
   */
  load(records: readonly StoreRecord[]): Awaitable<void>;
  /**
   * The tuples of one address, or of the network or name that stands for it, in no order. Changes made meanwhile may or
   * may not be seen. Called only for operators: a store may have to look through all its tuples.
   */
  tuplesOf(ip: string): AsyncIterable<StoredTuple>;
  /**
   * The records that a sweep has to look at, in slices. At least these: tuples and addresses of which nothing holds any
   * more, unless the store lets them expire by itself, and addresses that are to be announced again. More are harmless.
   */
  sweepCandidates(now: number): AsyncIterable<readonly Candidate[]>;
  /** What the store holds. A store that many processes share may estimate the numbers. */
  stats(): Awaitable<StoreStats>;
  /** Makes all records as durable as the store promises, and frees its resources. */
  close(): Awaitable<void>;
}
