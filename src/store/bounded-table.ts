import { LRUCache } from 'lru-cache';
import { nextTurn } from '../clock.ts';

/** How many records are looked at before the event loop may turn: a fraction of a millisecond. */
const SLICE = 2000;

export interface BoundedTableOptions<R> {
  /** How many records are kept. */
  readonly max: number;
  /** Writes a record over a known one. */
  readonly overwrite: (record: R, by: R) => void;
  /** Called with each record that the bound pushes out. */
  readonly onEvicted: (record: R) => void;
}

/** Records by key, bounded: the one longest unused makes room. Can be walked through while it is in use. */
export class BoundedTable<R extends object> {
  readonly #records: LRUCache<string, R>;
  readonly #overwrite: (record: R, by: R) => void;
  /**
   * The keys again, in the order in which they came. The cache's own iterators lose their way when an entry is used
   * while they wait, and taking all its keys at once holds up the event loop for half a second a million.
   */
  readonly #keys = new Set<string>();

  constructor({ max, overwrite, onEvicted }: BoundedTableOptions<R>) {
    this.#overwrite = overwrite;
    this.#records = new LRUCache({
      max,
      dispose: (record, key, why) => {
        this.#keys.delete(key);
        if (why === 'evict') onEvicted(record);
      },
    });
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The record, which counts as used. It changes when another is put over it. */
  get(key: string): R | undefined {
    return this.#records.get(key);
  }

  /**
   * Puts a record over a known one; `null` removes it.
   *
   * @param known The record of that key, where the caller has it at hand.
   */
  put(key: string, record: R | null, known = this.#records.peek(key)): void {
    if (record === null) this.#records.delete(key);
    else if (known !== undefined) this.#overwrite(known, record);
    else {
      this.#keys.add(key);
      this.#records.set(key, record);
    }
  }

  /** Everything that is there now, in slices between which the event loop turns; what comes meanwhile is left out. */
  async *slices(): AsyncGenerator<[key: string, record: R][], void> {
    let left = this.#keys.size;
    let slice: [string, R][] = [];
    for (const key of this.#keys) {
      if (left-- === 0) break;
      const record = this.#records.peek(key);
      if (record !== undefined) slice.push([key, record]);
      if (slice.length < SLICE) continue;
      yield slice;
      slice = [];
      await nextTurn();
    }
    yield slice;
  }
}
