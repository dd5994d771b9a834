import { setImmediate as turn } from 'node:timers/promises';
import { LineError } from '../errors.ts';
import { badOption, checkFunction, checkSignal, isStream } from '../validate.ts';
import { BLOCK, blocksOf, type TextChunks } from './chunks.ts';
import { LineCutter, MAX_LINE } from './cutter.ts';

/** How far a parse has come. */
export interface ParseProgress {
  /** Lines read, bad and blank ones included. */
  readonly lines: number;
  /** Bytes taken in, strings counted as UTF-8. */
  readonly bytes: number;
  /** Lines that could not be read. */
  readonly bad: number;
}

export interface ParseOptions {
  /**
   * What becomes of a line that cannot be read. `throw` ends the parse with a `LineError`; `skip` counts it as `bad`
   * and goes on; a function is told of each, and may throw. Default `throw`.
   */
  readonly onBadLine?: 'throw' | 'skip' | ((error: LineError) => void);
  /** Told now and then, every 64 KB or 1000 lines, and once at the end. */
  readonly onProgress?: (progress: ParseProgress) => void;
  /** Ends the parse by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One line, `bytes[start..end)`, its ending cut off; never empty. Throws a `LineError`. */
export type LineReader<T> = (bytes: Buffer, start: number, end: number, line: number) => T | undefined;

export const PARSE_OPTIONS: Readonly<Record<keyof ParseOptions, true>> = {
  onBadLine: true,
  onProgress: true,
  signal: true,
};

const CR = 0x0d;
/** After so many lines, or a block of bytes, the event loop gets its turn: a few milliseconds at the most. */
const SLICE = 1000;

/**
 * Reads a text line by line, in slices that leave room for traffic, in memory that does not grow with it.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no text, and an option that will not do.
 */
export function parseLines<T>(chunks: TextChunks, options: ParseOptions, read: LineReader<T>): AsyncGenerator<T, void> {
  if (typeof chunks !== 'string' && !(chunks instanceof Uint8Array) && !isStream(chunks)) {
    throw badOption('chunks', 'neither text nor bytes nor an iterable of them', chunks);
  }
  const { onBadLine = 'throw', onProgress, signal } = options;
  if (onBadLine !== 'throw' && onBadLine !== 'skip' && typeof onBadLine !== 'function') {
    throw badOption('onBadLine', 'not throw, skip or a function', onBadLine);
  }
  checkFunction('onProgress', onProgress);
  checkSignal(signal);
  return items(chunks, { ...options, onBadLine }, read);
}

async function* items<T>(
  chunks: TextChunks,
  { onBadLine, onProgress, signal }: ParseOptions,
  read: LineReader<T>,
): AsyncGenerator<T, void> {
  const cutter = new LineCutter();
  let lines = 0;
  let bytes = 0;
  let bad = 0;
  let pausedAt = { lines, bytes };

  const take = (): T | undefined => {
    lines++;
    try {
      if (cutter.tooLong) throw new LineError(lines, `longer than ${MAX_LINE} bytes`);
      const end = cutter.end > cutter.start && cutter.bytes[cutter.end - 1] === CR ? cutter.end - 1 : cutter.end;
      return end === cutter.start ? undefined : read(cutter.bytes, cutter.start, end, lines);
    } catch (error) {
      if (!(error instanceof LineError) || onBadLine === 'throw') throw error;
      bad++;
      if (typeof onBadLine === 'function') onBadLine(error);
      return undefined;
    }
  };
  const pause = async (): Promise<void> => {
    pausedAt = { lines, bytes };
    onProgress?.({ lines, bytes, bad });
    await turn();
    signal?.throwIfAborted();
  };

  for await (const block of blocksOf(chunks, signal)) {
    bytes += block.length;
    cutter.feed(block);
    while (cutter.next()) {
      const item = take();
      if (item !== undefined) yield item;
      if (lines - pausedAt.lines >= SLICE) await pause();
    }
    if (bytes - pausedAt.bytes >= BLOCK) await pause();
  }
  if (cutter.last()) {
    const item = take();
    if (item !== undefined) yield item;
  }
  onProgress?.({ lines, bytes, bad });
}
