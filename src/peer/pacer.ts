/**
 * What a coarse timer or a busy process is late by is made up for up to this, seconds. A place that its datagram missed by
 * more is lost, and it takes another: a burst must not come of a timer that is late.
 */
export const MAX_LATE = 0.1;
/** Timers are coarse: what is due within this many seconds may go now. */
const COARSE = 0.001;

/**
 * Says when datagrams may go so that a rate is kept. A pure object: it has no clock and no timer, is given `now`, and
 * answers how long to wait. Those who share one share its rate, each in the order in which it asks.
 */
export class Pacer {
  readonly #rate: () => number;
  /** When the next place begins. */
  #next = Number.NEGATIVE_INFINITY;

  /** @param rate Datagrams a second, above 0; asked for each place. */
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
