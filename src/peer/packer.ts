import type { Entry } from '../entry.ts';
import type { DatagramWriter } from '../wire/encode.ts';

/** A backdated entry older than this many seconds needs a freshness marker: no receiver's maxSkew should be smaller. */
const STALE_AFTER = 60;

/** Something to be packed. */
export interface Packable {
  readonly entry: Entry;
  /** Its `ip` as a number. */
  readonly address: number;
  /** Whether its timestamp lies in the past on purpose, see `AnnounceOptions`. */
  readonly backdated: boolean;
}

/**
 * Fills one datagram after the other with entries. A datagram with a backdated entry and no recent one begins with a
 * freshness marker: a WHITE of now with expiry 0. Neither spamd nor greyd nor this library applies the marker, but its
 * timestamp shows receivers that check freshness that the datagram is not a replay.
 */
export class Packer<T extends Packable> {
  readonly #writer: DatagramWriter;
  readonly #now: () => number;
  readonly #onFull: (sharing: readonly T[], newest: number) => void;
  #sharing: T[] = [];
  #newest = -1;

  /**
   * @param now The time, whole Unix seconds.
   * @param onFull Called when the writer holds a datagram to be finished, with the entries in it.
   */
  constructor(writer: DatagramWriter, now: () => number, onFull: (sharing: readonly T[], newest: number) => void) {
    this.#writer = writer;
    this.#now = now;
    this.#onFull = onFull;
  }

  /** @returns Whether the entry fits in a datagram at all. */
  add(item: T): boolean {
    const { timestamp } = item.entry;
    if (this.#needsMarker(item)) this.finish();
    if (!this.#addIfFits(item, this.#needsMarker(item))) {
      this.finish();
      // The longest GREY entries leave no room for a marker. They go without one, since they cannot be sent in any
      // better way.
      if (!this.#addIfFits(item, this.#needsMarker(item)) && !this.#addIfFits(item, false)) return false;
    }
    this.#sharing.push(item);
    this.#newest = Math.max(this.#newest, timestamp);
    return true;
  }

  /** Hands over the entries that were added since the last datagram. */
  finish(): void {
    if (this.#sharing.length > 0) this.#onFull(this.#sharing, this.#newest);
    this.#sharing = [];
    this.#newest = -1;
    this.#writer.reset();
  }

  /** Whether receivers would take the present datagram with this item for stale. */
  #needsMarker({ entry, backdated }: T): boolean {
    return backdated && this.#now() - Math.max(entry.timestamp, this.#newest) >= STALE_AFTER;
  }

  /** Adds the item if it fits. With a marker, the datagram begins anew. */
  #addIfFits({ entry, address }: T, withMarker: boolean): boolean {
    const now = this.#now();
    if (withMarker) {
      this.#writer.reset();
      this.#writer.add({ type: 'white', ip: entry.ip, timestamp: now, expires: 0 }, address);
    }
    if (this.#writer.add(entry, address) === undefined) {
      if (withMarker) this.#newest = now;
      return true;
    }
    if (withMarker) this.#writer.reset();
    return false;
  }
}
