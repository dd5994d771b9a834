import type { Digest } from '../auth/hmac.ts';

/**
 * Whether a datagram was sent lately. Its newest timestamp says when: a batch may also carry older entries. A datagram
 * without entries has no timestamp, so a copy of it would be fresh for ever: it never counts as fresh. No program is
 * known to send such a datagram.
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

/** A digest is kept as words of 32 bits: an HMAC-SHA1 has five. */
const WORDS = 5;

/**
 * The replay window: the digests of datagrams, each for as long as a copy of that datagram could still be fresh.
 *
 * There are two possible mistakes. If the window reported a digest that was never added, a datagram would be lost: so
 * digests are compared whole. If it forgets a digest too soon, a recorded datagram gets in once more: so the digests
 * that the bound forces out are counted and reported.
 *
 * It is made of numbers, not a map of strings: a ring in order of age, and an open-addressing table of the places in
 * the ring. The garbage collector has nothing to walk, a look-up reads one line of memory, and the system hands out
 * memory only as it is written to.
 */
export class ReplayWindow {
  readonly #max: number;
  readonly #onForgotten: () => void;
  /** The ring: the words of each digest, and the time until which it holds. */
  readonly #words: Uint32Array;
  readonly #expires: Float64Array;
  /**
   * The table: pairs of a digest's first word, and its place in the ring plus 1. The place is 0 where the pair is free.
   */
  readonly #pairs: Uint32Array;
  /** The greatest index of a pair. The number of pairs is a power of two, and at least half of them are free. */
  readonly #mask: number;
  /** The place where the next digest goes; once the ring is full, this is the place of the oldest. */
  #place = 0;
  #size = 0;
  #forgotten = 0;

  /**
   * @param max How many digests are kept. Each place takes 44 to 60 bytes of memory once it was used.
   * @param onForgotten Called each time the bound forces out a digest that has not expired.
   */
  constructor(max: number, onForgotten: () => void = () => {}) {
    this.#max = max;
    this.#onForgotten = onForgotten;
    this.#words = new Uint32Array(max * WORDS);
    this.#expires = new Float64Array(max);
    const pairs = 2 ** Math.ceil(Math.log2(2 * max));
    this.#pairs = new Uint32Array(2 * pairs);
    this.#mask = pairs - 1;
  }

  /** Whether the digest was added and has not expired. */
  has(digest: Digest, now: number): boolean {
    const pairs = this.#pairs;
    const first = wordOf(digest, 0);
    let at = first & this.#mask;
    let place = pairs[2 * at + 1] as number;
    while (place !== 0) {
      if (pairs[2 * at] === first && this.#holds(place - 1, digest, now)) return true;
      at = (at + 1) & this.#mask;
      place = pairs[2 * at + 1] as number;
    }
    return false;
  }

  /**
   * Adds a digest that {@link has} does not know. If the ring is full, the oldest digest is forgotten.
   *
   * @param expires The last second at which a copy could be fresh; `Infinity` when freshness is not checked.
   */
  add(digest: Digest, expires: number, now: number): void {
    const place = this.#place;
    if (this.#size === this.#max) this.#forget(place, now);
    else this.#size++;
    const first = wordOf(digest, 0);
    const words = this.#words;
    words[place * WORDS] = first;
    for (let word = 1; word < WORDS; word++) words[place * WORDS + word] = wordOf(digest, word);
    this.#expires[place] = expires;
    const pairs = this.#pairs;
    let at = first & this.#mask;
    while (pairs[2 * at + 1] !== 0) at = (at + 1) & this.#mask;
    pairs[2 * at] = first;
    pairs[2 * at + 1] = place + 1;
    this.#place = place + 1 === this.#max ? 0 : place + 1;
  }

  get size(): number {
    return this.#size;
  }

  /** How many digests the bound forced out before they expired. */
  get forgotten(): number {
    return this.#forgotten;
  }

  #holds(place: number, digest: Digest, now: number): boolean {
    for (let word = 1; word < WORDS; word++) {
      if (this.#words[place * WORDS + word] !== wordOf(digest, word)) return false;
    }
    return (this.#expires[place] as number) >= now;
  }

  #forget(place: number, now: number): void {
    const pairs = this.#pairs;
    let at = (this.#words[place * WORDS] as number) & this.#mask;
    while (pairs[2 * at + 1] !== place + 1) at = (at + 1) & this.#mask;
    this.#free(at);
    if ((this.#expires[place] as number) < now) return;
    this.#forgotten++;
    this.#onForgotten();
  }

  /** Frees a pair. The pairs behind it that a look-up would no longer reach move up. */
  #free(freed: number): void {
    const pairs = this.#pairs;
    const mask = this.#mask;
    let free = freed;
    for (let at = (free + 1) & mask; pairs[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const first = pairs[2 * at] as number;
      // A pair stays if the free one does not lie on the way of its look-up.
      if (((at - first) & mask) < ((at - free) & mask)) continue;
      pairs[2 * free] = first;
      pairs[2 * free + 1] = pairs[2 * at + 1] as number;
      free = at;
    }
    pairs[2 * free + 1] = 0;
  }
}

/**
 * A word of 32 bits, of four characters with one byte each. An HMAC is evenly spread, so a word of it serves as its
 * hash.
 */
function wordOf(digest: Digest, word: number): number {
  const at = word * 4;
  return (
    (digest.charCodeAt(at) |
      (digest.charCodeAt(at + 1) << 8) |
      (digest.charCodeAt(at + 2) << 16) |
      (digest.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
