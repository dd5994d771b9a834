import { LRUCache } from 'lru-cache';

/**
 * Whether a datagram was sent lately. Its newest timestamp says when: a batch may also carry older entries. One without
 * entries has no timestamp, so that a copy of it would be fresh for ever; no program is known to send such.
 *
 * @param newest The newest timestamp in the datagram, Unix seconds; -1 when it has none.
 * @param maxSkew How far it may lie from now, before or after, in seconds; `false` turns the check off.
 */
export function isFresh(newest: number, now: number, maxSkew: number | false): boolean {
  return maxSkew === false || (newest >= 0 && Math.abs(now - newest) <= maxSkew);
}

/** The last second at which a copy of a fresh datagram could still be fresh. */
export function freshUntil(newest: number, maxSkew: number | false): number {
  return maxSkew === false ? Number.POSITIVE_INFINITY : newest + maxSkew;
}

/**
 * The replay window: the digests of datagrams, each for as long as a copy of that datagram could still be fresh.
 *
 * What a mistake costs: a digest reported that was never added would lose a datagram, which the digest being an HMAC
 * rules out. A digest forgotten too soon lets a recorded datagram in once more, so those that the bound forces out are
 * counted and reported.
 */
export class ReplayWindow {
  readonly #expires: LRUCache<string, number>;
  readonly #onForgotten: () => void;
  #now = 0;
  #forgotten = 0;

  /**
   * @param max How many digests are kept, about 130 bytes each.
   * @param onForgotten Called each time the bound forces out a digest that has not expired.
   */
  constructor(max: number, onForgotten: () => void = () => {}) {
    this.#onForgotten = onForgotten;
    this.#expires = new LRUCache({
      max,
      dispose: (expires, _digest, why) => {
        if (why !== 'evict' || expires < this.#now) return;
        this.#forgotten++;
        this.#onForgotten();
      },
    });
  }

  /** Whether the digest was added and has not expired. */
  has(digest: string, now: number): boolean {
    const expires = this.#expires.peek(digest);
    return expires !== undefined && expires >= now;
  }

  /** @param expires The last second at which a copy could be fresh; `Infinity` when freshness is not checked. */
  add(digest: string, expires: number, now: number): void {
    this.#now = now;
    this.#expires.set(digest, expires);
  }

  get size(): number {
    return this.#expires.size;
  }

  /** How many digests the bound forced out before they expired. */
  get forgotten(): number {
    return this.#forgotten;
  }
}
