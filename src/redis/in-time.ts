import type { TimedClock, Timer } from '../clock.ts';
import { trouble } from './trouble.ts';

/**
 * How many calls may wait for an answer at once. A client that has lost its server queues commands, and that queue
 * needs a bound.
 */
const MAX_WAITING = 16_384;
/** How many bytes the waiting calls may hold together: their strings may be long. */
const MAX_BYTES = 64 * 2 ** 20;
/** The least number of ticks in a time limit. A call is given up one tick too late at the most. */
const MIN_TICKS = 20;
/** The longest tick, seconds. A process that has nothing else to wait for ends later by this much at the most. */
const MAX_TICK = 0.1;

/** A call that is to be answered. */
interface Waiting {
  /** The tick by which it is late. */
  readonly lateAt: number;
  readonly giveUp: () => void;
}

/**
 * Calls that are answered in time, or fail with `ERR_SPAMD_STORE`. How many may wait at once is bounded, by count and
 * by bytes.
 *
 * Time is counted in ticks of one timer, which all calls share: a timer for each call costs more than the call does.
 * Time in which the process itself does not run counts as one tick at the most: an answer may have come that the
 * process had no time to read.
 */
export class InTime {
  readonly #clock: TimedClock;
  readonly #timeout: number;
  readonly #ticks: number;
  readonly #errorOf: (error: unknown, about: string) => unknown;
  /** In the order in which the calls become late, since the time limit is the same for all. */
  readonly #waiting = new Set<Waiting>();
  /** Calls that are not settled yet, those given up included. */
  #held = 0;
  #heldBytes = 0;
  #refused = 0;
  #tick = 0;
  #timer: Timer | undefined;

  /**
   * @param timeout Seconds.
   * @param errorOf Makes the error that is reported, from the error of a call and what the call is about. Default: the
   * call's error.
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

  /** How many calls were refused because too much waited. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Runs a call. A call that was given up still counts as waiting until it is settled.
   *
   * @param start Starts the call. `isLate` says whether the call has been given up.
   * @param bytes About how many bytes the call holds until it is settled. Default none.
   * @param about What the call is about, for the error. Default nothing.
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
        // Only a part is left of the tick that is under way, so it does not count.
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

/** Starts a call. A client may also throw at once, instead of returning a promise. */
function started<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}
