/**
 * How much lateness of a coarse timer or a busy process is made up for, seconds. A datagram that is later than this for
 * its place loses that place and takes another: a late timer must not cause a burst.
 */
export const MAX_LATE = 0.1;
/** Timers are coarse: a datagram that is due within this many seconds may go now. */
const COARSE = 0.001;

/**
 * Says when datagrams may go so that a rate is kept. It has no clock and no timer: it is given `now`, and answers how
 * long to wait. Callers that share a pacer share its rate, and get their places in the order in which they ask.
 */
export class Pacer {
  readonly #rate: () => number;
  /** When the next place begins. */
  #next = Number.NEGATIVE_INFINITY;

  /** @param rate Datagrams a second, above 0; called for each place. */
  constructor(rate: () => number) {
    this.#rate = rate;
  }

  /**
   * Takes the next place.
   *
   * @param now Seconds, by a clock that never steps.
   * @param burst How many datagrams may go at once after a pause, 1 or more.
   * @returns How many seconds to wait before the datagram of this place may go; 0: it may go now.
   */
  reserve(now: number, burst = 1): number {
    const interval = 1 / this.#rate();
    const place = Math.max(this.#next, now - Math.max(MAX_LATE, (burst - 1) * interval));
    this.#next = place + interval;
    return place - now < COARSE ? 0 : place - now;
  }
}
