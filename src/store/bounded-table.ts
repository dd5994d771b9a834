import { LRUCache } from 'lru-cache';

/** How many records are looked at before the event loop may turn: a fraction of a millisecond. */
const SLICE = 2000;

/** Some of the records of a table. */
export interface Slice<R> {
  readonly items: readonly (readonly [key: string, record: R])[];
  readonly isLast: boolean;
}

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
   * The records again, in the order in which they came. The cache's own iterators lose their way when an entry is used
   * while they wait, and taking all its keys at once holds up the event loop for half a second a million.
   */
  readonly #inOrder = new Map<string, R>();

  constructor({ max, overwrite, onEvicted }: BoundedTableOptions<R>) {
    this.#overwrite = overwrite;
    this.#records = new LRUCache({
      max,
      dispose: (record, key, why) => {
        this.#inOrder.delete(key);
        if (why === 'evict') onEvicted(record);
      },
    });
  }

  get size(): number {
    return this.#inOrder.size;
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
      this.#inOrder.set(key, record);
      this.#records.set(key, record);
    }
  }

  /**
   * What is there now, in slices between which the caller is to let the event loop turn; what comes meanwhile is left out.
   *
   * @param isWanted Which records to bring. Default: all.
   */
  *slices(isWanted: (record: R) => boolean = () => true): Generator<Slice<R>, void> {
    let left = this.#inOrder.size;
    let items: [string, R][] = [];
    for (const [key, record] of this.#inOrder) {
      if (left-- === 0) break;
      if (isWanted(record)) items.push([key, record]);
      if (left % SLICE !== 0 || left === 0) continue;
      yield { items, isLast: false };
      items = [];
    }
    yield { items, isLast: true };
  }
}
