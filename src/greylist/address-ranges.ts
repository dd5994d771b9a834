/** An address as 32-bit words, the highest first: one word for IPv4, four for IPv6. */
export type Words = Uint32Array | readonly number[];

/** Addresses of one family, as sorted ranges that neither overlap nor touch: 8 bytes a range of IPv4, 32 of IPv6. */
export class AddressRanges {
  readonly #width: number;
  /** The lowest address of each range, one after the other. */
  readonly #first: Uint32Array;
  /** The highest address of each range. */
  readonly #last: Uint32Array;

  constructor({ width, first, last }: { width: number; first: Uint32Array; last: Uint32Array }) {
    this.#width = width;
    this.#first = first;
    this.#last = last;
  }

  /** How many ranges there are. */
  get size(): number {
    return this.#first.length / this.#width;
  }

  /** Whether an address is in one of the ranges. */
  has(address: Words): boolean {
    const width = this.#width;
    let low = 0;
    let high = this.size;
    // Finds how many ranges begin at the address or below it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#first, middle * width, address, 0, width) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compare(this.#last, (low - 1) * width, address, 0, width) >= 0;
  }
}

/** Collects the prefixes of one family in any order. While held, it takes some three times the bytes of the ranges. */
export class PrefixCollector {
  readonly #width: number;
  #first: Uint32Array;
  #last: Uint32Array;
  #size = 0;

  /** @param width Words of an address: 1 for IPv4, 4 for IPv6. */
  constructor(width: number) {
    this.#width = width;
    this.#first = new Uint32Array(16 * width);
    this.#last = new Uint32Array(16 * width);
  }

  /** @param prefix How many bits of the address count; the bits after them may have any value. */
  add(address: Words, prefix: number): void {
    const width = this.#width;
    const at = this.#size * width;
    if (at === this.#first.length) {
      this.#first = grown(this.#first);
      this.#last = grown(this.#last);
    }
    for (let word = 0; word < width; word++) {
      const bits = Math.min(32, Math.max(0, prefix - 32 * word));
      // In JavaScript a shift by 32 is a shift by 0.
      const mask = bits === 0 ? 0 : -1 << (32 - bits);
      const value = address[word] as number;
      this.#first[at + word] = value & mask;
      this.#last[at + word] = value | ~mask;
    }
    this.#size++;
  }

  ranges(): AddressRanges {
    const width = this.#width;
    const order = Uint32Array.from({ length: this.#size }, (_, at) => at * width);
    order.sort((a, b) => compare(this.#first, a, this.#first, b, width));
    const first = new Uint32Array(this.#size * width);
    const last = new Uint32Array(this.#size * width);
    let end = 0;
    for (const at of order) {
      const before = end - width;
      if (before >= 0 && reaches(last, before, this.#first, at, width)) {
        if (compare(this.#last, at, last, before, width) > 0) copy(this.#last, at, last, before, width);
        continue;
      }
      copy(this.#first, at, first, end, width);
      copy(this.#last, at, last, end, width);
      end += width;
    }
    return new AddressRanges({ width, first: first.slice(0, end), last: last.slice(0, end) });
  }
}

/** @returns Less than 0 if the address at `at` of `list` is below the other, 0 if they are equal, else more than 0. */
function compare(list: Words, at: number, other: Words, otherAt: number, width: number): number {
  for (let word = 0; word < width; word++) {
    const difference = (list[at + word] as number) - (other[otherAt + word] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a range that begins at `first` overlaps or touches the range that ends at `last` and begins no later. */
function reaches(last: Uint32Array, at: number, first: Uint32Array, firstAt: number, width: number): boolean {
  if (compare(first, firstAt, last, at, width) <= 0) return true;
  for (let word = width - 1; word >= 0; word--) {
    const next = ((last[at + word] as number) + 1) >>> 0;
    if (first[firstAt + word] !== next) return false;
    // Without a carry the higher words must be equal.
    if (next !== 0) return compare(first, firstAt, last, at, word) === 0;
  }
  return false;
}

function copy(from: Uint32Array, at: number, to: Uint32Array, toAt: number, width: number): void {
  for (let word = 0; word < width; word++) to[toAt + word] = from[at + word] as number;
}

function grown(list: Uint32Array): Uint32Array {
  const twice = new Uint32Array(list.length * 2);
  twice.set(list);
  return twice;
}
