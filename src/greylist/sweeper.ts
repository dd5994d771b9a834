import { every, type TimedClock, type Timer } from '../clock.ts';

/** Runs a task again and again, one at a time, without keeping the process alive. */
export class Sweeper {
  readonly #timer: Timer;
  #running: Promise<void> | undefined;

  /** @param task Must not reject. */
  constructor(clock: TimedClock, interval: number, task: () => Promise<void>) {
    this.#timer = every(clock, interval, () => {
      // One that takes longer than the interval is not overtaken by the next.
      this.#running ??= task().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Resolves when none is running any more. */
  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }
}
