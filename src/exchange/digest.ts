import { LEAVES, type RecordHash } from './shared.ts';

/** How many children each bucket has: 16 buckets, of 16 buckets, of 16 leaves. */
export const FAN = 16;
/** How many buckets the middle level has. */
export const MIDDLE = LEAVES / FAN;
/** The size of a sum on the wire, bytes. */
const SUM_SIZE = 8;

/**
 * Sums over the records that peers share. There are 4096 leaves, below 256 buckets, below 16 buckets. The hash of a
 * record's key names its leaf. A sum adds up the hashes of the records below it, in two lanes modulo 2^32. Adding,
 * removing or changing one record therefore takes very little time.
 */
export class Digest {
  /** The sum of each leaf: two numbers, low and high. */
  readonly #sums = new Uint32Array(2 * LEAVES);
  /** How often each leaf was changed. */
  readonly #versions = new Uint32Array(LEAVES);

  add({ leaf, low, high }: RecordHash): void {
    this.#change(leaf, low, high);
  }

  remove({ leaf, low, high }: RecordHash): void {
    this.#change(leaf, -low, -high);
  }

  /**
   * How often a leaf was changed. If it is the same before and after a look at the records, that look missed no change.
   */
  version(leaf: number): number {
    return this.#versions[leaf] as number;
  }

  /** Replaces the sum of a leaf by the one that a look at all its records gave. */
  correct(leaf: number, low: number, high: number): void {
    this.#sums[2 * leaf] = low;
    this.#sums[2 * leaf + 1] = high;
  }

  /** The sums of all 16 buckets of the top. */
  top(): Buffer {
    return this.#sumsOf(0, FAN, MIDDLE);
  }

  /** The sums of the 16 buckets below one of the top. */
  middle(bucket: number): Buffer {
    return this.#sumsOf(bucket * MIDDLE, FAN, FAN);
  }

  /** The sums of the 16 leaves below a bucket of the middle level, 0..255. */
  leaves(bucket: number): Buffer {
    return this.#sumsOf(bucket * FAN, FAN, 1);
  }

  /** @param of How many leaves each sum covers. */
  #sumsOf(first: number, count: number, of: number): Buffer {
    const bytes = Buffer.allocUnsafe(count * SUM_SIZE);
    for (let at = 0; at < count; at++) {
      let low = 0;
      let high = 0;
      const from = first + at * of;
      for (let leaf = from; leaf < from + of; leaf++) {
        low = (low + (this.#sums[2 * leaf] as number)) >>> 0;
        high = (high + (this.#sums[2 * leaf + 1] as number)) >>> 0;
      }
      bytes.writeUInt32LE(low, at * SUM_SIZE);
      bytes.writeUInt32LE(high, at * SUM_SIZE + 4);
    }
    return bytes;
  }

  #change(leaf: number, low: number, high: number): void {
    const at = 2 * leaf;
    // The array holds unsigned numbers of 32 bits, which wrap.
    this.#sums[at] = (this.#sums[at] as number) + low;
    this.#sums[at + 1] = (this.#sums[at + 1] as number) + high;
    this.#versions[leaf] = (this.#versions[leaf] as number) + 1;
  }
}

/** The places, 0..15, at which two lists of 16 sums differ. */
export function differing(one: Uint8Array, other: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < FAN; at++) {
    const [from, to] = [at * SUM_SIZE, (at + 1) * SUM_SIZE];
    if (Buffer.compare(one.subarray(from, to), other.subarray(from, to)) !== 0) places.push(at);
  }
  return places;
}

/** Whether the sum at a place is 0: there is no record below it. */
export function isEmptySum(sums: Uint8Array, at: number): boolean {
  return sums.subarray(at * SUM_SIZE, (at + 1) * SUM_SIZE).every((byte) => byte === 0);
}

/** Whether bytes can be 16 sums. */
export function isSums(bytes: Uint8Array): boolean {
  return bytes.length === FAN * SUM_SIZE;
}
