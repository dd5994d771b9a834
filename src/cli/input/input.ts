import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UsageError } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';

/**
 * The bytes of a file, or of stdin for `-`.
 *
 * @throws {UsageError} If stdin is a terminal. A user who forgot the file would wait for a command that waits for the
 * user.
 */
export async function inputFrom(path: string, io: Io): Promise<Readable> {
  if (path !== '-') return fileStream(path);
  if (io.stdin.isTTY) throw new UsageError('nothing on stdin: name a file, or pipe into it');
  return io.stdin;
}

/**
 * The bytes of an input.
 *
 * @param path The path of the input, `-` for stdin.
 * @throws {Error} At its end, if the input is empty. Most likely the program that had to write it failed.
 */
export async function* notEmpty(input: Readable, path: string): AsyncGenerator<Uint8Array, void> {
  let isEmpty = true;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    if (bytes.length > 0) isEmpty = false;
    yield bytes;
  }
  if (isEmpty) throw nothingIn(path);
}

/** The error for an input that is empty and must not be. */
export function nothingIn(path: string): Error {
  return new Error(`${nameOf(path)}: nothing in it`);
}

/** The name of an input, for messages. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/**
 * The bytes of a file. The file is opened at once, because a stream that fails before it is read would end the process.
 *
 * @throws {Error} For a file that cannot be read. The error names the file.
 */
export async function fileStream(path: string): Promise<Readable> {
  return (await openFile(path)).createReadStream();
}

/** @throws {Error} For a file that cannot be read. The error names the file. */
export async function fileBytes(path: string): Promise<Buffer> {
  const file = await openFile(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * The largest file that is read whole as text, bytes. Such a file is a list that a person wrote; a larger one is not.
 */
const MAX_TEXT = 64 * 2 ** 20;

/** @throws {Error} For a file that cannot be read, or has more than 64 MiB. The error names the file. */
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

/** Refuses a directory. It could be opened, and only the first read would fail, with an error that does not name it. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path);
  const stats = await file.stat();
  if (!stats.isDirectory()) return file;
  await file.close();
  throw new Error(`${path}: is a directory`);
}
