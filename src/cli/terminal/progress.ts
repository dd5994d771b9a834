import type { Writable } from 'node:stream';
import { systemClock } from '../../clock.ts';
import { agoWords } from './words.ts';

const WIDTH = 30;
/** How often the bar is drawn at most, seconds. */
const INTERVAL = 0.2;
/** After how long the time that is left is estimated, seconds. */
const MIN_ELAPSED = 1;

/** A progress bar with the time that is left. It is shown on a terminal only. */
export class Progress {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  readonly #total: number;
  readonly #start = systemClock.monotonic();
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(stream: Writable & { readonly isTTY?: boolean }, total: number) {
    this.#stream = stream;
    this.#total = total;
  }

  /** @param what The text beside the bar. */
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

  /** Removes the bar. */
  end(): void {
    if (this.#stream.isTTY === true && this.#drawn > Number.NEGATIVE_INFINITY) this.#stream.write('\r\u001b[K');
  }
}
