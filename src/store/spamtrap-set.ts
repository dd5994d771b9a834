import { SpamdSyncError } from '../errors.ts';

/** How many spamtraps a store holds at most. */
export const MAX_SPAMTRAPS = 100_000;
/** What they take at most, bytes of UTF-8. */
export const MAX_SPAMTRAP_BYTES = 2 ** 23;

/** The spamtraps of a store in memory, where they are asked for with every attempt: bounded in number and bytes. */
export class SpamtrapSet {
  readonly #all = new Set<string>();
  #bytes = 0;

  /** @param there Held already, be it more than may be added: none of it is given up unasked. */
  constructor(there: Iterable<string> = []) {
    for (const address of there) this.#put(address, this.#bytes + Buffer.byteLength(address));
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Adds one. Adding it again changes nothing.
   *
   * @returns Whether it is a new one.
   * @throws {SpamdSyncError} `ERR_SPAMD_FULL`, and it is not added, where there are {@link MAX_SPAMTRAPS} or more already, or they
   * would take more than {@link MAX_SPAMTRAP_BYTES}.
   */
  add(address: string): boolean {
    if (this.#all.has(address)) return false;
    const bytes = this.#bytes + Buffer.byteLength(address);
    if (this.#all.size >= MAX_SPAMTRAPS || bytes > MAX_SPAMTRAP_BYTES) {
      const held = `${this.#all.size} spamtraps of ${this.#bytes} bytes`;
      const max = `at most ${MAX_SPAMTRAPS} of ${MAX_SPAMTRAP_BYTES} bytes`;
      throw new SpamdSyncError('ERR_SPAMD_FULL', `one more spamtrap than a store holds: ${held}, ${max}`);
    }
    this.#put(address, bytes);
    return true;
  }

  /** @returns Whether it was one. */
  delete(address: string): boolean {
    const was = this.#all.delete(address);
    if (was) this.#bytes -= Buffer.byteLength(address);
    return was;
  }

  /** Whether it is one. */
  has(address: string): boolean {
    return this.#all.has(address);
  }

  /** All of them, in the order in which they were added. */
  list(): string[] {
    return [...this.#all];
  }

  #put(address: string, bytes: number): void {
    this.#all.add(address);
    this.#bytes = bytes;
  }
}
