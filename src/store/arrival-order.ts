import { doubled, NONE } from './numbers.ts';

/** The position of one iteration. */
interface Walk {
  next: number;
}

/**
 * The numbers of records, in the order in which the records arrived. It can be iterated while records arrive and go.
 * Each of the two neighbours of a number takes four bytes.
 */
export class ArrivalOrder {
  // The lengths differ, also from those of `Places`, so that the arrays grow at different times.
  #before = new Int32Array(13);
  #after = new Int32Array(14);
  #first = NONE;
  #last = NONE;
  readonly #walks = new Set<Walk>();

  /** Adds a number that is not in the order. A new number must be the next after the highest that was ever added. */
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

  /** Removes a number that is in the order. */
  remove(number: number): void {
    const before = this.#before[number] as number;
    const after = this.#after[number] as number;
    if (before === NONE) this.#first = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last = before;
    else this.#before[after] = before;
    for (const walk of this.#walks) if (walk.next === number) walk.next = after;
  }

  /** All numbers, including those that are added meanwhile. */
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
