import { access, type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { systemCode } from '../errors.ts';
import type { Counts } from '../store/codec.ts';

/** What was acknowledged last. */
export interface Acknowledged {
  /** How many operations LevelDB had written, over all time. */
  readonly sequence: number;
  /** How many records of each kind there were then. */
  readonly counts: Counts;
}

const NAME = 'ACKNOWLEDGED';
/** The name of that file during a repair, until the repair is finished. */
const BEFORE_REPAIR = 'REPAIRING';
/** The content of `REPAIRING` if there was no `ACKNOWLEDGED` before the repair. */
const NOTHING = 'missing';
/** Four numbers, and the checksum (CRC-32, zlib) of them. */
const NUMBERS = 32;
const SIZE = NUMBERS + 4;

/**
 * A file beside LevelDB's files that says what was acknowledged last. LevelDB skips the damaged end of a log, and it
 * also skips a record that was being written when the process was killed. This file tells the two apart. It is written
 * after each write, but not synced. So it survives the end of the process. After a crash of the machine it may be out
 * of date, but it is never ahead of LevelDB.
 */
export class AcknowledgedFile {
  readonly #file: FileHandle;
  readonly #bytes = Buffer.alloc(SIZE);

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the file, or makes it if there is none, and writes what was acknowledged last. */
  static async open(directory: string, last: Acknowledged): Promise<AcknowledgedFile> {
    const path = join(directory, NAME);
    const file = await open(path, 'r+').catch(() => open(path, 'w+'));
    const made = new AcknowledgedFile(file);
    try {
      await made.write(last);
      // From here on only the contents of the file change. So a crash leaves either all of the new contents or all of
      // the old.
      await file.sync();
      return made;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async write({ sequence, counts }: Acknowledged): Promise<void> {
    const { tuples, addresses, spamtraps } = counts;
    [sequence, tuples, addresses, spamtraps].forEach((number, at) => void this.#bytes.writeDoubleLE(number, at * 8));
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(0, NUMBERS)), NUMBERS);
    await this.#file.write(this.#bytes, 0, SIZE, 0);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * What a directory says was acknowledged last. `missing`: there is no such file; `damaged`: the file fails its
 * checksum.
 */
export async function readAcknowledged(directory: string): Promise<Acknowledged | 'missing' | 'damaged'> {
  const bytes = await readFile(join(directory, NAME)).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return bytes === undefined ? 'missing' : decoded(bytes);
}

/** Whether a repair was begun, and is not finished. */
export function isBeingRepaired(directory: string): Promise<boolean> {
  return access(join(directory, BEFORE_REPAIR)).then(
    () => true,
    () => false,
  );
}

/**
 * Puts aside what was acknowledged last, because LevelDB counts its operations anew, from what a repair saves.
 *
 * @returns What was acknowledged last before the repair, even if an earlier repair was cut off.
 */
export async function beginRepair(directory: string): Promise<Acknowledged | 'missing' | 'damaged'> {
  const [path, aside] = [join(directory, NAME), join(directory, BEFORE_REPAIR)];
  if (await isBeingRepaired(directory)) await rm(path, { force: true });
  else {
    await rename(path, aside).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return writeFile(aside, NOTHING);
      throw error;
    });
  }
  const bytes = await readFile(aside);
  return bytes.equals(Buffer.from(NOTHING)) ? 'missing' : decoded(bytes);
}

/** Ends a repair: all that it keeps is written, and acknowledged. */
export function endRepair(directory: string): Promise<void> {
  return rm(join(directory, BEFORE_REPAIR));
}

function decoded(bytes: Buffer): Acknowledged | 'damaged' {
  if (bytes.length !== SIZE || crc32(bytes.subarray(0, NUMBERS)) !== bytes.readUInt32LE(NUMBERS)) return 'damaged';
  const [sequence = 0, tuples = 0, addresses = 0, spamtraps = 0] = [0, 8, 16, 24].map((at) => bytes.readDoubleLE(at));
  return { sequence, counts: { tuples, addresses, spamtraps } };
}
