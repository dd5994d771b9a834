import { LRUCache } from 'lru-cache';

/**
 * The digests of datagrams seen, each for as long as a copy of that datagram could still be taken for fresh.
 *
 * What a mistake costs: a digest reported that was never added would lose a datagram, which the digest being an HMAC
 * rules out. A digest forgotten too soon lets a recorded datagram in once more, so being forced to forget one by the
 * bound is counted and told.
 */
export class DigestWindow {
  readonly #until: LRUCache<string, number>;
  readonly #onForgotten: () => void;
  #now = 0;
  #forgotten = 0;

  /**
   * @param max How many digests are kept at the most; about 130 bytes each.
   * @param onForgotten Called each time the bound pushes out a digest whose time had not come.
   */
  constructor(max: number, onForgotten: () => void = () => {}) {
    this.#onForgotten = onForgotten;
    this.#until = new LRUCache({
      max,
      dispose: (until, _digest, why) => {
        if (why !== 'evict' || until < this.#now) return;
        this.#forgotten++;
        this.#onForgotten();
      },
    });
  }

  /** Whether the digest was added and its time has not passed. */
  has(digest: string, now: number): boolean {
    const until = this.#until.peek(digest);
    return until !== undefined && until >= now;
  }

  /** @param until The last second at which a copy could be fresh; `Infinity` when freshness is not checked. */
  add(digest: string, until: number, now: number): void {
    this.#now = now;
    this.#until.set(digest, until);
  }

  get size(): number {
    return this.#until.size;
  }

  /** How many digests the bound pushed out before their time. */
  get forgotten(): number {
    return this.#forgotten;
  }
}
