const HEADER = 4;

/**
 * A message in the form in which a stream carries it: its length in four bytes, the most significant first, then its
 * bytes.
 *
 * @throws {RangeError} For a message of more than `max` bytes: the other end would end the connection for it.
 */
export function frame(message: Uint8Array, max: number): Buffer {
  if (message.length > max) throw tooLong(message.length, max);
  const bytes = Buffer.allocUnsafe(HEADER + message.length);
  bytes.writeUInt32BE(message.length);
  bytes.set(message, HEADER);
  return bytes;
}

/**
 * Puts messages together from the chunks of a stream, wherever they are cut. Between two calls it holds at most one
 * message, in a buffer of that message's full length, and no chunk.
 */
export class FrameReader {
  readonly #max: number;
  readonly #header = Buffer.alloc(HEADER);
  /** The message that is not complete yet; `undefined` while its header is not complete either. */
  #message: Buffer | undefined;
  /** How many bytes of that message, or of its header, have arrived. */
  #filled = 0;

  /** @param max The largest message, bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many bytes of an incomplete message have arrived, its header included. */
  get incomplete(): number {
    return this.#message === undefined ? this.#filled : HEADER + this.#filled;
  }

  /**
   * @returns The messages that are complete.
   * @throws {RangeError} For a length over the largest: such a sender does not speak this protocol.
   */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#message === undefined) {
        at += this.#fill(this.#header, chunk, at);
        if (this.#filled < HEADER) break;
        this.#filled = 0;
        const length = this.#header.readUInt32BE();
        if (length > this.#max) throw tooLong(length, this.#max);
        if (chunk.length - at >= length) {
          messages.push(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
        this.#message = Buffer.allocUnsafeSlow(length);
      }
      at += this.#fill(this.#message, chunk, at);
      if (this.#filled < this.#message.length) break;
      messages.push(this.#message);
      this.#message = undefined;
      this.#filled = 0;
    }
    return messages;
  }

  /** @returns How many bytes of the chunk were copied. */
  #fill(part: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(part, this.#filled, at);
    this.#filled += copied;
    return copied;
  }
}

function tooLong(length: number, max: number): RangeError {
  return new RangeError(`a message of ${length} bytes, over ${max}`);
}
