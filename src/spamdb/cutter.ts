/** The longest line that is read, in bytes; spamd's own strings have 1024 at the most. */
export const MAX_LINE = 65_536;

const LF = 0x0a;

/** Cuts blocks of bytes into lines, wherever the blocks end. What it holds never grows beyond one line. */
export class LineCutter {
  /** The line found last: `bytes[start..end)`, valid until the next call. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** The line found last was longer than {@link MAX_LINE}, so only its beginning is there. */
  tooLong = false;
  #block: Buffer = this.bytes;
  #at = 0;
  /** The beginning of a line whose end has not come yet. */
  readonly #held = Buffer.allocUnsafe(MAX_LINE);
  /** How long that is; what is beyond the bound is counted, but not there. */
  #heldLength = 0;

  /** Goes on with a block, once `next()` has nothing more of the last one. */
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
