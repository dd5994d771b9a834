/** The largest message, bytes. */
export const MAX_FRAME = 2 ** 20;
const HEADER = 4;

/**
 * A message as it goes through the socket: its length in four bytes, then itself.
 *
 * @throws {RangeError} For a message over {@link MAX_FRAME}: the other end would end the connection, and all that is asked on it.
 */
export function frame(message: Uint8Array): Buffer {
  if (message.length > MAX_FRAME) throw new RangeError(`a message of ${message.length} bytes, over ${MAX_FRAME}`);
  const bytes = Buffer.allocUnsafe(HEADER + message.length);
  bytes.writeUInt32BE(message.length);
  bytes.set(message, HEADER);
  return bytes;
}

/** Puts messages together from what comes out of a socket, however it is cut. Holds at most one message and a chunk. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that the next message needs, its header included; the header alone until that is there. */
  #needed = HEADER;

  /**
   * @returns The messages that are complete.
   * @throws {RangeError} For a length over {@link MAX_FRAME}: whoever sends it does not speak this protocol.
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const messages: Buffer[] = [];
    while (this.#size >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
      const length = bytes.readUInt32BE();
      if (length > MAX_FRAME) throw new RangeError(`a message of ${length} bytes, over ${MAX_FRAME}`);
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
