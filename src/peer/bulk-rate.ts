import { ADDRESS_TLV_SIZE, MAX_SIZE, MIN_SIZE } from '../wire/constants.ts';
import { DistinctCount } from './distinct-count.ts';

/** How many addresses a datagram holds: 85. */
const ADDRESSES = Math.floor((MAX_SIZE - MIN_SIZE) / ADDRESS_TLV_SIZE);
/** Four datagrams a second, 340 addresses, where a scan is short. */
const MAX_RATE = 4;
/** A spamd was seen to lock itself up when some 1,400 entries arrived during one scan of its database: half of that. */
const MAX_PER_SCAN = 700;
/** How long a scan takes for each WHITE, seconds. Observed: 37.5 to 50 microseconds, with 20,000 to 400,000 of them. */
const SCAN_PER_WHITE = 50e-6;
/** For how long at least a white address that was sent or received is counted, seconds: spamd's whiteexp, 36 days. */
const COUNTED_FOR = 36 * 86_400;

/**
 * How fast a bulk send may go at receivers that hold so many WHITE, datagrams a second, so that at most 700 entries
 * arrive during one scan. A second's worth, at least one datagram, may go at once and comes on top of the rate.
 */
export function safeRate(whites: number): number {
  const scan = whites * SCAN_PER_WHITE;
  const entries = Math.min(MAX_PER_SCAN / (scan + 1), (MAX_PER_SCAN - ADDRESSES) / scan);
  return Math.min(MAX_RATE, entries / ADDRESSES);
}

/** The rate of bulk sends: the one that was set, or what the number of WHITE that the group holds allows. */
export class BulkRate {
  readonly #fixed: number | undefined;
  #noted = 0;
  #seen = new DistinctCount();
  #seenBefore = new DistinctCount();
  #since = Number.NEGATIVE_INFINITY;

  /** @param fixed Datagrams a second; `undefined`: follows the number of WHITE. */
  constructor(fixed: number | undefined) {
    this.#fixed = fixed;
  }

  /** Datagrams a second. */
  get rate(): number {
    return this.#fixed ?? safeRate(this.whites);
  }

  /** How many datagrams may go at once: a second's worth, at least one. */
  get burst(): number {
    return Math.max(1, this.rate);
  }

  /** How many WHITE the group holds, as far as known: what was noted, or the addresses seen, whichever is more. */
  get whites(): number {
    return Math.max(this.#noted, this.#seen.estimate, this.#seenBefore.estimate);
  }

  /** Takes note of how many white addresses this host holds. */
  noteWhites(count: number): void {
    this.#noted = count;
  }

  /**
   * Takes note that a WHITE for this address was sent or received.
   *
   * @param now Unix seconds.
   */
  noteWhite(address: number, now: number): void {
    if (now - this.#since >= COUNTED_FOR) {
      this.#seenBefore = this.#seen;
      this.#seen = new DistinctCount();
      this.#since = now;
    }
    this.#seen.add(address);
  }
}
