import { doubled, NONE } from './numbers.ts';

/** Where somebody is who goes through them. */
interface Walk {
  next: number;
}

/**
 * The numbers of records in the order in which they came, which can be gone through while some come and others go. Four bytes to
 * either neighbour.
 */
export class ArrivalOrder {
  // Of different lengths, also from those of `Places`, so that they grow at different times.
  #before = new Int32Array(13);
  #after = new Int32Array(14);
  #first = NONE;
  #last = NONE;
  readonly #walks = new Set<Walk>();

  /** Puts in one that is not in it. A new one is the next after the highest that was ever in it. */
  append(number: number): void {
    if (number >= this.#before.length) this.#before = doubled(this.#before);
    if (number >= this.#after.length) this.#after = doubled(this.#after);
    this.#before[number] = this.#last;
    this.#after[number] = NONE;
    if (this.#last === NONE) this.#first = number;
    else this.#after[this.#last] = number;
    this.#last = number;
    for (const walk of this.#walks) if (walk.next === NONE) walk.next = number;
  }

  /** Takes one out that is in it. */
  remove(number: number): void {
    const before = this.#before[number] as number;
    const after = this.#after[number] as number;
    if (before === NONE) this.#first = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last = before;
    else this.#before[after] = before;
    for (const walk of this.#walks) if (walk.next === number) walk.next = after;
  }

  /** All of them, those that come meanwhile too. */
  *[Symbol.iterator](): Generator<number, void> {
    const walk = { next: this.#first };
    this.#walks.add(walk);
    try {
      while (walk.next !== NONE) {
        const number = walk.next;
        walk.next = this.#after[number] as number;
        yield number;
      }
    } finally {
      this.#walks.delete(walk);
    }
  }
}
