import { LRUCache } from 'lru-cache';
import { sleep, type TimedClock } from '../clock.ts';

/**
 * What one address gets on average, however often it asks: bytes of records a second, and records looked at a second.
 */
const BYTES = 4 * 2 ** 20;
const RECORDS = 250_000;
/** How many addresses are remembered. */
const MAX = 1024;

/** What a round costs the end that answers. */
export interface RoundCost {
  /** Bytes of the records that were sent, about. */
  readonly bytes: number;
  /** Records that were looked at. */
  readonly looked: number;
}

/** Limits how much an address is given. The more it was given, the longer it waits for more, on all its connections. */
export class Allowance {
  readonly #clock: TimedClock;
  /** When each address may be given more, monotonic seconds. */
  readonly #next = new LRUCache<string, number>({ max: MAX });

  constructor(clock: TimedClock) {
    this.#clock = clock;
  }

  /** Resolves when an address may be given more, or the signal is aborted. */
  async wait(address: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seconds = (this.#next.get(address) ?? 0) - this.#clock.monotonic();
      if (seconds <= 0) return;
      // Another connection of the address may be given something first.
      await sleep(this.#clock, seconds, signal);
    }
  }

  spend(address: string, { bytes, looked }: RoundCost): void {
    const from = Math.max(this.#next.get(address) ?? 0, this.#clock.monotonic());
    this.#next.set(address, from + bytes / BYTES + looked / RECORDS);
  }
}
