import { type AddressRecord, merged } from './address.ts';
import type { Counts, Result, Step, View } from './step.ts';

/** The result of a step that only counts. For a store that adds the counts itself, no new record is made. */
export class CountResult<T> implements Result<T> {
  readonly value: T;
  readonly counts: Counts;
  readonly #record: AddressRecord;

  constructor(value: T, record: AddressRecord, counts: Counts) {
    this.value = value;
    this.counts = counts;
    this.#record = record;
  }

  /** The value does not depend on whether the counts are written. */
  get unwritten(): T {
    return this.value;
  }

  get address(): AddressRecord {
    return counted(this.#record, this.counts);
  }
}

/** Adds counts that a store put off (see {@link Result.counts}) to the record as it is by then. */
export class CountStep implements Step<void> {
  readonly ip: string;
  readonly #counts: Counts;

  constructor(ip: string, counts: Counts) {
    this.ip = ip;
    this.#counts = counts;
  }

  run({ address }: View): Result<void> {
    // If the address was forgotten meanwhile, its counts are forgotten too.
    return address === undefined ? { value: undefined } : { value: undefined, address: counted(address, this.#counts) };
  }
}

/** The sum of the counts of two attempts, or of two such sums. */
export function addedCounts(one: Counts, other: Counts): Counts {
  const longer = (other.renewal?.expires ?? 0) > (one.renewal?.expires ?? 0) ? other.renewal : one.renewal;
  return {
    blocked: one.blocked + other.blocked,
    passed: one.passed + other.passed,
    pass: Math.max(one.pass, other.pass),
    renewal: longer,
  };
}

/** A record with counts added to it. */
export function counted(record: AddressRecord, counts: Counts): AddressRecord {
  const sum = { ...record };
  addCountsTo(sum, counts);
  return sum;
}

/** Adds counts to a record in place, for a store that holds records in memory. */
export function addCountsTo(
  record: { -readonly [Field in keyof AddressRecord]: AddressRecord[Field] },
  { blocked, passed, pass, renewal }: Counts,
): void {
  if (pass > record.pass) record.pass = pass;
  record.blocked += blocked;
  record.passed += passed;
  if (renewal === undefined) return;
  const [newest] = record.white;
  if (newest !== undefined && newest.at >= renewal.at && newest.expires >= renewal.expires) return;
  // Nothing is announced, so only the expiry moves: the claim must not overrule more here than it does on other hosts.
  const { white, removalsExpire } = merged(record, { type: 'white', ...renewal, local: false });
  record.white = white;
  record.removalsExpire = removalsExpire;
}
