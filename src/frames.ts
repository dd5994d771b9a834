const HEADER = 4;

/**
 * A message as it goes through a stream: its length in four bytes, the most significant first, then itself.
 *
 * @throws {RangeError} For a message of more than `max` bytes: the other end would end the connection.
 */
export function frame(message: Uint8Array, max: number): Buffer {
  if (message.length > max) throw tooLong(message.length, max);
  const bytes = Buffer.allocUnsafe(HEADER + message.length);
  bytes.writeUInt32BE(message.length);
  bytes.set(message, HEADER);
  return bytes;
}

/** Puts messages together from what comes out of a stream, however it is cut. Holds at most one message, whole, and no chunk. */
export class FrameReader {
  readonly #max: number;
  readonly #header = Buffer.alloc(HEADER);
  /** The message that is not complete; `undefined` as long as its header is not. */
  #message: Buffer | undefined;
  /** Bytes that are there of it, or of its header. */
  #filled = 0;

  /** @param max The largest message, bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes of a message that is not complete. */
  get incomplete(): number {
    return this.#message === undefined ? this.#filled : HEADER + this.#filled;
  }

  /**
   * @returns The messages that are complete.
   * @throws {RangeError} For a length over the largest: whoever sends it does not speak this protocol.
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

  /** @returns How many bytes it took of the chunk. */
  #fill(part: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(part, this.#filled, at);
    this.#filled += copied;
    return copied;
  }
}

function tooLong(length: number, max: number): RangeError {
  return new RangeError(`a message of ${length} bytes, over ${max}`);
}
