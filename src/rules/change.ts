import { type AddressChange, type AddressRecord, merged, mergedRecords, newAddress, timeOf } from './address.ts';
import { addressOfKey } from './key.ts';
import { announced, announcedOverTrap } from './repair.ts';
import type { Result, Step, View } from './step.ts';
import { isExpiredTuple } from './sweep.ts';
import { sinceAt, type TupleRecord } from './tuple.ts';

/** A change of an address as it took effect. Times are Unix seconds. */
export interface Changed {
  /** The time at which it took effect, see `timeOf`. */
  readonly at: number;
  /** Until when the claim holds, or the removal is remembered. */
  readonly expires: number;
}

/** Makes the change that is to be merged; `now` is the store's time. */
export type ChangeAt = (now: number) => AddressChange;

/** How a change is merged. */
export interface ChangeOptions {
  /** Whether the change is announced now; if so, the record notes that. */
  readonly announced: boolean;
  /** Whether an address without a record stays without one. Default `false`. */
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

/** Reads the record of an address, and changes nothing. The value is a copy, since the record belongs to the store. */
export class ReadStep implements Step<AddressRecord | undefined> {
  readonly ip: string;

  constructor(ip: string) {
    this.ip = ip;
  }

  run({ address }: View): Result<AddressRecord | undefined> {
    return { value: address === undefined ? undefined : { ...address } };
  }
}

/** Stores a tuple from elsewhere. It replaces a known tuple of the same key. */
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

/** Merges a tuple from another peer: the earlier of the two first sights counts. The merge never counts as a retry. */
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
    // A tuple that has expired is no longer known, even if no sweep has removed it yet.
    if (tuple === undefined || isExpiredTuple(tuple, now)) return { value: undefined, tuple: this.#record };
    const merged = sinceAt(tuple, this.#record.first);
    return merged === tuple ? { value: undefined } : { value: undefined, tuple: merged };
  }
}
