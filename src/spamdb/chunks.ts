import { untilAborted } from '../abort.ts';
import { SpamdSyncError, shown } from '../errors.ts';
import { badOption, checkedWhole, checkMembers, checkSignal, isStream } from '../validate.ts';

/** A text: whole, or in chunks that may end anywhere. */
export type TextChunks = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Options of {@link readAll}. */
export interface ReadAllOptions {
  /** A text of more bytes is refused; whole, 1..2^32. Default 268435456, 256 MiB: some 3.5 million lines of spamdb(8). */
  readonly maxBytes?: number | undefined;
  /** Ends the wait by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The most bytes, or characters of a string, that are looked at in one go. */
export const BLOCK = 65_536;

/**
 * Reads a text to its end before anything is done with it. This is for a pipe with a slow reader, above all
 * `peer.seed()`: spamdb(8) holds the lock of its database while it waits for its reader, and meanwhile spamd cannot use
 * the database.
 *
 * @returns The text as bytes, in blocks of 64 KiB, for `parseSpamdb()` and `parseAddressList()`. The blocks use as much
 * memory as the text is long.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a text, and for an invalid option;
 * `ERR_SPAMD_TOO_LONG` for more than `maxBytes`. The signal's reason if it is aborted.
 */
export async function readAll(chunks: TextChunks, options: ReadAllOptions = {}): Promise<Uint8Array[]> {
  checkChunks(chunks);
  checkMembers('options', options, { maxBytes: true, signal: true });
  const { maxBytes = 2 ** 28, signal } = options;
  checkedWhole('maxBytes', maxBytes, 1, 2 ** 32);
  checkSignal(signal);
  const blocks: Buffer[] = [];
  let length = 0;
  for await (const bytes of blocksOf(chunks, signal)) {
    if (length + bytes.length > maxBytes) {
      throw new SpamdSyncError('ERR_SPAMD_TOO_LONG', `chunks: a text of more than ${maxBytes} bytes`);
    }
    // Copied, since a source may reuse its memory; into blocks of one size, since the chunks of a source may be tiny.
    for (let at = 0; at < bytes.length; ) {
      if (length % BLOCK === 0) blocks.push(Buffer.allocUnsafe(BLOCK));
      const copied = bytes.copy(blocks.at(-1) as Buffer, length % BLOCK, at);
      length += copied;
      at += copied;
    }
  }
  return blocks.map((block, at) => block.subarray(0, length - at * BLOCK));
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that cannot be a text. */
export function checkChunks(chunks: unknown): void {
  if (typeof chunks !== 'string' && !(chunks instanceof Uint8Array) && !isStream(chunks)) {
    throw badOption('chunks', 'neither text nor bytes nor an iterable of them', chunks);
  }
}

/**
 * A text as bytes, in blocks of at most `3 * BLOCK`. The next block is read only when the last one is done with.
 *
 * @throws The signal's reason, also during a wait for the source; `ERR_SPAMD_OPTION` for a chunk that is not a text.
 */
export async function* blocksOf(source: TextChunks, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void> {
  // A character outside the basic plane is two units in a string, and a chunk may end between the two.
  let half = '';
  for await (const chunk of untilAborted(iterableOf(source), signal)) {
    if (chunk instanceof Uint8Array) {
      if (half !== '') yield Buffer.from(half);
      half = '';
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; at += BLOCK) yield bytes.subarray(at, at + BLOCK);
    } else if (typeof chunk === 'string') {
      for (let at = 0; at < chunk.length; at += BLOCK) {
        const text = half + chunk.slice(at, at + BLOCK);
        half = endsInHalf(text) ? text.slice(-1) : '';
        yield Buffer.from(half === '' ? text : text.slice(0, -1));
      }
    } else throw new SpamdSyncError('ERR_SPAMD_OPTION', `chunks: neither text nor bytes: ${shown(chunk)}`);
  }
  if (half !== '') yield Buffer.from(half);
}

function endsInHalf(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
}

/** A string and a Buffer are iterables too, but of characters and of numbers: here each is one chunk. */
function iterableOf(source: TextChunks): Iterable<unknown> | AsyncIterable<unknown> {
  return typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
}
