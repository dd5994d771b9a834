import type { TimedClock } from '../clock.ts';

/**
 * How far Redis's clock may be from this host's before times are shifted: as far as a claim of another host may lie
 * ahead. Within this tolerance all hosts of one Redis see the same times. Seconds.
 */
const TOLERANCE = 5;

/**
 * An estimate of Redis's time, as a distance from this host's monotonic clock. The server reads its time between the
 * sending of a command and its reply, so each reply gives a range of possible distances. The estimate moves only when a
 * reply excludes it. A cluster has one estimate for all its servers, whose clocks must agree to a second. At a server
 * that is off by more, each exchange is refused first, and run again by that server's time.
 */
export class ServerTime {
  readonly #clock: TimedClock;
  readonly #onAhead: (ahead: number) => void;
  /**
   * How far the server's time is ahead of the monotonic clock, seconds. Until a reply corrects it, it comes from this
   * host's clock.
   */
  #offset: number;
  #ahead = 0;

  /** @param onAhead Is called with {@link ahead} when it has changed. */
  constructor(clock: TimedClock, onAhead: (ahead: number) => void = () => {}) {
    this.#clock = clock;
    this.#onAhead = onAhead;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Whole Unix seconds. */
  now(): number {
    return Math.floor(this.#clock.monotonic() + this.#offset);
  }

  /** How far the server's clock is ahead of this host's, seconds, as the replies say. */
  get difference(): number {
    return this.#clock.monotonic() + this.#offset - this.#clock.now();
  }

  /**
   * What is added to this host's times to make them the server's, whole seconds. It is 0 as long as the clocks differ
   * by a few seconds at the most. It changes only when the difference has changed by a few seconds more, so that a time
   * that is written and read back stays the same.
   */
  get ahead(): number {
    return this.#ahead;
  }

  /** Call it when a command is sent. @returns A function to call with the time in the reply, Unix seconds. */
  asked(): (time: number) => void {
    const sent = this.#clock.monotonic();
    return (time) => {
      const received = this.#clock.monotonic();
      this.#offset = Math.min(Math.max(this.#offset, time - received), time - sent);
      const { difference } = this;
      if (Math.abs(difference - this.#ahead) <= TOLERANCE) return;
      this.#ahead = Math.abs(difference) <= TOLERANCE ? 0 : Math.round(difference);
      this.#onAhead(this.#ahead);
    };
  }
}
