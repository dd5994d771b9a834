import type { Tuple } from '../entry.ts';

/** What may wait for a store that is slow or does not answer, bytes. */
const MAX_WAITING = 16 * 2 ** 20;
/** What waits with the strings of a tuple: promises and the step. Bytes, as measured. */
const OVERHEAD = 1024;

/** How much waits for the store: bounded, lest a store that does not answer lets everything that comes pile up. */
export class InFlight {
  #bytes = 0;

  /** Counts one more that waits. @returns What is to be given to {@link done}; 0: there are too many, and it must not wait. */
  begin({ helo = '', from = '', to = '' }: Partial<Tuple>): number {
    // A character takes one byte or two.
    const bytes = OVERHEAD + 2 * (helo.length + from.length + to.length);
    if (this.#bytes + bytes > MAX_WAITING) return 0;
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
