import { mkdir } from 'node:fs/promises';
import type { ClassicLevel } from 'classic-level';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import type { Counts } from '../store/codec.ts';
import { type Acknowledged, AcknowledgedFile, readAcknowledged, removeAcknowledged } from './acknowledged.ts';
import { type Inspection, inspected } from './inspection.ts';
import { locked, type Ownership, ownership } from './ownership.ts';
import { salvage } from './salvage.ts';
import { sealed, unsealed } from './seal.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** A key and its value, which is `undefined` where it fails its checksum. */
export type Item = readonly [key: string, value: Buffer | undefined];

type Db = ClassicLevel<string, Buffer>;

/** How many items an iterator brings at a time: some milliseconds to look at. */
const SLICE = 1000;
/** How many keys are looked up by one task of the thread pool; with more, several threads share them. */
const LOOKUP = 64;

const NOTHING: Counts = { tuples: 0, addresses: 0, spamtraps: 0 };

interface Parts {
  readonly db: Db;
  readonly owned: Ownership;
  readonly acknowledged: AcknowledgedFile;
  readonly sequence: number;
}

interface Lookup {
  readonly key: string;
  readonly found: (value: Buffer | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** LevelDB in a directory that is ours alone: its files verified, each value with a checksum, its errors as ours. */
export class Database {
  readonly directory: string;
  readonly #db: Db;
  readonly #owned: Ownership;
  readonly #acknowledged: AcknowledgedFile;
  /** How many operations LevelDB has written, over all time. */
  #sequence: number;
  #lookups: Lookup[] = [];
  #damaged = 0;

  private constructor(directory: string, parts: Parts) {
    this.directory = directory;
    this.#db = parts.db;
    this.#owned = parts.owned;
    this.#acknowledged = parts.acknowledged;
    this.#sequence = parts.sequence;
  }

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTIONAL`, `ERR_SPAMD_STORE`, `ERR_SPAMD_STORE_LOCKED`, `ERR_SPAMD_STORE_DAMAGED`. */
  static async open(directory: string, cacheSize: number): Promise<Database> {
    const { ClassicLevel: Level } = await load();
    return await translated(directory, async () => {
      await mkdir(directory, { recursive: true });
      const owned = await ownership(directory);
      try {
        const { sequence, acknowledged } = await sound(directory);
        const db: Db = new Level(directory, {
          keyEncoding: 'utf8',
          // As Buffers: what decodes them is several times faster on those.
          valueEncoding: 'buffer',
          cacheSize,
          writeBufferSize: 4 * 2 ** 20,
        });
        await db.open();
        const last = { sequence, counts: acknowledged?.counts ?? NOTHING };
        const file = await AcknowledgedFile.open(directory, last).catch(closing(db));
        return new Database(directory, { db, owned, acknowledged: file, sequence });
      } catch (error) {
        await owned.release();
        throw error;
      }
    });
  }

  /**
   * What LevelDB does for a damaged directory: saves what can be read.
   *
   * @returns What was acknowledged last, as the directory says.
   */
  static async repair(directory: string): Promise<Acknowledged | 'missing' | 'damaged'> {
    const { ClassicLevel: Level } = await load();
    return await translated(directory, async () => {
      const owned = await ownership(directory);
      try {
        const acknowledged = await readAcknowledged(directory);
        await salvage(directory);
        await Level.repair(directory);
        // LevelDB counts anew, by what it saved.
        await removeAcknowledged(directory);
        return acknowledged;
      } finally {
        await owned.release();
      }
    });
  }

  /** How often a value was read that failed its checksum. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * Several at once are looked up together.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED` where the value fails its checksum.
   */
  get(key: string): Promise<Buffer | undefined> {
    return new Promise((found, failed) => {
      if (this.#lookups.push({ key, found, failed }) === 1) queueMicrotask(() => this.#lookUp());
    });
  }

  #lookUp(): void {
    const lookups = this.#lookups;
    this.#lookups = [];
    for (let from = 0; from < lookups.length; from += LOOKUP) {
      const some = lookups.slice(from, from + LOOKUP);
      translated(this.directory, () => this.#db.getMany(some.map(({ key }) => key))).then(
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
   * Everything whose key begins with a prefix, in order, in slices; as it is when the first is asked for.
   *
   * @param from Where in that to begin. Default: with its first.
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
    const iterator = await translated(this.directory, async () => this.#db.iterator(options));
    try {
      for (;;) {
        const slice = await translated(this.directory, () => iterator.nextv(SLICE));
        if (slice.length === 0) return;
        yield slice;
      }
    } finally {
      await iterator.close();
    }
  }

  /**
   * All or nothing, and on the disk when it is done.
   *
   * @param counts How many records there are with it.
   */
  write(operations: readonly Operation[], counts: Counts): Promise<void> {
    return translated(this.directory, async () => {
      // Several times faster than an array of operations, of which each is copied.
      const batch = this.#db.batch();
      for (const operation of operations) {
        const { key } = operation;
        if (operation.type === 'del') batch.del(key);
        else batch.put(key, sealed(key, operation.value));
      }
      await batch.write({ sync: true });
      this.#sequence += operations.length;
      await this.#acknowledged.write({ sequence: this.#sequence, counts });
    });
  }

  async isEmpty(): Promise<boolean> {
    const keys = await translated(this.directory, () => this.#db.keys({ limit: 1 }).all());
    return keys.length === 0;
  }

  /** Begins a new log. LevelDB may go on writing after what it could not write whole, and would not find that again. */
  async reopen(): Promise<void> {
    await this.#db.close();
    await translated(this.directory, async () => {
      const { sequence } = await sound(this.directory);
      await this.#db.open();
      this.#sequence = sequence;
    });
  }

  async close(): Promise<void> {
    try {
      await translated(this.directory, () => this.#db.close());
      await this.#acknowledged.close();
    } finally {
      await this.#owned.release();
    }
  }

  #unsealed(key: string, stored: Buffer): Buffer | undefined {
    const value = unsealed(key, stored);
    if (value === undefined) this.#damaged++;
    return value;
  }
}

/** @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED`, saying what is lost and what a repair would keep. */
async function sound(directory: string): Promise<Inspection> {
  const inspection = await inspected(directory);
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

/** Closes LevelDB again where something after its opening failed. */
function closing(db: Db): (error: unknown) => Promise<never> {
  return async (error) => {
    await db.close();
    throw error;
  };
}

/** The first string after all that begin with a prefix. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

async function load(): Promise<typeof import('classic-level')> {
  try {
    return await import('classic-level');
  } catch (cause) {
    const missing = systemCode(cause) === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'is not installed; npm install classic-level' : `cannot be loaded: ${String(cause)}`;
    throw new SpamdSyncError('ERR_SPAMD_OPTIONAL', `LevelStore needs the package classic-level, which ${why}`, {
      cause,
    });
  }
}

async function translated<T>(directory: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw storeError(directory, error);
  }
}

/** What went wrong, and what to do about it. */
export function storeError(directory: string, error: unknown): SpamdSyncError {
  if (error instanceof SpamdSyncError) return error;
  // What it says of itself is often only that it is not open, and why is behind it.
  const cause = error instanceof Error && systemCode(error.cause) !== undefined ? error.cause : error;
  const code = systemCode(cause) ?? '';
  const said = cause instanceof Error ? cause.message : String(cause);
  const where = `store ${shown(directory)}`;
  switch (code) {
    case 'LEVEL_LOCKED':
      return locked(directory, cause);
    case 'LEVEL_CORRUPTION':
      return damaged(directory, said, cause);
    default:
      return new SpamdSyncError('ERR_SPAMD_STORE', `${where}: ${advice(`${code} ${said}`)}: ${said}`, { cause });
  }
}

export function damaged(directory: string, what: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError(
    'ERR_SPAMD_STORE_DAMAGED',
    `store ${shown(directory)} is damaged (${what}): close it, copy the directory, then LevelStore.repair()`,
    { cause },
  );
}

export function damagedRecord(directory: string, key: string, cause?: unknown): SpamdSyncError {
  return damaged(directory, `the record ${shown(key)} fails its checksum`, cause);
}

function advice(said: string): string {
  if (/EACCES|EPERM|Permission denied/i.test(said))
    return 'not permitted; let the user that runs this read and write it';
  if (/ENOSPC|EDQUOT|EFBIG|No space|quota|too large/i.test(said))
    return 'no room on the disk; make some, it tries again by itself';
  if (/EROFS|Read-only/i.test(said)) return 'the file system is read-only';
  if (/ENOTDIR|EEXIST|Not a directory/i.test(said)) return 'not a directory';
  if (/EMFILE|ENFILE|Too many open files/i.test(said)) return 'too many open files; raise the limit (ulimit -n)';
  if (/LEVEL_DATABASE_NOT_OPEN/.test(said))
    return 'cannot be opened again after it failed; it is tried again by itself';
  return 'the system refused';
}
