import { nextTurn } from '../clock.ts';
import { LineError } from '../errors.ts';
import { badOption, checkFunction, checkSignal } from '../validate.ts';
import { BLOCK, blocksOf, checkChunks, type TextChunks } from './chunks.ts';

/** How far a parse has come; counts from its start. */
export interface ParseProgress {
  /** Lines read, bad and blank ones included. */
  readonly lines: number;
  /** Bytes taken in, strings counted as UTF-8. */
  readonly bytes: number;
  /** Lines that could not be read, and were passed over. */
  readonly bad: number;
}

/** Options of `parseAddressList()`, and of `parseSpamdb()` among others. */
export interface ParseOptions {
  /**
   * What happens if a line cannot be read. `throw` ends the parse with a `LineError`. `skip` counts the line as `bad`
   * and goes on. A function is called for each such line: with the error, whose `line` is the line's number, and with
   * the first 80 bytes of the line as Latin-1, control characters included. The parse goes on unless the function
   * throws. Use a function to take over a dump, since any client can put a control character into a line. Default:
   * `throw`.
   */
  readonly onBadLine?: 'throw' | 'skip' | ((error: LineError, text: string) => void) | undefined;
  /** Called every 64 KB or 1000 lines, and once at the end. Default: none. */
  readonly onProgress?: ((progress: ParseProgress) => void) | undefined;
  /** Ends the parse by throwing the signal's reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** Reads one line, `bytes[start..end)`, which is without its ending and never empty. Throws a `LineError`. */
export type LineReader<T> = (bytes: Buffer, start: number, end: number, line: number) => T | undefined;

export const PARSE_OPTIONS: Readonly<Record<keyof ParseOptions, true>> = {
  onBadLine: true,
  onProgress: true,
  signal: true,
};

/** The longest line that is read, in bytes; spamd's own strings have 1024 at the most. */
const MAX_LINE = 65_536;

const CR = 0x0d;
const LF = 0x0a;
/** How many bytes of a bad line `onBadLine` gets. */
const SHOWN = 80;
/** After this many lines, or a block of bytes, the event loop gets its turn: a few milliseconds at the most. */
const SLICE = 1000;

/**
 * Reads a text line by line, in slices that leave room for traffic. The memory used does not grow with the text.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a text, and for an invalid option.
 */
export function parseLines<T>(chunks: TextChunks, options: ParseOptions, read: LineReader<T>): AsyncGenerator<T, void> {
  checkChunks(chunks);
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

  const item = (): T | undefined => {
    lines++;
    try {
      if (cutter.tooLong) throw new LineError(lines, `longer than ${MAX_LINE} bytes`);
      const end = cutter.end > cutter.start && cutter.bytes[cutter.end - 1] === CR ? cutter.end - 1 : cutter.end;
      return end === cutter.start ? undefined : read(cutter.bytes, cutter.start, end, lines);
    } catch (error) {
      if (!(error instanceof LineError) || onBadLine === 'throw') throw error;
      bad++;
      if (typeof onBadLine === 'function')
        onBadLine(error, cutter.bytes.toString('latin1', cutter.start, Math.min(cutter.end, cutter.start + SHOWN)));
      return undefined;
    }
  };
  const pause = async (): Promise<void> => {
    pausedAt = { lines, bytes };
    onProgress?.({ lines, bytes, bad });
    await nextTurn();
    signal?.throwIfAborted();
  };

  for await (const block of blocksOf(chunks, signal)) {
    bytes += block.length;
    cutter.feed(block);
    while (cutter.next()) {
      const found = item();
      if (found !== undefined) yield found;
      if (lines - pausedAt.lines >= SLICE) await pause();
    }
    if (bytes - pausedAt.bytes >= BLOCK) await pause();
  }
  if (cutter.last()) {
    const found = item();
    if (found !== undefined) yield found;
  }
  onProgress?.({ lines, bytes, bad });
}

/** Cuts blocks of bytes into lines, wherever the blocks end. It never holds more than one line. */
class LineCutter {
  /** The last line found: `bytes[start..end)`, valid until the next call. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Whether the last line found was longer than {@link MAX_LINE}, so that only its beginning is there. */
  tooLong = false;
  #block: Buffer = this.bytes;
  #at = 0;
  /** The beginning of a line whose end has not come yet. */
  readonly #held = Buffer.allocUnsafe(MAX_LINE);
  /** The length of that beginning. Bytes beyond the bound are counted, but not held. */
  #heldLength = 0;

  /** Goes on with a new block. To be called when `next()` finds no more lines in the last block. */
  feed(block: Buffer): void {
    this.#block = block;
    this.#at = 0;
  }

  /** @returns Whether there is another line that ends within the block. */
  next(): boolean {
    const start = this.#at;
    const end = this.#block.indexOf(LF, start);
    if (end < 0) {
      this.#hold(start, this.#block.length);
      this.#at = this.#block.length;
      return false;
    }
    this.#at = end + 1;
    if (this.#heldLength === 0) this.#found(this.#block, start, end);
    else {
      this.#hold(start, end);
      this.last();
    }
    return true;
  }

  /** @returns Whether the text ended in a line without its newline. */
  last(): boolean {
    const length = this.#heldLength;
    this.#heldLength = 0;
    this.#found(this.#held, 0, length);
    return length > 0;
  }

  #found(bytes: Buffer, start: number, end: number): void {
    this.tooLong = end - start > MAX_LINE;
    this.bytes = bytes;
    this.start = start;
    this.end = Math.min(end, start + MAX_LINE);
  }

  #hold(start: number, end: number): void {
    if (this.#heldLength < MAX_LINE) this.#block.copy(this.#held, this.#heldLength, start, end);
    this.#heldLength += end - start;
  }
}
