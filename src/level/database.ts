import type { ClassicLevel } from 'classic-level';
import { SpamdSyncError, systemCode } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';
import type { Counts } from '../store/codec.ts';
import { type Acknowledged, AcknowledgedFile, beginRepair, endRepair, isBeingRepaired } from './acknowledged.ts';
import { closed, damaged, damagedRecord, isNotOpen, locked, storeError, translated } from './errors.ts';
import { type Inspection, inspected, type Tables } from './inspection.ts';
import { type Ownership, ownership } from './ownership.ts';
import { checkHasStore, salvage } from './salvage.ts';
import { sealed, unsealed } from './seal.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** A key and its value; the value is `undefined` if it fails its checksum. */
export type Item = readonly [key: string, value: Buffer | undefined];

type Level = typeof ClassicLevel;
type Db = ClassicLevel<string, Buffer>;

/** How many items an iterator returns at a time: to look at them takes some milliseconds. */
const SLICE = 1000;
/** How many keys one task of the thread pool looks up; several threads share a larger number. */
const LOOKUP = 64;

/** A string that sorts after every key. */
const END = '\u{10ffff}';

interface Lookup {
  readonly key: string;
  readonly found: (value: Buffer | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * LevelDB in a directory that this store alone uses. Its files are verified, each value has a checksum, and its errors
 * are reported as this library's.
 */
export class Database {
  readonly directory: string;
  readonly #db: Db;
  readonly #owned: Ownership;
  /** `undefined` until the number of records is known. */
  #acknowledged: AcknowledgedFile | undefined;
  /** How many operations LevelDB has written, over all time. */
  #sequence: number;
  /** The tables that were found sound. */
  #tables: Tables;
  #lookups: Lookup[] = [];
  #damaged = 0;
  #isClosed = false;

  private constructor(directory: string, db: Db, owned: Ownership, { sequence, tables }: Inspection) {
    this.directory = directory;
    this.#db = db;
    this.#owned = owned;
    this.#sequence = sequence;
    this.#tables = tables;
  }

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTIONAL`, `ERR_SPAMD_STORE`, `ERR_SPAMD_STORE_LOCKED`, `ERR_SPAMD_STORE_DAMAGED`. */
  static async open(directory: string, cacheSize: number): Promise<Database> {
    const { ClassicLevel: Level } = await load();
    return await translated(directory, async () => {
      await makeDirectory(directory);
      return await owning(directory, async (owned) => {
        if (await isBeingRepaired(directory)) throw damaged(directory, 'a repair of it was cut off');
        return await Database.#opened(Level, directory, cacheSize, owned);
      });
    });
  }

  /**
   * Opens a damaged directory, with what LevelDB can save of it. Until `endRepair` is called, `open` refuses the
   * directory.
   *
   * @returns The database, and what was acknowledged last, as the directory says.
   */
  static async openDamaged(
    directory: string,
    cacheSize: number,
  ): Promise<{ db: Database; acknowledged: Acknowledged | 'missing' | 'damaged' }> {
    const { ClassicLevel: Level } = await load();
    return await translated(directory, () =>
      owning(directory, async (owned) => {
        await checkHasStore(directory);
        await checkUnlocked(Level, directory);
        const acknowledged = await beginRepair(directory);
        await salvage(directory);
        await Level.repair(directory);
        return { db: await Database.#opened(Level, directory, cacheSize, owned), acknowledged };
      }),
    );
  }

  static async #opened(Level: Level, directory: string, cacheSize: number, owned: Ownership): Promise<Database> {
    const inspection = await sound(directory, new Map());
    const db: Db = new Level(directory, {
      keyEncoding: 'utf8',
      // As Buffers: they are decoded several times faster.
      valueEncoding: 'buffer',
      cacheSize,
      writeBufferSize: 4 * 2 ** 20,
    });
    await db.open();
    return new Database(directory, db, owned, inspection);
  }

  /** How often a value was read that failed its checksum. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * Reads a value. Keys that are asked for at the same time are looked up together.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED` where the value fails its checksum.
   */
  get(key: string): Promise<Buffer | undefined> {
    return new Promise((found, failed) => {
      // Not at once: callers that the last look-up has just answered may be about to ask for their next key.
      if (this.#lookups.push({ key, found, failed }) === 1) process.nextTick(() => this.#lookUp());
    });
  }

  #lookUp(): void {
    const lookups = this.#lookups;
    this.#lookups = [];
    for (let from = 0; from < lookups.length; from += LOOKUP) {
      const some = lookups.slice(from, from + LOOKUP);
      this.#asked(() => this.#db.getMany(some.map(({ key }) => key))).then(
        (values) => some.forEach((lookup, at) => void this.#answer(lookup, values[at])),
        (error: unknown) => some.forEach(({ failed }) => void failed(error)),
      );
    }
  }

  #answer({ key, found, failed }: Lookup, stored: Buffer | undefined): void {
    if (stored === undefined) {
      found(undefined);
      return;
    }
    const value = this.#unsealed(key, stored);
    if (value === undefined) failed(damagedRecord(this.directory, key));
    else found(value);
  }

  /**
   * All items whose keys begin with a prefix, in order of the keys, in slices, as they stand when the first slice is
   * asked for.
   *
   * @param from The key to begin at. Default: the first with that prefix.
   */
  async *slices(prefix = '', from = prefix): AsyncGenerator<Item[], void, undefined> {
    for await (const slice of this.storedSlices(prefix, from)) {
      yield slice.map(([key, stored]): Item => [key, this.#unsealed(key, stored)]);
    }
  }

  /** As {@link slices}, with the values as they are stored. */
  async *storedSlices(prefix = '', from = prefix): AsyncGenerator<[key: string, stored: Buffer][], void, undefined> {
    const range = prefix === '' ? {} : { gte: from, lt: after(prefix) };
    const options = { ...range, fillCache: false, highWaterMarkBytes: 2 ** 18 };
    const iterator = await this.#asked(async () => this.#db.iterator(options));
    try {
      for (;;) {
        const slice = await this.#asked(() => iterator.nextv(SLICE));
        if (slice.length === 0) return;
        yield slice;
      }
    } finally {
      await this.#asked(() => iterator.close());
    }
  }

  /**
   * Writes all operations or none. They are on the disk when the promise resolves.
   *
   * @param counts How many records there are after this write. If this is left out, the number is not known yet, and
   * nothing is acknowledged.
   */
  write(operations: readonly Operation[], counts?: Counts): Promise<void> {
    return this.#asked(async () => {
      // A chained batch: an array of operations costs the event loop ten times as much.
      const batch = this.#db.batch();
      for (const operation of operations) {
        if (operation.type === 'del') batch.del(operation.key);
        else batch.put(operation.key, sealed(operation.key, operation.value));
      }
      await batch.write({ sync: true });
      this.#sequence += operations.length;
      if (counts !== undefined) await this.#acknowledge(counts);
    });
  }

  /** Acknowledges all that is there. */
  acknowledge(counts: Counts): Promise<void> {
    return this.#asked(() => this.#acknowledge(counts));
  }

  async isEmpty(): Promise<boolean> {
    const keys = await this.#asked(() => this.#db.keys({ limit: 1 }).all());
    return keys.length === 0;
  }

  /**
   * Merges all tables. After LevelDB's repair no table is above the others. A look-up then takes what it finds in the
   * table with the highest number, even if another table has something newer.
   */
  compact(): Promise<void> {
    return this.#asked(() => this.#db.compactRange('', END));
  }

  /** Ends a repair: all that it keeps is written. */
  endRepair(): Promise<void> {
    return this.#asked(() => endRepair(this.directory));
  }

  /**
   * Opens LevelDB again, so that it begins a new log. Otherwise it may go on writing behind a record that it could not
   * write completely, and would later not find what it wrote there.
   */
  reopen(): Promise<void> {
    return this.#asked(async () => {
      await this.#db.close();
      const { sequence, tables } = await sound(this.directory, this.#tables);
      await this.#db.open();
      this.#sequence = sequence;
      this.#tables = tables;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await translated(this.directory, async () => {
        try {
          await this.#db.close();
        } finally {
          await this.#acknowledged?.close();
        }
      });
    } finally {
      await this.#owned.release();
    }
  }

  async #acknowledge(counts: Counts): Promise<void> {
    const last = { sequence: this.#sequence, counts };
    if (this.#acknowledged === undefined) this.#acknowledged = await AcknowledgedFile.open(this.directory, last);
    else await this.#acknowledged.write(last);
  }

  /** Runs a task that uses LevelDB, and reports its errors as this library's. */
  async #asked<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw this.#isClosed && isNotOpen(error) ? closed(this.directory) : storeError(this.directory, error);
    }
  }

  #unsealed(key: string, stored: Buffer): Buffer | undefined {
    const value = unsealed(key, stored);
    if (value === undefined) this.#damaged++;
    return value;
  }
}

/**
 * Runs a task that owns a directory. If the task fails, the ownership is given up; otherwise the database gives it up
 * when it is closed.
 */
async function owning<T>(directory: string, task: (owned: Ownership) => Promise<T>): Promise<T> {
  const owned = await ownership(directory);
  try {
    return await task(owned);
  } catch (error) {
    await owned.release();
    throw error;
  }
}

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE_LOCKED` if another process holds LevelDB's lock. LevelDB's repair does not
 * ask for that lock itself.
 */
async function checkUnlocked(Level: Level, directory: string): Promise<void> {
  // This open takes the lock first. Then it fails in any case, whether there is a database or not.
  const refused = await new Level(directory, { createIfMissing: false, errorIfExists: true }).open().then(
    () => undefined,
    (error: Error) => error.cause,
  );
  if (systemCode(refused) === 'LEVEL_LOCKED') throw locked(directory, refused);
}

/**
 * @param known Tables that are known to be sound.
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED`, saying what is lost and what a repair would keep.
 */
async function sound(directory: string, known: Tables): Promise<Inspection> {
  const inspection = await inspected(directory, known);
  const { damage, bytes, damagedBytes, acknowledged } = inspection;
  if (damage.length === 0) return inspection;
  const [first, second] = damage;
  const others = damage.length > 2 ? `; and ${damage.length - 2} more` : '';
  const share = bytes === 0 ? 0 : 1 - damagedBytes / bytes;
  const { tuples = 0, addresses = 0, spamtraps = 0 } = acknowledged?.counts ?? {};
  const records = tuples + addresses + spamtraps;
  const kept = records === 0 ? '' : `; a repair keeps some ${Math.floor(records * share)} of ${records} records`;
  throw damaged(directory, `${first}${second === undefined ? '' : `; ${second}`}${others}${kept}`);
}

/** The first string that sorts after all strings with a prefix. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

async function load(): Promise<typeof import('classic-level')> {
  try {
    return await import('classic-level');
  } catch (cause) {
    const missing = systemCode(cause) === 'ERR_MODULE_NOT_FOUND';
    const why = missing
      ? 'is not installed; npm install classic-level, with -g if spamd-sync was'
      : `cannot be loaded: ${String(cause)}`;
    throw new SpamdSyncError('ERR_SPAMD_OPTIONAL', `LevelStore needs the package classic-level, which ${why}`, {
      cause,
    });
  }
}
