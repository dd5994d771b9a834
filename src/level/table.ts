import { LRUCache } from 'lru-cache';
import { type Database, damaged, type Item, type Operation } from './database.ts';
import type { Source, Writer } from './writer.ts';

/** Known not to be there, in place of a record. */
export const ABSENT = 'absent';

export interface Kind<R> {
  /** What the keys of its records begin with. */
  readonly prefix: string;
  readonly encode: (record: R) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => R;
  /** Writes a record over a known one. */
  readonly overwrite: (record: R, by: R) => void;
}

/** What a record takes in memory besides its key, about. */
const RECORD_SIZE = 400;

/**
 * The records of one kind. Those in use are in memory, the rest in LevelDB. Only what is in memory can be looked at or
 * changed, and that takes no waiting: so a step that finds all that it needs is atomic by itself, and one that does
 * not fetches it and starts over. A record that has changed stays in memory at least until it is on the disk.
 */
export class Table<R extends object> implements Source {
  readonly #kind: Kind<R>;
  readonly #db: Database;
  readonly #writer: () => Writer;
  readonly #hot: LRUCache<string, R | typeof ABSENT>;
  readonly #fetches = new Map<string, Promise<void>>();
  #changed = new Map<string, R | typeof ABSENT>();
  #writing = new Map<string, R | typeof ABSENT>();
  count: number;

  constructor(kind: Kind<R>, db: Database, writer: () => Writer, o: { count: number; cacheSize: number }) {
    this.#kind = kind;
    this.#db = db;
    this.#writer = writer;
    this.count = o.count;
    this.#hot = new LRUCache({ maxSize: o.cacheSize, sizeCalculation: (_record, key) => key.length + RECORD_SIZE });
  }

  /** `undefined`: not in memory, it has to be fetched. */
  get(key: string): R | typeof ABSENT | undefined {
    return this.#hot.get(key) ?? this.#changed.get(key) ?? this.#writing.get(key);
  }

  /** Brings a record into memory, where it stays at least until whoever waited for this first has gone on. */
  async fetch(key: string): Promise<void> {
    if (this.get(key) !== undefined) return;
    let fetch = this.#fetches.get(key);
    if (fetch === undefined) {
      fetch = this.#fetch(key);
      this.#fetches.set(key, fetch);
    }
    await fetch;
  }

  /**
   * Puts a record in the place of a known one; `null` removes it. Only for a key that is in memory.
   *
   * @param known What `get` says of the key, where the caller has it at hand.
   */
  put(key: string, record: R | null, known = this.get(key)): void {
    if (record === null) {
      if (known === ABSENT) return;
      this.count--;
      this.#change(key, ABSENT);
      return;
    }
    if (known === ABSENT || known === undefined) {
      this.count++;
      this.#change(key, record);
      return;
    }
    this.#kind.overwrite(known, record);
    this.#change(key, known);
  }

  /** Everything that is on the disk, in order of the keys, in slices. */
  async *slices(): AsyncGenerator<{ key: string; record: R }[], void, undefined> {
    const { prefix } = this.#kind;
    for await (const slice of this.#db.slices(prefix)) {
      yield slice.map(([key, value]: Item) => ({ key: key.slice(prefix.length), record: this.#decode(value) }));
    }
  }

  begin(): Operation[] {
    const { prefix, encode } = this.#kind;
    this.#writing = this.#changed;
    this.#changed = new Map();
    return Array.from(this.#writing, ([key, record]): Operation => {
      if (record === ABSENT) return { type: 'del', key: prefix + key };
      return { type: 'put', key: prefix + key, value: encode(record) };
    });
  }

  end(written: boolean): void {
    if (!written) this.#changed = new Map([...this.#writing, ...this.#changed]);
    this.#writing = new Map();
  }

  async #fetch(key: string): Promise<void> {
    try {
      const value = await this.#db.get(this.#kind.prefix + key);
      this.#hot.set(key, value === undefined ? ABSENT : this.#decode(value));
    } finally {
      this.#fetches.delete(key);
    }
  }

  #change(key: string, record: R | typeof ABSENT): void {
    const known = this.#changed.has(key);
    this.#changed.set(key, record);
    this.#hot.set(key, record);
    this.#writer().changed(known ? 0 : key.length + RECORD_SIZE);
  }

  #decode(value: Uint8Array): R {
    try {
      return this.#kind.decode(value);
    } catch (cause) {
      throw damaged(this.#db.directory, 'a record cannot be decoded', cause);
    }
  }
}
