import { LRUCache } from 'lru-cache';
import { sleep, type TimedClock } from '../clock.ts';

/** What an address that asks again and again is given on average: bytes of records a second, and records looked at for it. */
const BYTES = 4 * 2 ** 20;
const RECORDS = 250_000;
/** So many addresses are remembered. */
const MAX = 1024;

/** What a round took of the end that answers. */
export interface RoundCost {
  /** Of records that were sent, about. */
  readonly bytes: number;
  /** Records that were looked at. */
  readonly looked: number;
}

/** How much each address may ask for: what it was given, it waits for before it is given more, on whichever connection. */
export class Allowance {
  readonly #clock: TimedClock;
  /** When each may be given more, monotonic seconds. */
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
