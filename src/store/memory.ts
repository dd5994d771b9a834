import { nextTurn } from '../clock.ts';
import type { AddressRecord } from '../rules/address.ts';
import { holdsUntil, isWhiteLast, overwriteAddress } from '../rules/address.ts';
import { LoadAddressStep } from '../rules/change.ts';
import { addCountsTo } from '../rules/counts.ts';
import { addressOfKey, tupleKeyPrefix } from '../rules/key.ts';
import type { Step, View } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import { overwriteTuple, type TupleRecord } from '../rules/tuple.ts';
import { checkedWhole, checkMembers } from '../validate.ts';
import { FairTable } from './fair-table.ts';
import { addressBytes, tupleBytes } from './heap-size.ts';
import { SpamtrapSet } from './spamtrap-set.ts';
import type { Candidate, Spamtraps, Store, StoredTuple, StoreRecord, StoreStats } from './store.ts';

/** Options of a store in memory. */
export interface MemoryStoreOptions {
  /** The most tuples that are kept, 1..2^24. Default 500000. */
  readonly maxTuples?: number | undefined;
  /**
   * The most bytes that tuples may take, 2^16..2^40, counted as V8 holds tuples. Default 512 for each of `maxTuples`; a
   * usual tuple takes 250 to 330.
   */
  readonly maxTupleBytes?: number | undefined;
  /**
   * The most addresses that are kept, white and trapped, 1..2^24. Default 500000. An eighth is reserved for addresses
   * that are not white. These never push out a white address. Tuples never push out an address.
   */
  readonly maxAddresses?: number | undefined;
  /**
   * The most bytes that addresses may take, 2^16..2^40, counted as for tuples. Default 768 for each of `maxAddresses`;
   * a usual white address takes 400 to 460, a trapped address with its evidence 600 to 850.
   */
  readonly maxAddressBytes?: number | undefined;
}

const DEFAULT_MAX = 500_000;
const MAX = 2 ** 24;
/** The default room for each tuple and each address, bytes. */
const TUPLE_BYTES = 512;
const ADDRESS_BYTES = 768;
const MIN_BYTES = 2 ** 16;
const MAX_BYTES = 2 ** 40;

/**
 * A store in memory: bounded, fast, and lost when the process ends. When a bound is reached, the store removes the
 * longest unused record of the client network (an IPv4 /24, an IPv6 /48) that holds the most. So no network pushes out
 * the records of a network that holds less.
 */
export class MemoryStore implements Store {
  readonly #tuples: FairTable<TupleRecord>;
  readonly #addresses: FairTable<AddressRecord>;
  readonly #spamtraps = new SpamtrapSet();
  readonly #view: MemoryView;
  #now = 0;
  #evictedTuples = 0;
  #evictedAddresses = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(options: MemoryStoreOptions = {}) {
    checkMembers('options', options, {
      maxTuples: true,
      maxTupleBytes: true,
      maxAddresses: true,
      maxAddressBytes: true,
    });
    const { maxTuples = DEFAULT_MAX, maxAddresses = DEFAULT_MAX } = options;
    const { maxTupleBytes = defaultBytes(maxTuples, TUPLE_BYTES) } = options;
    const { maxAddressBytes = defaultBytes(maxAddresses, ADDRESS_BYTES) } = options;
    this.#tuples = new FairTable({
      max: checkedWhole('maxTuples', maxTuples, 1, MAX),
      maxBytes: checkedWhole('maxTupleBytes', maxTupleBytes, MIN_BYTES, MAX_BYTES),
      sizeOf: tupleBytes,
      overwrite: overwriteTuple,
      onEvicted: (record) => {
        if (!isExpiredTuple(record, this.#now)) this.#evictedTuples++;
      },
    });
    this.#addresses = new FairTable({
      max: checkedWhole('maxAddresses', maxAddresses, 1, MAX),
      maxBytes: checkedWhole('maxAddressBytes', maxAddressBytes, MIN_BYTES, MAX_BYTES),
      sizeOf: addressBytes,
      overwrite: overwriteAddress,
      onEvicted: (record) => {
        if (holdsUntil(record) > this.#now) this.#evictedAddresses++;
      },
      yields: (record) => !isWhiteLast(record),
    });
    this.#view = new MemoryView(this.#addresses, this.#tuples, this.#spamtraps);
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => void this.#spamtraps.add(address),
    delete: (address) => this.#spamtraps.delete(address),
    has: (address) => this.#spamtraps.has(address),
    list: () => this.#spamtraps.list(),
  };

  update<T>(step: Step<T>, now: number): T {
    this.#now = now;
    const view = this.#view;
    view.lookAt(step, now);
    const result = step.run(view);
    if (result.counts !== undefined && view.knownAddress !== undefined) {
      const before = this.#addresses.sizeAt(view.knownAddress);
      addCountsTo(this.#addresses.at(view.knownAddress), result.counts);
      this.#addresses.changed(view.knownAddress, before);
      return result.value;
    }
    if (result.tuple !== undefined && step.key !== undefined) {
      this.#tuples.put(step.key, step.ip, result.tuple, view.knownTuple);
    }
    if (result.address !== undefined) this.#addresses.put(step.ip, step.ip, result.address, view.knownAddress);
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
    for (const address of this.#spamtraps.list()) yield { type: 'spamtrap', address };
  }

  load(records: readonly StoreRecord[]): void {
    for (const item of records) {
      if (item.type === 'tuple') this.#tuples.put(item.key, addressOfKey(item.key), { ...item.record });
      else if (item.type === 'address') this.update(new LoadAddressStep(item.ip, { ...item.record }), this.#now);
      else this.#spamtraps.add(item.address);
    }
  }

  /** Looks through all tuples: an index by address would take memory for each tuple. */
  async *tuplesOf(ip: string): AsyncIterable<StoredTuple> {
    const prefix = tupleKeyPrefix(ip);
    for (const { items, isLast } of this.#tuples.slices()) {
      for (const [key, record] of items) if (key.startsWith(prefix)) yield { key, record };
      if (!isLast) await nextTurn();
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

function defaultBytes(count: number, each: number): number {
  return Math.max(MIN_BYTES, count * each);
}

/** The records as a step sees them, each looked up only if the step reads it. One view serves all steps in turn. */
class MemoryView implements View {
  readonly #addresses: FairTable<AddressRecord>;
  readonly #tuples: FairTable<TupleRecord>;
  readonly #spamtraps: SpamtrapSet;
  #step: Step<unknown> | undefined;
  now = 0;
  /** The numbers of the records that the step has read, if there are such records. */
  knownAddress: number | undefined;
  knownTuple: number | undefined;

  constructor(addresses: FairTable<AddressRecord>, tuples: FairTable<TupleRecord>, spamtraps: SpamtrapSet) {
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
    this.knownAddress ??= this.#addresses.find(this.#step?.ip ?? '');
    return this.knownAddress === undefined ? undefined : this.#addresses.at(this.knownAddress);
  }

  get tuple(): TupleRecord | undefined {
    const key = this.#step?.key;
    if (key !== undefined) this.knownTuple ??= this.#tuples.find(key);
    return this.knownTuple === undefined ? undefined : this.#tuples.at(this.knownTuple);
  }

  get isSpamtrap(): boolean {
    if (this.#spamtraps.size === 0) return false;
    const recipient = this.#step?.recipient;
    return recipient !== undefined && this.#spamtraps.has(recipient);
  }
}
