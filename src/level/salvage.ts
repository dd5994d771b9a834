import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SpamdSyncError, shown } from '../errors.ts';
import { readLog, writeLog } from './log-file.ts';
import { fileName } from './manifest.ts';
import { damagedBytes, soundEntries, type TableEntry } from './table-file.ts';

/** The folder where LevelDB's repair puts files that it cannot use. Damaged files go there, too. */
const LOST = 'lost';
const PUT = 1;
const DELETE = 0;

/** The names of files that have some part of a store, or show that there was one. */
const OF_A_STORE = /^(ACKNOWLEDGED|REPAIRING|CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log))$/;

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE` for a directory without any file of a store: a repair would make a store
 * in it.
 */
export async function checkHasStore(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.some((name) => OF_A_STORE.test(name))) return;
  throw new SpamdSyncError('ERR_SPAMD_STORE', `store ${shown(directory)}: there is no store in that directory`);
}

/**
 * Replaces each damaged table or log by a log with its sound records, which LevelDB's repair then finds. LevelDB's
 * repair does not look at checksums. It would save a damaged record as it is, and a damaged block whose keys are out of
 * order would end the process. The damaged files go to `lost`.
 */
export async function salvage(directory: string): Promise<void> {
  const names = await readdir(directory);
  const numbers = names.map((name) => Number(/^(?:MANIFEST-)?(\d+)/.exec(name)?.[1] ?? 0));
  let next = Math.max(0, ...numbers) + 1;
  for (const name of names) {
    if (!/^\d+\.(ldb|sst|log)$/.test(name)) continue;
    const path = join(directory, name);
    const sound = soundRecords(name, await readFile(path));
    if (sound === undefined) continue;
    const log = join(directory, fileName(next++, 'log'));
    await writeFile(log, writeLog(sound), { flush: true });
    await mkdir(join(directory, LOST), { recursive: true });
    await rename(path, join(directory, LOST, name));
  }
}

/** The sound records of a file; `undefined` if all of the file is sound. */
function soundRecords(name: string, bytes: Buffer): Iterable<Buffer> | undefined {
  if (!name.endsWith('.log')) return damagedBytes(bytes) === 0 ? undefined : batches(soundEntries(bytes));
  const { records, gaps } = readLog(bytes);
  return gaps.length === 0 ? undefined : records;
}

/** Each entry as a batch of its own, with the number that it had: so the newer of two entries stays the newer one. */
function* batches(entries: Iterable<TableEntry>): Generator<Buffer, void> {
  for (const { key, sequence, value } of entries) {
    const header = Buffer.alloc(13);
    header.writeBigUInt64LE(sequence, 0);
    header.writeUInt32LE(1, 8);
    header[12] = value === undefined ? DELETE : PUT;
    const parts = [header, length(key), key];
    if (value !== undefined) parts.push(length(value), value);
    yield Buffer.concat(parts);
  }
}

/** The length of some bytes as LevelDB writes it: seven bits a byte, the lowest first. */
function length({ length: value }: Buffer): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Buffer.from(bytes);
}
