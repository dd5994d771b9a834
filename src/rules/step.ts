import type { AddressRecord, Claim } from './address.ts';
import type { TupleRecord } from './tuple.ts';

/** What a store shows to a step: the records as they stand, and the time. */
export interface View {
  /** The store's time, whole Unix seconds. */
  readonly now: number;
  /** What is known of {@link Step.ip}; `undefined`: nothing. */
  readonly address: AddressRecord | undefined;
  /** What is known of {@link Step.key}; `undefined`: nothing. Looked up when it is read, so a step that does not read it costs no look-up. */
  readonly tuple: TupleRecord | undefined;
  /** Whether {@link Step.recipient} is a spamtrap. Looked up when it is read. */
  readonly isSpamtrap: boolean;
}

/** What a step makes of the records. A member that is left out leaves things as they are; `null` removes the record. */
export interface Result<T> {
  /** What the caller of `Store.update` is told. */
  readonly value: T;
  /** The record of {@link Step.ip} from now on. */
  readonly address?: AddressRecord | null;
  /** The record of {@link Step.key} from now on. */
  readonly tuple?: TupleRecord | null;
  /**
   * What the change of the address is, where it merely counts. A store with many writers may put that off by a second and
   * add up several, see `CountStep`, rather than contend for each; any other ignores it and keeps `address`.
   */
  readonly counts?: Counts;
  /**
   * What the caller of `Store.update` may be told where the records can be read and not written, as in a database that is
   * full: the answer does not depend on what is written. Left out: it does, and the caller is told of the trouble.
   */
  readonly unwritten?: T;
}

/** What attempts merely count on an address. */
export interface Counts {
  /** How many attempts were refused. */
  readonly blocked: number;
  /** How many attempts passed. */
  readonly passed: number;
  /** When the last of them passed, Unix seconds; 0 for none. */
  readonly pass: number;
  /** The white claim as they renewed it; `undefined`: none did. */
  readonly renewal: Claim | undefined;
}

/**
 * A step of the rules, over the records of one address and at most one tuple. `run` is pure: it changes nothing, looks
 * at nothing but its view, and may be run again when another writer was faster.
 */
export interface Step<T> {
  /** The canonical address, or what stands for it: a network, a name. */
  readonly ip: string;
  /** The key of the tuple, which begins with `ip`; `undefined` for a step over the address alone. Made when it is read. */
  readonly key?: string | undefined;
  /** The recipient in the form that spamtraps are kept in. Made when it is read. */
  readonly recipient?: string | undefined;
  /** What becomes of the records. Pure. */
  run(view: View): Result<T>;
}
