/**
 * How many bits there are for each key, and how many bits a key sets: some 0.5 % of the keys that were not added seem
 * to have been added.
 */
const BITS_A_KEY = 12;
const BITS_SET = 5;
/** The first part holds so many keys at least, and each further part twice as many as the one before. */
const MIN_KEYS = 2 ** 12;
/** What a filter takes at most, bytes: enough for some 11 million keys. */
const MAX_BYTES = 2 ** 24;

/** The bits of a limited number of keys. */
class Part {
  readonly bits: Uint32Array;
  readonly #max: number;
  #added = 0;

  constructor(max: number) {
    this.#max = max;
    this.bits = new Uint32Array(Math.ceil((max * BITS_A_KEY) / 32));
  }

  get isFull(): boolean {
    return this.#added >= this.#max;
  }

  add(hash: number): void {
    this.#added++;
    const step = stepOf(hash);
    for (let n = 0, at = hash; n < BITS_SET; n++, at += step) {
      const bit = this.#bit(at);
      this.bits[bit >>> 5] = (this.bits[bit >>> 5] as number) | (1 << (bit & 31));
    }
  }

  has(hash: number): boolean {
    const step = stepOf(hash);
    for (let n = 0, at = hash; n < BITS_SET; n++, at += step) {
      const bit = this.#bit(at);
      if (((this.bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  #bit(at: number): number {
    return (at >>> 0) % (this.bits.length * 32);
  }
}

/**
 * A Bloom filter of the keys that may be there. For some keys that are not there it says that they may be. When it says
 * that a key is not there, that is always right. It grows with the keys that are added. When it would take more than 16
 * MiB, it gives up its bits, and says of every key that it may be there.
 */
export class KeyFilter {
  readonly #parts: Part[] = [];
  #nextMax: number;
  #isExhausted = false;

  /** @param keys How many are expected. */
  constructor(keys: number) {
    this.#nextMax = Math.max(MIN_KEYS, 2 * keys);
  }

  /** Whether more keys were added than expected. A new filter, without the keys that were removed, may be smaller. */
  get hasGrown(): boolean {
    return this.#parts.length > 1 || this.#isExhausted;
  }

  add(key: string): void {
    if (this.#isExhausted) return;
    let part = this.#parts.at(-1);
    if (part === undefined || part.isFull) {
      part = this.#grow();
      if (part === undefined) return;
    }
    part.add(hashOf(key));
  }

  /** `false` if the key was not added; `true` if it may have been. */
  mayHave(key: string): boolean {
    if (this.#isExhausted) return true;
    const hash = hashOf(key);
    return this.#parts.some((part) => part.has(hash));
  }

  #grow(): Part | undefined {
    // Checked before the part is made: a store may say of itself that it holds more than there is memory for.
    const bytes = this.#parts.reduce((sum, { bits }) => sum + bits.byteLength, (this.#nextMax * BITS_A_KEY) / 8);
    if (bytes > MAX_BYTES) {
      this.#isExhausted = true;
      this.#parts.length = 0;
      return undefined;
    }
    const part = new Part(this.#nextMax);
    this.#parts.push(part);
    this.#nextMax *= 2;
    return part;
  }
}

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** How far apart the bits of a key are. */
function stepOf(hash: number): number {
  return mixed(hash ^ 0x9e3779b9) | 1;
}

/** The finalizer of MurmurHash3: each bit of the result depends on all of the argument. */
function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
