/** Reads numbers and strings as LevelDB writes them, one after the other. */
export class Cursor {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  byte(): number {
    if (this.atEnd) throw new RangeError('cut off');
    return this.#bytes[this.#at++] as number;
  }

  /** Seven bits a byte, the lowest first; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      if (unit > Number.MAX_SAFE_INTEGER) throw new RangeError('a number of too many bytes');
    }
  }

  /** @param length How many bytes to read. Default: the number that stands before them. */
  bytes(length = this.varint()): Buffer {
    const from = this.#at;
    if (length > this.#end - from) throw new RangeError('cut off');
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }
}
