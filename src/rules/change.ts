import { type AddressChange, type AddressRecord, merged, mergedRecords, newAddress, timeOf } from './address.ts';
import { addressOfKey } from './key.ts';
import { announced, announcedOverTrap } from './repair.ts';
import type { Result, Step, View } from './step.ts';
import { isExpiredTuple } from './sweep.ts';
import { sinceAt, type TupleRecord } from './tuple.ts';

/** A change of an address as it took effect. Times are Unix seconds. */
export interface Changed {
  /** The time that it took, see `timeOf`. */
  readonly at: number;
  /** Until when it holds, or is remembered. */
  readonly expires: number;
}

/** Makes the change that is to be merged, by the store's time. */
export type ChangeAt = (now: number) => AddressChange;

/** How a change is merged. */
export interface ChangeOptions {
  /** Whether the change is announced now, which the record then notes. */
  readonly announced: boolean;
  /** Whether an address of which nothing is known stays unknown. Default `false`. */
  readonly onlyKnown?: boolean;
}

/** Merges a change into an address. */
export class ChangeStep implements Step<Changed> {
  readonly ip: string;
  readonly #changeAt: ChangeAt;
  readonly #announced: boolean;
  readonly #onlyKnown: boolean;

  constructor(ip: string, changeAt: ChangeAt, { announced, onlyKnown = false }: ChangeOptions) {
    this.ip = ip;
    this.#changeAt = changeAt;
    this.#announced = announced;
    this.#onlyKnown = onlyKnown;
  }

  run({ address, now }: View): Result<Changed> {
    const change = this.#changeAt(now);
    const record = address ?? newAddress(change.at);
    const value = { at: timeOf(record, change), expires: change.expires };
    if (address === undefined && this.#onlyKnown) return { value };
    const changed = merged(record, change);
    if (!this.#announced) return { value, address: changed };
    const endsTrap = change.type === 'white' && record.trapped.some(({ expires }) => expires > now);
    return { value, address: endsTrap ? announcedOverTrap(changed, now) : announced(changed, change.expires, now) };
  }
}

/** Merges a record from elsewhere into an address. */
export class LoadAddressStep implements Step<void> {
  readonly ip: string;
  readonly #record: AddressRecord;

  constructor(ip: string, record: AddressRecord) {
    this.ip = ip;
    this.#record = record;
  }

  run({ address }: View): Result<void> {
    return { value: undefined, address: address === undefined ? this.#record : mergedRecords(address, this.#record) };
  }
}

/** Reads what is known of an address, and changes nothing. The value is a copy: the record is the store's. */
export class ReadStep implements Step<AddressRecord | undefined> {
  readonly ip: string;

  constructor(ip: string) {
    this.ip = ip;
  }

  run({ address }: View): Result<AddressRecord | undefined> {
    return { value: address === undefined ? undefined : { ...address } };
  }
}

/** Puts a tuple from elsewhere in the place of a known one. */
export class LoadTupleStep implements Step<void> {
  readonly key: string;
  readonly #record: TupleRecord;

  constructor(key: string, record: TupleRecord) {
    this.key = key;
    this.#record = record;
  }

  get ip(): string {
    return addressOfKey(this.key);
  }

  run(): Result<void> {
    return { value: undefined, tuple: this.#record };
  }
}

/** Merges a tuple from another peer: the group knows it since the earlier of the two, and that makes no retry of it. */
export class MergeTupleStep implements Step<void> {
  readonly key: string;
  readonly #record: TupleRecord;

  constructor(key: string, record: TupleRecord) {
    this.key = key;
    this.#record = record;
  }

  get ip(): string {
    return addressOfKey(this.key);
  }

  run({ tuple, now }: View): Result<void> {
    // One that has expired, and no sweep has removed yet, is known no more.
    if (tuple === undefined || isExpiredTuple(tuple, now)) return { value: undefined, tuple: this.#record };
    const merged = sinceAt(tuple, this.#record.first);
    return merged === tuple ? { value: undefined } : { value: undefined, tuple: merged };
  }
}
