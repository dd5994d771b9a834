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

/** Puts messages together from what comes out of a stream, however it is cut. Holds at most one message and a chunk. */
export class FrameReader {
  readonly #max: number;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that the next message needs, its header included; the header alone until that is there. */
  #needed = HEADER;

  /** @param max The largest message, bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes of a message that is not complete. */
  get incomplete(): number {
    return this.#size;
  }

  /**
   * @returns The messages that are complete.
   * @throws {RangeError} For a length over the largest: whoever sends it does not speak this protocol.
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const messages: Buffer[] = [];
    while (this.#size >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
      const length = bytes.readUInt32BE();
      if (length > this.#max) throw tooLong(length, this.#max);
      this.#needed = HEADER + length;
      this.#chunks = [bytes];
      if (bytes.length < this.#needed) break;
      messages.push(bytes.subarray(HEADER, this.#needed));
      this.#chunks = [bytes.subarray(this.#needed)];
      this.#size = bytes.length - this.#needed;
      this.#needed = HEADER;
    }
    return messages;
  }
}

function tooLong(length: number, max: number): RangeError {
  return new RangeError(`a message of ${length} bytes, over ${max}`);
}
