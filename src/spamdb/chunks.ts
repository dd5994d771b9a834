import { untilAborted } from '../abort.ts';
import { SpamdSyncError, shown } from '../errors.ts';

/** A text as it may be handed in: whole, or in chunks that may end anywhere. */
export type TextChunks = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** The most bytes that are looked at in one go, and characters, for strings. */
export const BLOCK = 65_536;

/**
 * A text as bytes, in blocks of at most `3 * BLOCK`. Each is asked for only when the last one is done with.
 *
 * @throws The signal's reason, also while the source keeps it waiting; `ERR_SPAMD_OPTION` for what is no text.
 */
export async function* blocksOf(source: TextChunks, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void> {
  // A character outside the basic plane is two in a string, and a chunk may end between them.
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

/** A string and a Buffer are iterables too, of what nobody means by them. */
function iterableOf(source: TextChunks): Iterable<unknown> | AsyncIterable<unknown> {
  return typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
}
