import { LRUCache } from 'lru-cache';
import { type SpamdSyncError, shown } from '../errors.ts';
import type { Database, Operation } from './database.ts';
import { damaged, damagedRecord } from './errors.ts';
import { KeyFilter } from './key-filter.ts';
import { type BoundOptions, Room } from './room.ts';
import type { Source, Writer } from './writer.ts';

/** Stands in place of a record that is known not to be there. */
export const ABSENT = 'absent';

export interface Kind<R> {
  /** What the keys of its records begin with. */
  readonly prefix: string;
  readonly encode: (record: R) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => R;
  /** Writes a record over a known one. */
  readonly overwrite: (record: R, by: R) => void;
  /** About how many bytes a record and its key take in memory. */
  readonly heapSizeOf: (key: string, record: R) => number;
  /** Whether anything in a record still holds. */
  readonly isLive: (record: R, now: number) => boolean;
}

export interface TableOptions<R> {
  /** How many records there are. */
  readonly count: number;
  /** How much memory the records in use take, bytes. */
  readonly cacheSize: number;
  readonly bound: BoundOptions<R>;
}

/** What the cache takes for a key besides the key and its record, bytes: its place in a map and six lists. */
const PLACE_SIZE = 100;

/**
 * The records of one kind. Those in use are in memory, the rest are in LevelDB. Only records in memory can be looked at
 * or changed, and that takes no waiting. So a step that finds all records that it needs is atomic by itself. Otherwise
 * the missing records are fetched, and the step starts over. A record that has changed stays in memory at least until
 * it is on the disk.
 */
export class Table<R extends object> implements Source {
  readonly #kind: Kind<R>;
  readonly #db: Database;
  readonly #writer: () => Writer;
  readonly #hot: LRUCache<string, R | typeof ABSENT>;
  readonly #room: Room<R>;
  readonly #fetches = new Map<string, Promise<void>>();
  #changed = new Map<string, R | typeof ABSENT>();
  #writing = new Map<string, R | typeof ABSENT>();
  /**
   * The keys that may be on the disk, so that a new key need not be looked up; `undefined` until all keys on the disk
   * were seen.
   */
  #keys: KeyFilter | undefined;
  /** The next filter of keys, while all records on the disk are read for it. */
  #gathered: KeyFilter | undefined;
  /** How many records there are. */
  count: number;
  /** How many records made room while something in them still held. */
  evicted = 0;

  constructor(kind: Kind<R>, db: Database, writer: () => Writer, o: TableOptions<R>) {
    this.#kind = kind;
    this.#db = db;
    this.#writer = writer;
    this.count = o.count;
    this.#room = new Room(o.bound);
    this.#gathered = new KeyFilter(o.count);
    this.#hot = new LRUCache({
      maxSize: o.cacheSize,
      sizeCalculation: (record, key) => this.#heapSizeOf(key, record),
    });
  }

  /** `undefined`: the record is not in memory, and has to be fetched. */
  get(key: string): R | typeof ABSENT | undefined {
    const known = this.#hot.get(key) ?? this.#changed.get(key) ?? this.#writing.get(key);
    return known ?? (this.#keys?.mayHave(key) === false ? ABSENT : undefined);
  }

  /** Brings a record into memory. It stays there at least until the first caller that waited for it has gone on. */
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
   * @param known What `get` returns for the key, if the caller has that already.
   */
  put(key: string, record: R | null, known = this.get(key)): void {
    if (record === null) {
      if (known === ABSENT) return;
      this.#room.changed(key, known, undefined);
      this.count--;
      this.#change(key, ABSENT);
      return;
    }
    if (known === ABSENT || known === undefined) {
      this.#room.changed(key, undefined, record);
      this.count++;
      this.#keys?.add(key);
      this.#gathered?.add(key);
      this.#change(key, record);
      return;
    }
    this.#room.changed(key, known, record);
    const size = this.#heapSizeOf(key, known);
    this.#kind.overwrite(known, record);
    // The cache does not measure a record again that it already has.
    if (this.#heapSizeOf(key, known) !== size) this.#hot.delete(key);
    this.#change(key, known);
  }

  /**
   * All records that are on the disk, in order of the keys, in slices.
   *
   * @param of What the keys begin with. Default: anything.
   * @param from The key to begin at. Default: the first.
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED` at the end, if a record was left out because it fails its
   * checksum or cannot be decoded.
   */
  async *slices(of = '', from = of): AsyncGenerator<{ key: string; record: R }[], void, undefined> {
    const { prefix } = this.#kind;
    let unsound: SpamdSyncError | undefined;
    for await (const slice of this.#db.slices(prefix + of, prefix + from)) {
      const sound: { key: string; record: R }[] = [];
      for (const [key, value] of slice) {
        try {
          sound.push({ key: key.slice(prefix.length), record: this.#decode(key, value) });
        } catch (error) {
          unsound ??= error as SpamdSyncError;
        }
      }
      yield sound;
    }
    if (unsound !== undefined) throw unsound;
  }

  /**
   * As {@link slices}, for all records. If the filter of keys has grown, reading to the end replaces it by a new filter
   * of the keys that are there.
   */
  async *all(): AsyncGenerator<{ key: string; record: R }[], void, undefined> {
    if (this.#gathered !== undefined || !this.#keys?.hasGrown) return yield* this.slices();
    const gathered = new KeyFilter(this.count);
    // These keys are not on the disk yet. `put` adds the keys that come from now on.
    for (const key of [...this.#writing.keys(), ...this.#changed.keys()]) gathered.add(key);
    this.#gathered = gathered;
    try {
      for await (const slice of this.slices()) {
        for (const { key } of slice) gathered.add(key);
        yield slice;
      }
      this.#keys = gathered;
    } finally {
      this.#gathered = undefined;
    }
  }

  /** Whether nothing may be added before `makeRoom` has resolved. */
  get isFull(): boolean {
    return this.#room.isFull;
  }

  /** Counts a record that was there when the store was opened. */
  found(key: string, record: R): void {
    this.#gathered?.add(key);
    this.#room.found(key, record);
  }

  /**
   * All records that were there when the store was opened are counted.
   *
   * @param more How many more records there are than the store said.
   * @param areAllFound Whether there is no other record on the disk. If there is an unsound one, it has to be reported
   * when it is looked up, not taken for new.
   */
  completed(more: number, areAllFound: boolean): void {
    if (areAllFound) this.#keys = this.#gathered;
    this.#gathered = undefined;
    this.count += more;
    this.#room.complete();
  }

  /** @param now Unix seconds: a record that has expired by then is not counted as evicted. */
  async makeRoom(now: number): Promise<void> {
    // Records that are to be removed are looked for on the disk, so all have to be there.
    await this.#writer().commit();
    await this.#room.make({
      slices: (of, from) => this.slices(of, from),
      evict: (key, stillYields) => this.#evict(key, stillYields, now),
    });
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

  async #evict(key: string, stillYields: (record: R) => boolean, now: number): Promise<void> {
    await this.fetch(key);
    const record = this.get(key);
    if (record === undefined || record === ABSENT || !stillYields(record) || this.#writer().isClosed) return;
    if (this.#kind.isLive(record, now)) this.evicted++;
    this.put(key, null, record);
  }

  async #fetch(key: string): Promise<void> {
    try {
      const stored = this.#kind.prefix + key;
      const value = await this.#db.get(stored);
      // What `get` knows by now is newer: the filter may say that the key is not there, or a record may have been
      // added.
      if (this.get(key) === undefined) this.#hot.set(key, value === undefined ? ABSENT : this.#decode(stored, value));
    } finally {
      this.#fetches.delete(key);
    }
  }

  #change(key: string, record: R | typeof ABSENT): void {
    const known = this.#changed.has(key);
    this.#changed.set(key, record);
    this.#hot.set(key, record);
    this.#writer().changed(known ? 0 : this.#heapSizeOf(key, record));
  }

  #heapSizeOf(key: string, record: R | typeof ABSENT): number {
    return PLACE_SIZE + (record === ABSENT ? key.length : this.#kind.heapSizeOf(key, record));
  }

  /**
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED` for a value that fails its checksum, which is `undefined`, or
   * that cannot be decoded.
   */
  #decode(key: string, value: Uint8Array | undefined): R {
    if (value === undefined) throw damagedRecord(this.#db.directory, key);
    try {
      return this.#kind.decode(value);
    } catch (cause) {
      throw damaged(this.#db.directory, `the record ${shown(key)} cannot be decoded`, cause);
    }
  }
}
