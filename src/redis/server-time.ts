import type { TimedClock } from '../clock.ts';

/**
 * An estimate of Redis's time: as far from this host's monotonic clock as the replies allow. Each says that the server's
 * time was read between the sending of a command and its reply, so that the estimate moves only when a reply excludes it.
 */
export class ServerTime {
  readonly #clock: TimedClock;
  /** What the server's time is ahead of the monotonic clock, seconds. Until a reply corrects it, by this host's clock. */
  #offset: number;

  constructor(clock: TimedClock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Whole Unix seconds. */
  now(): number {
    return Math.floor(this.#clock.monotonic() + this.#offset);
  }

  /** To be called when a command is sent. @returns What takes note of the time in its reply, Unix seconds. */
  asked(): (time: number) => void {
    const sent = this.#clock.monotonic();
    return (time) => {
      const received = this.#clock.monotonic();
      this.#offset = Math.min(Math.max(this.#offset, time - received), time - sent);
    };
  }
}
