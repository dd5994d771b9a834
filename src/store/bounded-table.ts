import { LRUCache } from 'lru-cache';
import { nextTurn } from '../clock.ts';

/** How many records are looked at before the event loop may turn: a fraction of a millisecond. */
const SLICE = 2000;

/** A place for one record: a record that replaces another does not go through the cache again. */
interface Place<R> {
  record: R;
}

/** Records by key, bounded: the one longest unused makes room. Can be walked through while it is in use. */
export class BoundedTable<R extends object> {
  readonly #places: LRUCache<string, Place<R>>;
  /**
   * The keys again, in the order in which they came. The cache's own iterators lose their way when an entry is used
   * while they wait, and taking all its keys at once holds up the event loop for half a second a million.
   */
  readonly #keys = new Set<string>();

  /** @param onEvicted Called with each record that the bound pushes out. */
  constructor(max: number, onEvicted: (record: R) => void) {
    this.#places = new LRUCache({
      max,
      dispose: ({ record }, key, why) => {
        this.#keys.delete(key);
        if (why === 'evict') onEvicted(record);
      },
    });
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The record, which counts as used. */
  get(key: string): R | undefined {
    return this.#places.get(key)?.record;
  }

  /** Puts a record in the place of a known one; `null` removes it. */
  put(key: string, record: R | null): void {
    if (record === null) {
      this.#places.delete(key);
      return;
    }
    const place = this.#places.peek(key);
    if (place !== undefined) {
      place.record = record;
      return;
    }
    this.#keys.add(key);
    this.#places.set(key, { record });
  }

  /** Everything that is there now, in slices between which the event loop turns; what comes meanwhile is left out. */
  async *slices(): AsyncGenerator<[key: string, record: R][], void> {
    let left = this.#keys.size;
    let slice: [string, R][] = [];
    for (const key of this.#keys) {
      if (left-- === 0) break;
      const place = this.#places.peek(key);
      if (place !== undefined) slice.push([key, place.record]);
      if (slice.length < SLICE) continue;
      yield slice;
      slice = [];
      await nextTurn();
    }
    yield slice;
  }
}
