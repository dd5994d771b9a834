import type { AddressRecord } from '../rules/address.ts';
import { holdsUntil } from '../rules/address.ts';
import { LoadAddressStep } from '../rules/change.ts';
import type { Result, Step, View } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { checkedWhole, checkMembers } from '../validate.ts';
import { BoundedTable } from './bounded-table.ts';
import type { Candidate, Spamtraps, Store, StoreRecord, StoreStats } from './store.ts';

export interface MemoryStoreOptions {
  /** How many tuples are kept, 1..2^24; the longest unseen goes first. Default 500000, some 130 MB. */
  readonly maxTuples?: number | undefined;
  /** How many addresses are kept, 1..2^24; tuples never push one out. Default 500000, some 200 MB. */
  readonly maxAddresses?: number | undefined;
}

const DEFAULT_MAX = 500_000;
const MAX = 2 ** 24;

/** A greylist in memory: bounded, fast, gone with the process. */
export class MemoryStore implements Store {
  readonly #tuples: BoundedTable<TupleRecord>;
  readonly #addresses: BoundedTable<AddressRecord>;
  readonly #spamtraps = new Set<string>();
  #now = 0;
  #evictedTuples = 0;
  #evictedAddresses = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(options: MemoryStoreOptions = {}) {
    checkMembers('options', options, { maxTuples: true, maxAddresses: true });
    const { maxTuples = DEFAULT_MAX, maxAddresses = DEFAULT_MAX } = options;
    this.#tuples = new BoundedTable(checkedWhole('maxTuples', maxTuples, 1, MAX), (record) => {
      if (!isExpiredTuple(record, this.#now)) this.#evictedTuples++;
    });
    this.#addresses = new BoundedTable(checkedWhole('maxAddresses', maxAddresses, 1, MAX), (record) => {
      if (holdsUntil(record) > this.#now) this.#evictedAddresses++;
    });
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => void this.#spamtraps.add(address),
    delete: (address) => this.#spamtraps.delete(address),
    has: (address) => this.#spamtraps.has(address),
    list: () => [...this.#spamtraps],
  };

  update<T>(step: Step<T>, now: number): T {
    this.#now = now;
    const view = new MemoryView(step, now, this.#addresses, this.#tuples, this.#spamtraps);
    const { value, address, tuple }: Result<T> = step.run(view);
    if (tuple !== undefined && step.key !== undefined) this.#tuples.put(step.key, tuple);
    if (address !== undefined) this.#addresses.put(step.ip, address);
    return value;
  }

  async *records(): AsyncIterable<StoreRecord> {
    for await (const slice of this.#tuples.slices()) {
      for (const [key, record] of slice) yield { type: 'tuple', key, record };
    }
    for await (const slice of this.#addresses.slices()) {
      for (const [ip, record] of slice) yield { type: 'address', ip, record };
    }
    for (const address of [...this.#spamtraps]) yield { type: 'spamtrap', address };
  }

  load(records: readonly StoreRecord[]): void {
    for (const item of records) {
      if (item.type === 'tuple') this.#tuples.put(item.key, { ...item.record });
      else if (item.type === 'address') this.update(new LoadAddressStep(item.ip, { ...item.record }), this.#now);
      else this.#spamtraps.add(item.address);
    }
  }

  async *sweepCandidates(now: number): AsyncIterable<readonly Candidate[]> {
    for await (const slice of this.#tuples.slices()) {
      const expired = slice.filter(([, record]) => isExpiredTuple(record, now));
      yield expired.map(([key]): Candidate => ({ type: 'tuple', key }));
    }
    for await (const slice of this.#addresses.slices()) {
      const ripe = slice.filter(([, record]) => isForSweep(record, now));
      yield ripe.map(([ip]): Candidate => ({ type: 'address', ip }));
    }
  }

  stats(): StoreStats {
    return {
      tuples: this.#tuples.size,
      addresses: this.#addresses.size,
      spamtraps: this.#spamtraps.size,
      evictedTuples: this.#evictedTuples,
      evictedAddresses: this.#evictedAddresses,
      conflicts: 0,
    };
  }

  close(): void {}
}

/** The records as a step looks at them, each looked up only if it is read. */
class MemoryView implements View {
  readonly now: number;
  readonly #step: Step<unknown>;
  readonly #addresses: BoundedTable<AddressRecord>;
  readonly #tuples: BoundedTable<TupleRecord>;
  readonly #spamtraps: ReadonlySet<string>;

  constructor(
    step: Step<unknown>,
    now: number,
    addresses: BoundedTable<AddressRecord>,
    tuples: BoundedTable<TupleRecord>,
    spamtraps: ReadonlySet<string>,
  ) {
    this.now = now;
    this.#step = step;
    this.#addresses = addresses;
    this.#tuples = tuples;
    this.#spamtraps = spamtraps;
  }

  get address(): AddressRecord | undefined {
    return this.#addresses.get(this.#step.ip);
  }

  get tuple(): TupleRecord | undefined {
    const { key } = this.#step;
    return key === undefined ? undefined : this.#tuples.get(key);
  }

  get isSpamtrap(): boolean {
    if (this.#spamtraps.size === 0) return false;
    const { recipient } = this.#step;
    return recipient !== undefined && this.#spamtraps.has(recipient);
  }
}
