import { SpamdSyncError } from '../errors.ts';

/** The most spamtraps that a store holds. */
export const MAX_SPAMTRAPS = 100_000;
/** The most bytes of UTF-8 that the spamtraps take. */
export const MAX_SPAMTRAP_BYTES = 2 ** 23;

/** The spamtraps of a store, in memory because every attempt looks one up: bounded in number and bytes. */
export class SpamtrapSet {
  readonly #all = new Set<string>();
  #bytes = 0;

  /** @param there The spamtraps held already. None is dropped unasked, even if they are more than may be added. */
  constructor(there: Iterable<string> = []) {
    for (const address of there) this.#put(address, this.#bytes + Buffer.byteLength(address));
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Adds a spamtrap. To add it again changes nothing.
   *
   * @returns Whether it is new.
   * @throws {SpamdSyncError} `ERR_SPAMD_FULL` if there are {@link MAX_SPAMTRAPS} or more already, or they would take
   * more than {@link MAX_SPAMTRAP_BYTES}. The spamtrap is not added then.
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

  /** @returns Whether it was a spamtrap. */
  delete(address: string): boolean {
    const was = this.#all.delete(address);
    if (was) this.#bytes -= Buffer.byteLength(address);
    return was;
  }

  /** Whether it is a spamtrap. */
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
