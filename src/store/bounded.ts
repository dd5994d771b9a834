import { setImmediate as turn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

/** How many records are looked at before the event loop may turn: a fraction of a millisecond. */
const SLICE = 2000;

/** Records by key, bounded: the one longest unused makes room. Can be walked through while it is in use. */
export class BoundedTable<V extends object> {
  readonly #records: LRUCache<string, V>;
  /**
   * The keys again, in the order in which they came. The cache's own iterators lose their way when an entry is used
   * while they wait, and taking all its keys at once holds up the event loop for half a second a million.
   */
  readonly #keys = new Set<string>();

  /** @param onEvicted Called with each record that the bound pushes out. */
  constructor(max: number, onEvicted: (record: V) => void) {
    this.#records = new LRUCache({
      max,
      dispose: (record, key, why) => {
        if (why === 'set') return;
        this.#keys.delete(key);
        if (why === 'evict') onEvicted(record);
      },
    });
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The record, which counts as used. */
  get(key: string): V | undefined {
    return this.#records.get(key);
  }

  peek(key: string): V | undefined {
    return this.#records.peek(key);
  }

  set(key: string, record: V): void {
    this.#keys.add(key);
    this.#records.set(key, record);
  }

  delete(key: string): boolean {
    return this.#records.delete(key);
  }

  /** Everything that is there now, in slices between which the event loop turns; what comes meanwhile is left out. */
  async *slices(): AsyncGenerator<[key: string, record: V][], void> {
    let left = this.#keys.size;
    let slice: [string, V][] = [];
    for (const key of this.#keys) {
      if (left-- === 0) break;
      const record = this.#records.peek(key);
      if (record !== undefined) slice.push([key, record]);
      if (slice.length < SLICE) continue;
      yield slice;
      slice = [];
      await turn();
    }
    yield slice;
  }
}
