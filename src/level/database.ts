import type { ClassicLevel } from 'classic-level';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** A key and its value. */
export type Item = readonly [key: string, value: Uint8Array];

type Db = ClassicLevel<string, Uint8Array>;

/** How many items an iterator brings at a time: some milliseconds to look at. */
const SLICE = 1000;
/** How many keys are looked up by one task of the thread pool; with more, several threads share them. */
const LOOKUP = 64;

interface Lookup {
  readonly key: string;
  readonly found: (value: Uint8Array | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** LevelDB, its errors as ours. */
export class Database {
  readonly directory: string;
  readonly #db: Db;
  #lookups: Lookup[] = [];

  private constructor(directory: string, db: Db) {
    this.directory = directory;
    this.#db = db;
  }

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTIONAL`, `ERR_SPAMD_STORE`, `ERR_SPAMD_STORE_LOCKED`, `ERR_SPAMD_STORE_DAMAGED`. */
  static async open(directory: string, cacheSize: number): Promise<Database> {
    const { ClassicLevel: Level } = await load();
    const db: Db = new Level(directory, {
      keyEncoding: 'utf8',
      // As Buffers: what decodes them is several times faster on those.
      valueEncoding: 'buffer' as 'view',
      cacheSize,
      writeBufferSize: 16 * 2 ** 20,
    });
    await translated(directory, () => db.open());
    return new Database(directory, db);
  }

  /** What LevelDB does for a damaged directory: saves what can be read. */
  static async repair(directory: string): Promise<void> {
    const { ClassicLevel: Level } = await load();
    await translated(directory, () => Level.repair(directory));
  }

  /** Several at once are looked up together. */
  get(key: string): Promise<Uint8Array | undefined> {
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
        (values) => some.forEach(({ found }, at) => void found(values[at])),
        (error: unknown) => some.forEach(({ failed }) => void failed(error)),
      );
    }
  }

  /** Everything whose key begins with a prefix, in order, in slices; as it is when the first is asked for. */
  async *slices(prefix: string): AsyncGenerator<Item[], void, undefined> {
    const range = { gte: prefix, lt: after(prefix), fillCache: false, highWaterMarkBytes: 2 ** 18 };
    const iterator = await translated(this.directory, async () => this.#db.iterator(range));
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

  /** All or nothing, and on the disk when it is done. */
  write(operations: Operation[]): Promise<void> {
    return translated(this.directory, () => this.#db.batch(operations, { sync: true }));
  }

  async isEmpty(): Promise<boolean> {
    const keys = await translated(this.directory, () => this.#db.keys({ limit: 1 }).all());
    return keys.length === 0;
  }

  /** Begins a new log. LevelDB may go on writing after what it could not write whole, and would not find that again. */
  async reopen(): Promise<void> {
    await this.#db.close();
    await translated(this.directory, () => this.#db.open());
  }

  close(): Promise<void> {
    return translated(this.directory, () => this.#db.close());
  }
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
      return new SpamdSyncError(
        'ERR_SPAMD_STORE_LOCKED',
        `${where} is in use by another process, or opened twice by this one: close it there first`,
        { cause },
      );
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
