import type { Tuple } from '../entry.ts';

/** The most bytes that may wait for a store that is slow or does not answer. */
const MAX_WAITING = 16 * 2 ** 20;
/** What is held besides the strings of each waiting tuple: promises and the step. Bytes, as measured. */
const OVERHEAD = 1024;

/** The error if no more may wait. */
export const TOO_MANY = new Error('the store is too slow for what comes: 16 MiB wait for it');

/** Counts what waits for the store. It is bounded: else everything would pile up while a store does not answer. */
export class InFlight {
  #bytes = 0;

  /** Whether one more may wait. */
  hasRoom(waiting: Partial<Tuple>): boolean {
    return this.#bytes === 0 || this.#bytes + bytesOf(waiting) <= MAX_WAITING;
  }

  /** Counts one more that waits. @returns The bytes to give to {@link done}. */
  begin(waiting: Partial<Tuple>): number {
    const bytes = bytesOf(waiting);
    this.#bytes += bytes;
    return bytes;
  }

  /** One has been answered. */
  done(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Whether none waits. */
  get idle(): boolean {
    return this.#bytes === 0;
  }
}

/** A character takes one byte or two: two are counted. */
function bytesOf({ helo = '', from = '', to = '' }: Partial<Tuple>): number {
  return OVERHEAD + 2 * (helo.length + from.length + to.length);
}
