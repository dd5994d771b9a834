import type { Writable } from 'node:stream';
import { systemClock } from '../../clock.ts';
import { agoWords } from './words.ts';

const WIDTH = 30;
/** How often it is drawn anew at most, seconds. */
const INTERVAL = 0.2;
/** What is left is not reckoned from less than this, seconds. */
const MIN_ELAPSED = 1;

/** A bar on a terminal, with how much time is left; nothing anywhere else. */
export class Progress {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  readonly #total: number;
  readonly #start = systemClock.monotonic();
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(stream: Writable & { readonly isTTY?: boolean }, total: number) {
    this.#stream = stream;
    this.#total = total;
  }

  /** @param what Beside the bar. */
  show(done: number, what: string): void {
    const now = systemClock.monotonic();
    if (this.#stream.isTTY !== true || now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    const part = this.#total === 0 ? 1 : Math.min(1, done / this.#total);
    const full = Math.round(part * WIDTH);
    const elapsed = now - this.#start;
    const left = elapsed < MIN_ELAPSED || part === 0 ? '' : `, ${agoWords((elapsed / part) * (1 - part))} left`;
    const bar = `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}]`;
    this.#stream.write(`\r\u001b[K${bar} ${done} of ${this.#total}, ${what}${left}`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#stream.isTTY === true && this.#drawn > Number.NEGATIVE_INFINITY) this.#stream.write('\r\u001b[K');
  }
}
