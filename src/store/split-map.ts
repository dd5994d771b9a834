/** How many maps the entries are in. A power of two. */
const PARTS = 64;
/**
 * Every second character of a key in this range decides in which map the key is. The range has characters of an IPv4
 * address, or of an IPv6 /48. To use all characters would take a tenth of the time of a look-up.
 */
const [FROM, TO] = [5, 16];
const SPREAD = 0x9e37_79b1;
const SHIFT = 32 - Math.log2(PARTS);

/**
 * A map in parts. When a `Map` of half a million entries grows, it puts all of them in place anew at once, which takes
 * some 50 ms. The parts grow at different times, each in a fraction of a millisecond.
 *
 * A host that chooses its keys may get them all into one part. That part then behaves as a single `Map` does.
 */
export class SplitMap<K extends string | number, V> {
  readonly #parts: (Map<K, V> | undefined)[] = Array(PARTS).fill(undefined);
  #size = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#parts[partOf(key)]?.get(key);
  }

  set(key: K, value: V): void {
    const at = partOf(key);
    let part = this.#parts[at];
    if (part === undefined) {
      part = new Map();
      this.#parts[at] = part;
    }
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
  }

  delete(key: K): void {
    if (this.#parts[partOf(key)]?.delete(key)) this.#size--;
  }
}

function partOf(key: string | number): number {
  if (typeof key === 'number') return Math.imul(key, SPREAD) >>> SHIFT;
  let mixed = key.length;
  const end = mixed < TO ? mixed : TO;
  for (let at = FROM; at < end; at += 2) mixed = Math.imul(mixed, 31) + key.charCodeAt(at);
  return Math.imul(mixed, SPREAD) >>> SHIFT;
}
