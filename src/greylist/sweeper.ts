import { every, type TimedClock, type Timer } from '../clock.ts';

/** Runs a task at every interval, one run at a time, without keeping the process alive. */
export class Sweeper {
  readonly #timer: Timer;
  #running: Promise<void> | undefined;

  /** @param task Must not reject. */
  constructor(clock: TimedClock, interval: number, task: () => Promise<void>) {
    this.#timer = every(clock, interval, () => {
      // If a run takes longer than the interval, no second run starts beside it.
      this.#running ??= task().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Stops the timer. Resolves when no run is in progress any more. */
  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }
}
