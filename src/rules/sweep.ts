import { type AddressRecord, type AddressState, holds } from './address.ts';
import { addressOfKey } from './key.ts';
import { dueAgain, mayBeDue } from './repair.ts';
import type { Result, Step, View } from './step.ts';
import type { TupleRecord } from './tuple.ts';

/** An address that still holds, but whose announced expiry has passed, so that it is to be announced again. */
export interface Due extends AddressState {
  /** The address. */
  readonly ip: string;
}

/** What a sweep did to one record. */
export type Swept = 'removed' | 'kept' | Due;

/** Whether a tuple has expired, so that a sweep removes it. */
export function isExpiredTuple({ expires }: TupleRecord, now: number): boolean {
  return expires <= now;
}

/** Whether a sweep has to look at an address: nothing of it holds any more, or it may have to be announced again. */
export function isForSweep(record: AddressRecord, now: number): boolean {
  return !holds(record, now) || mayBeDue(record, now);
}

/** Removes a tuple that has expired. */
export class SweepTupleStep implements Step<Swept> {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  get ip(): string {
    return addressOfKey(this.key);
  }

  run({ tuple, now }: View): Result<Swept> {
    return tuple !== undefined && isExpiredTuple(tuple, now) ? { value: 'removed', tuple: null } : { value: 'kept' };
  }
}

/** Removes an address of which nothing holds any more. Of another it finds out whether it is to be announced again. */
export class SweepAddressStep implements Step<Swept> {
  readonly ip: string;
  readonly #trapWins: boolean;
  readonly #announces: boolean;

  /** @param announces Whether the address may be announced again now; if not, it stays due. Default `true`. */
  constructor(ip: string, trapWins: boolean, announces = true) {
    this.ip = ip;
    this.#trapWins = trapWins;
    this.#announces = announces;
  }

  run({ address, now }: View): Result<Swept> {
    if (address === undefined) return { value: 'kept' };
    if (!holds(address, now)) return { value: 'removed', address: null };
    const due = this.#announces ? dueAgain(address, now, this.#trapWins) : undefined;
    if (due === undefined) return { value: 'kept' };
    return { value: { ip: this.ip, ...due.state }, address: due.record };
  }
}
