import {
  type Awaitable,
  type Candidate,
  LoadAddressStep,
  LoadTupleStep,
  type Result,
  type Step,
  type Store,
  type StoreRecord,
  type StoreStats,
  type View,
} from '../store/index.ts';
import type { Digest } from './digest.ts';
import { hashOfAddress, hashOfTuple, isRenewedAlike, isSharedAlike, type RecordHash } from './shared.ts';

/** How many records are loaded at a time. */
const SLICE = 500;

/**
 * A store that updates a digest with each of its changes. It does not see other changes: those by another process, and
 * records that a full store removes. A round that finds a leaf to differ looks at its records and corrects the sum.
 */
export class DigestedStore implements Store {
  readonly #store: Store;
  readonly #digest: Digest;

  constructor(store: Store, digest: Digest) {
    this.#store = store;
    this.#digest = digest;
  }

  get spamtraps(): Store['spamtraps'] {
    return this.#store.spamtraps;
  }

  update<T>(step: Step<T>, now: number): Awaitable<T> {
    const watched = new WatchedStep(step);
    const updated = this.#store.update(watched, now);
    if (!(updated instanceof Promise)) {
      watched.applyTo(this.#digest);
      return updated;
    }
    return updated.then((value) => {
      watched.applyTo(this.#digest);
      return value;
    });
  }

  records(): AsyncIterable<StoreRecord> {
    return this.#store.records();
  }

  tuplesOf(ip: string): ReturnType<Store['tuplesOf']> {
    return this.#store.tuplesOf(ip);
  }

  async load(records: readonly StoreRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += SLICE) {
      await Promise.all(records.slice(from, from + SLICE).map((record) => this.#load(record)));
    }
  }

  sweepCandidates(now: number): AsyncIterable<readonly Candidate[]> {
    return this.#store.sweepCandidates(now);
  }

  stats(): Awaitable<StoreStats> {
    return this.#store.stats();
  }

  close(): Awaitable<void> {
    return this.#store.close();
  }

  #load(item: StoreRecord): Awaitable<void> {
    switch (item.type) {
      case 'tuple':
        return this.update(new LoadTupleStep(item.key, { ...item.record }), 0);
      case 'address':
        return this.update(new LoadAddressStep(item.ip, { ...item.record }), 0);
      case 'spamtrap':
        return this.spamtraps.add(item.address);
    }
  }
}

/** A step that remembers what its last run changed in what peers share. */
class WatchedStep<T> implements Step<T> {
  readonly #step: Step<T>;
  #removed: RecordHash[] = [];
  #added: RecordHash[] = [];

  constructor(step: Step<T>) {
    this.#step = step;
  }

  get ip(): string {
    return this.#step.ip;
  }

  get key(): string | undefined {
    return this.#step.key;
  }

  get recipient(): string | undefined {
    return this.#step.recipient;
  }

  run(view: View): Result<T> {
    const result = this.#step.run(view);
    this.#removed = [];
    this.#added = [];
    // A step that only counts changes what peers share by a renewal now and then, and by nothing else. Without such a
    // renewal `result.address` is not read, because reading it makes the record.
    const { counts } = result;
    const isAlike = counts !== undefined && view.address !== undefined && isRenewedAlike(view.address, counts.renewal);
    if (!isAlike && result.address !== undefined) this.#watchAddress(view, result.address);
    if (result.tuple !== undefined) this.#watchTuple(view, result.tuple);
    return result;
  }

  /** To be called once the store has stored the result of the step. */
  applyTo(digest: Digest): void {
    for (const hash of this.#removed) digest.remove(hash);
    for (const hash of this.#added) digest.add(hash);
  }

  /** Compares within `run`, because a store in memory later writes the new record over the old one. */
  #watchAddress({ address: before }: View, after: NonNullable<Result<T>['address']> | null): void {
    if (before !== undefined && after !== null && isSharedAlike(before, after)) return;
    if (before !== undefined) this.#removed.push(hashOfAddress(this.ip, before));
    if (after !== null) this.#added.push(hashOfAddress(this.ip, after));
  }

  #watchTuple({ tuple: before }: View, after: NonNullable<Result<T>['tuple']> | null): void {
    const { key } = this;
    if (key === undefined || (before !== undefined && after !== null && before.first === after.first)) return;
    if (before !== undefined) this.#removed.push(hashOfTuple(key, before));
    if (after !== null) this.#added.push(hashOfTuple(key, after));
  }
}
