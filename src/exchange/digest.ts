import { LEAVES, type RecordHash } from './shared.ts';

/** How many children each bucket has: 16 buckets, of 16 buckets, of 16 leaves. */
export const FAN = 16;
/** How many buckets the level between has. */
export const MIDDLE = LEAVES / FAN;
/** What a sum takes on the wire, bytes. */
const SUM_SIZE = 8;

/**
 * Sums over what peers share, by the keys' hashes: 4096 leaves, below 256 buckets, below 16. A sum is that of the hashes in it,
 * two lanes modulo 2^32, so that one record more, less or other changes it in no time.
 */
export class Digest {
  /** Of each leaf, low and high. */
  readonly #sums = new Uint32Array(2 * LEAVES);
  /** How often each leaf was changed. */
  readonly #versions = new Uint32Array(LEAVES);

  add({ leaf, low, high }: RecordHash): void {
    this.#change(leaf, low, high);
  }

  remove({ leaf, low, high }: RecordHash): void {
    this.#change(leaf, -low, -high);
  }

  /** How often a leaf was changed: a look at its records took no notice of changes meanwhile if it is the same afterwards. */
  version(leaf: number): number {
    return this.#versions[leaf] as number;
  }

  /** Puts in a sum that a look at all records of a leaf came to. */
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

  /** The sums of the 16 leaves below a bucket of the level between, 0..255. */
  leaves(bucket: number): Buffer {
    return this.#sumsOf(bucket * FAN, FAN, 1);
  }

  /** @param of How many leaves are below each. */
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
    // As unsigned numbers of 32 bits, which wrap.
    this.#sums[at] = (this.#sums[at] as number) + low;
    this.#sums[at + 1] = (this.#sums[at + 1] as number) + high;
    this.#versions[leaf] = (this.#versions[leaf] as number) + 1;
  }
}

/** Which of 16 sums differ from 16 others, by their places. */
export function differing(one: Uint8Array, other: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < FAN; at++) {
    const [from, to] = [at * SUM_SIZE, (at + 1) * SUM_SIZE];
    if (Buffer.compare(one.subarray(from, to), other.subarray(from, to)) !== 0) places.push(at);
  }
  return places;
}

/** Whether one of 16 sums is that of no record. */
export function isEmptySum(sums: Uint8Array, at: number): boolean {
  return sums.subarray(at * SUM_SIZE, (at + 1) * SUM_SIZE).every((byte) => byte === 0);
}

/** Whether bytes can be 16 sums. */
export function isSums(bytes: Uint8Array): boolean {
  return bytes.length === FAN * SUM_SIZE;
}
