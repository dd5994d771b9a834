import { ADDRESS_TLV_SIZE, MAX_SIZE, MIN_SIZE } from '../wire/constants.ts';
import { DistinctCount, mixed } from './distinct-count.ts';

/** How many addresses a datagram holds: 85. */
const ADDRESSES = Math.floor((MAX_SIZE - MIN_SIZE) / ADDRESS_TLV_SIZE);
/** The rate while a scan is short, datagrams a second: 255 addresses. */
const MAX_RATE = 3;
/**
 * How many entries may arrive during one scan. A spamd that scans its database does not read from the pipe into which
 * its main process writes the entries that it receives. If the pipe fills up, the processes of this spamd wait for each
 * other for good. OpenBSD's pipe holds 16,384 bytes (PIPE_SIZE in sys_pipe.c). These are 334 lines of the longest
 * WHITE, which has 49 bytes: `WHITE:address:source:expiry`.
 */
const MAX_PER_SCAN = 280;
/** How long a scan takes for each WHITE, seconds. Observed: 27 to 50 microseconds, and 65 on a busy host. */
const SCAN_PER_WHITE = 50e-6;
/** How long a white address that was sent or received is counted at least, seconds: spamd's whiteexp, 36 days. */
const COUNTED_FOR = 36 * 86_400;

/**
 * The rate of a bulk send, datagrams a second, for receivers that hold so many WHITE. With it at most 280 entries
 * arrive during one scan. A second's worth, at least one datagram, may go at once and comes on top of the rate.
 *
 * The worst case: there was a pause, and a scan begins. A second's worth goes at once, then one datagram after the
 * other at the rate. Bulk sends, and seeds without a rate of their own, take their places from one pacer, so several of
 * them at once are no worse than one. 280 entries are 3.3 datagrams. Three whole datagrams arrive, and no fourth,
 * although the pacer makes up for 0.1 s after a pause, a timer may be late by another 0.1 s, and the scan may take a
 * fifth longer than calculated.
 *
 * Three datagrams make at most 255 lines, 12,495 bytes. The freshness marker of old entries is one of the 85 entries of
 * its datagram. A GREY (`SYNC`, `HE:`, `IP:`, `FR:`, `TO:`) takes 36 bytes of the pipe beside its strings, at most 15
 * more than of the datagram. The shortest GREY makes 47 bytes, and 42 of them fit in a datagram: less than half the
 * bytes that WHITE make. The remaining 3,889 bytes are for entries that have no limit: those of small calls, of the
 * spamd's own clients, and of other hosts.
 */
export function safeRate(whites: number): number {
  const scan = whites * SCAN_PER_WHITE;
  const entries = Math.min(MAX_PER_SCAN / (scan + 1), (MAX_PER_SCAN - ADDRESSES) / scan);
  return Math.min(MAX_RATE, entries / ADDRESSES);
}

/**
 * The rate of bulk sends: the rate that was set, or the rate that is safe for the number of WHITE that the group holds.
 */
export class BulkRate {
  readonly #fixed: number | undefined;
  #noted = 0;
  #seenSinceNoted = new DistinctCount();
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

  /**
   * How many WHITE the group holds, as far as known. This is the greater of two numbers: the number that was noted plus
   * the addresses seen since, or all addresses seen. The addresses seen since may be different ones from those noted.
   */
  get whites(): number {
    const seen = Math.max(this.#seen.estimate, this.#seenBefore.estimate);
    return Math.max(seen, this.#noted + Math.min(seen, this.#seenSinceNoted.estimate));
  }

  /** Takes note of how many white addresses this host holds, including those seen so far. */
  noteWhites(count: number): void {
    this.#noted = count;
    this.#seenSinceNoted = new DistinctCount();
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
    const hash = mixed(address);
    this.#seen.addMixed(hash);
    this.#seenSinceNoted.addMixed(hash);
  }
}
