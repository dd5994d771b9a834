import type { AddressRecord, Claim } from './address.ts';
import type { TupleRecord } from './tuple.ts';

/** What a store shows to a step: the present records, and the time. */
export interface View {
  /** The store's time, whole Unix seconds. */
  readonly now: number;
  /** The record of {@link Step.ip}; `undefined` if there is none. */
  readonly address: AddressRecord | undefined;
  /** The record of {@link Step.key}; `undefined` if there is none. Looked up only when it is read. */
  readonly tuple: TupleRecord | undefined;
  /** Whether {@link Step.recipient} is a spamtrap. Looked up when it is read. */
  readonly isSpamtrap: boolean;
}

/** The result of a step. A record that is left out stays as it is; `null` removes the record. */
export interface Result<T> {
  /** What `Store.update` returns to its caller. */
  readonly value: T;
  /** The record of {@link Step.ip} from now on. */
  readonly address?: AddressRecord | null;
  /** The record of {@link Step.key} from now on. */
  readonly tuple?: TupleRecord | null;
  /**
   * The change of the address, if it only counts. A store with many writers may put such changes off by a second and
   * write the sum of several (see `CountStep`), so that writers do not compete for each. Any other store may keep
   * `address` instead.
   */
  readonly counts?: Counts;
  /**
   * What `Store.update` may return if the records can be read but not written, as in a database that is full: this
   * value does not depend on what is written. If it is left out, the value does depend on it, and `Store.update` fails.
   */
  readonly unwritten?: T;
}

/** What attempts add to the counters of an address. */
export interface Counts {
  /** How many attempts were refused. */
  readonly blocked: number;
  /** How many attempts passed. */
  readonly passed: number;
  /** When the last of them passed, Unix seconds; 0 for none. */
  readonly pass: number;
  /** The white claim with the expiry to which they renewed it; `undefined` if no attempt renewed it. */
  readonly renewal: Claim | undefined;
}

/**
 * A step of the rules, over the records of one address and at most one tuple. `run` is pure: it changes nothing, looks
 * at nothing but its view, and may be run again when another writer was faster.
 */
export interface Step<T> {
  /** The canonical address, or the network or name that stands for it. */
  readonly ip: string;
  /** The key of the tuple, which begins with `ip`; `undefined` for a step over the address alone. Made when it is read. */
  readonly key?: string | undefined;
  /** The recipient in the form that spamtraps are kept in. Made when it is read. */
  readonly recipient?: string | undefined;
  /** What becomes of the records. Pure. */
  run(view: View): Result<T>;
}
