import { nextTurn } from '../clock.ts';
import type { AddressRecord } from '../rules/address.ts';
import { holdsUntil, overwriteAddress } from '../rules/address.ts';
import { LoadAddressStep } from '../rules/change.ts';
import { addCountsTo } from '../rules/counts.ts';
import type { Step, View } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import { overwriteTuple, type TupleRecord } from '../rules/tuple.ts';
import { checkedWhole, checkMembers } from '../validate.ts';
import { BoundedTable } from './bounded-table.ts';
import type { Candidate, Spamtraps, Store, StoreRecord, StoreStats } from './store.ts';

/** Options of a store in memory. */
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
  readonly #view: MemoryView;
  #now = 0;
  #evictedTuples = 0;
  #evictedAddresses = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(options: MemoryStoreOptions = {}) {
    checkMembers('options', options, { maxTuples: true, maxAddresses: true });
    const { maxTuples = DEFAULT_MAX, maxAddresses = DEFAULT_MAX } = options;
    this.#tuples = new BoundedTable({
      max: checkedWhole('maxTuples', maxTuples, 1, MAX),
      overwrite: overwriteTuple,
      onEvicted: (record) => {
        if (!isExpiredTuple(record, this.#now)) this.#evictedTuples++;
      },
    });
    this.#addresses = new BoundedTable({
      max: checkedWhole('maxAddresses', maxAddresses, 1, MAX),
      overwrite: overwriteAddress,
      onEvicted: (record) => {
        if (holdsUntil(record) > this.#now) this.#evictedAddresses++;
      },
    });
    this.#view = new MemoryView(this.#addresses, this.#tuples, this.#spamtraps);
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => void this.#spamtraps.add(address),
    delete: (address) => this.#spamtraps.delete(address),
    has: (address) => this.#spamtraps.has(address),
    list: () => [...this.#spamtraps],
  };

  update<T>(step: Step<T>, now: number): T {
    this.#now = now;
    const view = this.#view;
    view.lookAt(step, now);
    const result = step.run(view);
    if (result.counts !== undefined && view.knownAddress !== undefined) {
      addCountsTo(view.knownAddress, result.counts);
      return result.value;
    }
    if (result.tuple !== undefined && step.key !== undefined) {
      this.#tuples.put(step.key, result.tuple, view.knownTuple);
    }
    if (result.address !== undefined) this.#addresses.put(step.ip, result.address, view.knownAddress);
    return result.value;
  }

  async *records(): AsyncIterable<StoreRecord> {
    for (const { items, isLast } of this.#tuples.slices()) {
      for (const [key, record] of items) yield { type: 'tuple', key, record };
      if (!isLast) await nextTurn();
    }
    for (const { items, isLast } of this.#addresses.slices()) {
      for (const [ip, record] of items) yield { type: 'address', ip, record };
      if (!isLast) await nextTurn();
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
    for (const { items, isLast } of this.#tuples.slices((record) => isExpiredTuple(record, now))) {
      if (items.length > 0) yield items.map(([key]): Candidate => ({ type: 'tuple', key }));
      if (!isLast) await nextTurn();
    }
    for (const { items, isLast } of this.#addresses.slices((record) => isForSweep(record, now))) {
      if (items.length > 0) yield items.map(([ip]): Candidate => ({ type: 'address', ip }));
      if (!isLast) await nextTurn();
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

/** The records as a step looks at them, each looked up only if it is read. One view serves every step in turn. */
class MemoryView implements View {
  readonly #addresses: BoundedTable<AddressRecord>;
  readonly #tuples: BoundedTable<TupleRecord>;
  readonly #spamtraps: ReadonlySet<string>;
  #step: Step<unknown> | undefined;
  now = 0;
  /** The records that the step has read, if they are there. */
  knownAddress: AddressRecord | undefined;
  knownTuple: TupleRecord | undefined;

  constructor(
    addresses: BoundedTable<AddressRecord>,
    tuples: BoundedTable<TupleRecord>,
    spamtraps: ReadonlySet<string>,
  ) {
    this.#addresses = addresses;
    this.#tuples = tuples;
    this.#spamtraps = spamtraps;
  }

  lookAt(step: Step<unknown>, now: number): void {
    this.#step = step;
    this.now = now;
    this.knownAddress = undefined;
    this.knownTuple = undefined;
  }

  get address(): AddressRecord | undefined {
    this.knownAddress ??= this.#addresses.get(this.#step?.ip ?? '');
    return this.knownAddress;
  }

  get tuple(): TupleRecord | undefined {
    const key = this.#step?.key;
    if (key !== undefined) this.knownTuple ??= this.#tuples.get(key);
    return this.knownTuple;
  }

  get isSpamtrap(): boolean {
    if (this.#spamtraps.size === 0) return false;
    const recipient = this.#step?.recipient;
    return recipient !== undefined && this.#spamtraps.has(recipient);
  }
}
