import type { TimedClock, Timer } from '../clock.ts';
import { trouble } from './trouble.ts';

/** What may wait for an answer at once. A client that has lost its server queues; the queue must have an end. */
const MAX_WAITING = 16_384;
/** How much that may hold on to, bytes: those who wait may bring long strings. */
const MAX_BYTES = 64 * 2 ** 20;
/** In how many ticks a time limit is counted at least: so much of it is a call given up too late at the most. */
const MIN_TICKS = 20;
/** A process that has nothing else to wait for ends this much later at the most. Seconds. */
const MAX_TICK = 0.1;

/** A call that is to be answered. */
interface Waiting {
  /** The tick by which it is late. */
  readonly lateAt: number;
  readonly giveUp: () => void;
}

/**
 * What is done in time, or fails with `ERR_SPAMD_STORE`. So much of it may wait at once, by count and by bytes.
 *
 * Time is counted in ticks of one timer, which all calls share: a timer for each costs more than the call does. While the
 * process itself does not run it counts for one tick at the most: an answer may be there that nobody had time to read.
 */
export class InTime {
  readonly #clock: TimedClock;
  readonly #timeout: number;
  readonly #ticks: number;
  readonly #errorOf: (error: unknown, about: string) => unknown;
  /** In the order in which they are late, for they all have the same time. */
  readonly #waiting = new Set<Waiting>();
  /** Calls that are held on to, also those given up. */
  #held = 0;
  #heldBytes = 0;
  #refused = 0;
  #tick = 0;
  #timer: Timer | undefined;

  /**
   * @param timeout Seconds.
   * @param errorOf What is reported of an error of a call, by what that is about. Default: the error.
   */
  constructor(
    clock: TimedClock,
    timeout: number,
    errorOf: (error: unknown, about: string) => unknown = (error) => error,
  ) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#ticks = Math.max(MIN_TICKS, Math.ceil(timeout / MAX_TICK));
    this.#errorOf = errorOf;
  }

  /** How much was refused because too much waited. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * What was given up still counts as waiting for as long as it is held on to.
   *
   * @param start Is told whether it has been given up.
   * @param bytes How much it holds on to, about. Default none.
   * @param about What it is about, for the error. Default nothing.
   */
  run<T>(start: (isLate: () => boolean) => Promise<T>, bytes = 0, about = ''): Promise<T> {
    if (this.#held >= MAX_WAITING || this.#heldBytes + bytes > MAX_BYTES) {
      this.#refused++;
      const what = `${this.#held} commands of some ${Math.ceil(this.#heldBytes / 2 ** 20)} MiB wait for an answer`;
      return Promise.reject(trouble(`it does not keep up: ${what}`));
    }
    this.#held++;
    this.#heldBytes += bytes;
    this.#timer ??= this.#nextTick();
    return new Promise((resolve, reject) => {
      let isLate = false;
      const waiting: Waiting = {
        // The tick that is under way is no whole one.
        lateAt: this.#tick + 1 + this.#ticks,
        giveUp: () => {
          isLate = true;
          reject(trouble(`no answer in ${this.#timeout} s`));
        },
      };
      this.#waiting.add(waiting);
      const settled = (): void => {
        this.#held--;
        this.#heldBytes -= bytes;
        this.#waiting.delete(waiting);
      };
      started(() => start(() => isLate)).then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(this.#errorOf(error, about));
        },
      );
    });
  }

  #nextTick(): Timer {
    return this.#clock.setTimer(this.#timeout / this.#ticks, () => {
      this.#tick++;
      for (const waiting of this.#waiting) {
        if (waiting.lateAt > this.#tick) break;
        this.#waiting.delete(waiting);
        waiting.giveUp();
      }
      this.#timer = this.#waiting.size > 0 ? this.#nextTick() : undefined;
    });
  }
}

/** A client may throw at once, too. */
function started<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}
