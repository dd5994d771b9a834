import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { type Acknowledged, readAcknowledged } from './acknowledged.ts';
import { type Gap, type LogContents, readLog } from './log-file.ts';
import { fileName, type Manifest, readManifest } from './manifest.ts';
import { damagedBytes } from './table-file.ts';

/** The number of each table, and its size in bytes. LevelDB writes a table once, and never uses a number again. */
export type Tables = ReadonlyMap<number, number>;

/** What was found in the files of a directory. */
export interface Inspection {
  /** What was acknowledged last; `undefined` if that cannot be read. */
  readonly acknowledged: Acknowledged | undefined;
  /** How many operations LevelDB has written over all time, as far as the files can be read. */
  readonly sequence: number;
  /** The tables that are sound. */
  readonly tables: Tables;
  /** What is damaged, in words; empty if nothing is. */
  readonly damage: readonly string[];
  /** Bytes of the files that hold records. */
  readonly bytes: number;
  /** How many of those bytes cannot be read. */
  readonly damagedBytes: number;
}

/** The bytes before the operations of a batch: the number of the first operation (8), and how many there are (4). */
const BATCH_HEADER = 12;

/**
 * Reads every file of a directory that LevelDB would read, and verifies all checksums in them. It runs before LevelDB
 * opens the directory, and changes nothing. LevelDB itself verifies only the checksums of what it moves. If one fails
 * in a log, LevelDB drops the rest of the block and does not report it.
 *
 * @param known Tables that were sound before: only their size is checked.
 */
export async function inspected(directory: string, known: Tables): Promise<Inspection> {
  const inspector = new Inspector(directory, await readdir(directory), known);
  return await inspector.run();
}

class Inspector {
  readonly #directory: string;
  readonly #names: readonly string[];
  readonly #known: Tables;
  readonly #sound = new Map<number, number>();
  readonly #damage: string[] = [];
  /** The files whose end cannot be read. */
  readonly #tails: string[] = [];
  #bytes = 0;
  #damagedBytes = 0;
  #sequence = 0;

  constructor(directory: string, names: readonly string[], known: Tables) {
    this.#directory = directory;
    this.#names = names;
    this.#known = known;
  }

  async run(): Promise<Inspection> {
    const said = await readAcknowledged(this.#directory);
    const acknowledged = typeof said === 'string' ? undefined : said;
    await this.#inspect(said !== 'missing');
    const missing = (acknowledged?.sequence ?? 0) - this.#sequence;
    if (missing > 0) this.#damage.push(`the last ${missing} changes that were acknowledged are not there`);
    if (said === 'damaged' && this.#tails.length > 0) {
      this.#damage.push(`the end of ${this.#tails.join(' and ')} cannot be read, nor whether that was acknowledged`);
    }
    return {
      acknowledged,
      sequence: this.#sequence,
      tables: this.#sound,
      damage: this.#damage,
      bytes: this.#bytes,
      damagedBytes: this.#damagedBytes,
    };
  }

  /** @param isUsed Whether there was ever a store in the directory. */
  async #inspect(isUsed: boolean): Promise<void> {
    const current = await this.#read(['CURRENT']);
    if (current === undefined) {
      const others = this.#names.filter((name) => /\.(ldb|sst|log)$/.test(name));
      if (isUsed || others.length > 0) this.#damage.push('CURRENT is missing');
      return;
    }
    const name = current.toString('latin1').trimEnd();
    const bytes = /^MANIFEST-\d+$/.test(name) ? await this.#read([name]) : undefined;
    if (bytes === undefined) {
      this.#damage.push('CURRENT names no manifest that is there');
      return;
    }
    const manifest = this.#manifest(name, readLog(bytes));
    if (manifest === undefined) return;
    this.#sequence = manifest.sequence;
    for (const [number, size] of manifest.tables) await this.#table(number, size);
    await this.#logs(manifest);
  }

  #manifest(name: string, { records, gaps }: LogContents): Manifest | undefined {
    this.#gaps(name, gaps);
    try {
      return readManifest(records);
    } catch {
      this.#damage.push(`${name} cannot be decoded`);
      return undefined;
    }
  }

  async #table(number: number, size: number): Promise<void> {
    this.#bytes += size;
    const name = fileName(number, 'ldb');
    const names = [name, fileName(number, 'sst')];
    if (this.#known.get(number) === size && (await this.#hasSize(names, size))) {
      this.#sound.set(number, size);
      return;
    }
    const bytes = await this.#read(names);
    if (bytes === undefined || bytes.length !== size) {
      this.#damagedBytes += size;
      this.#damage.push(bytes === undefined ? `${name} is missing` : `${name} has not its ${size} bytes`);
      return;
    }
    const damaged = damagedBytes(bytes);
    this.#damagedBytes += damaged;
    if (damaged > 0) this.#damage.push(`${name}: blocks of ${damaged} of its ${size} bytes fail their checksums`);
    else this.#sound.set(number, size);
  }

  async #logs({ logNumber, previousLog }: Manifest): Promise<void> {
    const numbers = this.#names
      .flatMap((name) => (/^\d+\.log$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .filter((number) => number >= logNumber || number === previousLog)
      .sort((a, b) => a - b);
    /** The number of the operation that comes next; `undefined` before the first. */
    let next: number | undefined;
    for (const number of numbers) {
      const name = fileName(number, 'log');
      const bytes = (await this.#read([name])) ?? Buffer.alloc(0);
      this.#bytes += bytes.length;
      const { records, gaps } = readLog(bytes);
      this.#gaps(name, gaps);
      for (const record of records) {
        if (record.length < BATCH_HEADER) {
          this.#damage.push(`${name} cannot be decoded`);
          return;
        }
        const first = Number(record.readBigUInt64LE(0));
        if (next !== undefined && first !== next)
          this.#damage.push(`${name}: changes before the ${first}th are missing`);
        next = first + record.readUInt32LE(8);
        this.#sequence = Math.max(this.#sequence, next - 1);
      }
    }
  }

  #gaps(name: string, gaps: readonly Gap[]): void {
    for (const { offset, bytes, isTail } of gaps) {
      if (isTail) {
        this.#tails.push(name);
        continue;
      }
      this.#damagedBytes += bytes;
      this.#damage.push(`${name}: ${bytes} bytes at ${offset} fail their checksum`);
    }
  }

  /** Reads the first of these files that is there. */
  #read(names: readonly string[]): Promise<Buffer | undefined> {
    return this.#first(names, (path) => readFile(path));
  }

  async #hasSize(names: readonly string[], size: number): Promise<boolean> {
    return (await this.#first(names, (path) => stat(path)))?.size === size;
  }

  async #first<T>(names: readonly string[], get: (path: string) => Promise<T>): Promise<T | undefined> {
    for (const name of names) {
      try {
        return await get(join(this.#directory, name));
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    return undefined;
  }
}
