import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Io } from './io.ts';

/** The bytes of a file, or of stdin for `-`. */
export async function inputFrom(path: string, io: Io): Promise<Readable> {
  return path === '-' ? io.stdin : fileStream(path);
}

/**
 * The bytes of a file, which is opened at once: a stream that fails while nobody reads it ends the process.
 *
 * @throws {Error} For a file that cannot be read; it names it.
 */
export async function fileStream(path: string): Promise<Readable> {
  return (await openFile(path)).createReadStream();
}

/** @throws {Error} For a file that cannot be read; it names it. */
export async function fileBytes(path: string): Promise<Buffer> {
  const file = await openFile(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** A directory can be opened, and only its first read fails: with an error that does not name it. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path);
  const stats = await file.stat();
  if (!stats.isDirectory()) return file;
  await file.close();
  throw new Error(`${path}: is a directory`);
}
