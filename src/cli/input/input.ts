import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UsageError } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';

/**
 * The bytes of a file, or of stdin for `-`.
 *
 * @throws {UsageError} For a terminal as stdin: who forgot the file would wait for a command that waits for them.
 */
export async function inputFrom(path: string, io: Io): Promise<Readable> {
  if (path !== '-') return fileStream(path);
  if (io.stdin.isTTY) throw new UsageError('nothing on stdin: name a file, or pipe into it');
  return io.stdin;
}

/**
 * The bytes of an input.
 *
 * @param path Where it comes from, `-` for stdin.
 * @throws {Error} At its end, if there is nothing in it: more likely what was to write it failed.
 */
export async function* notEmpty(input: Readable, path: string): AsyncGenerator<Uint8Array, void> {
  let isEmpty = true;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    if (bytes.length > 0) isEmpty = false;
    yield bytes;
  }
  if (isEmpty) throw new Error(`${nameOf(path)}: nothing in it`);
}

/** An input as it is named to who reads of it. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
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

/** A file that is read whole as text is a list that somebody wrote; a larger one is something else. Bytes. */
const MAX_TEXT = 64 * 2 ** 20;

/** @throws {Error} For a file that cannot be read, and one of more than 64 MiB; it names it. */
export async function fileText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await fileStream(path)) {
    size += (chunk as Buffer).length;
    if (size > MAX_TEXT) throw new Error(`${path}: more than 64 MiB`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** A directory can be opened, and only its first read fails: with an error that does not name it. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path);
  const stats = await file.stat();
  if (!stats.isDirectory()) return file;
  await file.close();
  throw new Error(`${path}: is a directory`);
}
