const REGISTERS = 4096;
/** The bits of a hash in which leading zeros are counted. The other bits choose the register. */
const RANK_BITS = 20;
/** The bias of the harmonic mean, for this many registers (Flajolet et al., HyperLogLog, 2007). */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

/**
 * Estimates how many different numbers were added, to some 2 %. It takes 4 KB, however many there are: a HyperLogLog.
 */
export class DistinctCount {
  readonly #registers = new Uint8Array(REGISTERS);
  #empty = REGISTERS;
  /** The sum of 2^-register. Exact: all are powers of two. */
  #sum = REGISTERS;

  /** @param value An unsigned 32-bit number. */
  add(value: number): void {
    this.addMixed(mixed(value));
  }

  /** @param hash The number after {@link mixed}. Several counters of one number need only one call of that. */
  addMixed(hash: number): void {
    const register = hash & (REGISTERS - 1);
    const rank = Math.clz32(hash >>> (32 - RANK_BITS)) - (32 - RANK_BITS) + 1;
    const known = this.#registers[register] as number;
    if (rank <= known) return;
    if (known === 0) this.#empty--;
    this.#sum += 2 ** -rank - 2 ** -known;
    this.#registers[register] = rank;
  }

  get estimate(): number {
    const raw = (ALPHA * REGISTERS * REGISTERS) / this.#sum;
    // For few numbers, the count of registers that none of them chose gives a better estimate.
    const linear = this.#empty > 0 && raw <= 2.5 * REGISTERS;
    return Math.round(linear ? REGISTERS * Math.log(REGISTERS / this.#empty) : raw);
  }
}

/**
 * The finalizer of MurmurHash3. Every bit of the number affects every bit of the result, and no two numbers have the
 * same result.
 */
export function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
