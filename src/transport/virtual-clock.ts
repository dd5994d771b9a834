import { nextTurn, systemClock, type TimedClock, type Timer } from '../clock.ts';
import { EventQueue, type TimedEvent } from './event-queue.ts';

/** Time moves in whole microseconds, so that durations add up exactly. */
const TICKS_PER_SECOND = 1_000_000;

/**
 * A clock whose time passes only when it is advanced. Timers are called in the order in which they fall due; those of
 * one moment, in the order in which they were set. Between two timers, everything that promises do is done.
 */
export class VirtualClock implements TimedClock {
  readonly #start: number;
  readonly #events = new EventQueue();
  /** Ticks since the start. */
  #elapsed = 0;
  /** How many tasks wait for the end of this turn. */
  #endingTurn = 0;

  /** @param start The time that it shows at first, Unix seconds. */
  constructor(start: number) {
    this.#start = start;
  }

  readonly now = (): number => this.#start + this.monotonic();

  readonly monotonic = (): number => this.#elapsed / TICKS_PER_SECOND;

  /** `unref` has no meaning here: time passes only because a caller advances it. */
  readonly setTimer = (seconds: number, task: () => void): Timer => {
    const due = this.#elapsed + Math.max(0, Math.round(seconds * TICKS_PER_SECOND));
    const event: TimedEvent = { due, run: task, over: false };
    this.#events.add(event);
    return { cancel: () => this.#events.cancel(event) };
  };

  /**
   * The end of a turn passes no time, so it comes without an advance: a caller that awaits a report need not advance
   * the clock.
   */
  readonly endOfTurn = (task: () => void): Timer => {
    this.#endingTurn++;
    let waiting = true;
    const leave = (): void => {
      if (waiting) this.#endingTurn--;
      waiting = false;
    };
    const timer = systemClock.endOfTurn(() => {
      leave();
      task();
    });
    return {
      cancel: () => {
        leave();
        timer.cancel();
      },
    };
  };

  /**
   * Lets so many seconds pass. Rejects with the error that a timer's task throws; the clock then shows the time of that
   * timer.
   */
  async advance(seconds: number): Promise<void> {
    const until = this.#elapsed + Math.round(seconds * TICKS_PER_SECOND);
    await this.#finishTurn();
    while (await this.#runNext(until));
    this.#elapsed = Math.max(this.#elapsed, until);
  }

  /** Lets time pass from one timer to the next for as long as `condition` holds and there is a timer. */
  async advanceWhile(condition: () => boolean): Promise<void> {
    await this.#finishTurn();
    while (condition() && (await this.#runNext(Number.POSITIVE_INFINITY)));
  }

  async #runNext(until: number): Promise<boolean> {
    const event = this.#events.shift(until);
    if (event === undefined) return false;
    this.#elapsed = Math.max(this.#elapsed, event.due);
    event.run();
    await this.#finishTurn();
    return true;
  }

  /** Runs promises first, then the tasks that wait for the end of the turn, and so on until nothing is left to do. */
  async #finishTurn(): Promise<void> {
    do await nextTurn();
    while (this.#endingTurn > 0);
  }
}
