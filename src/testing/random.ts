/** Random numbers whose sequence a seed decides. */
export interface Random {
  /** A fraction, 0 or more and less than 1. */
  fraction(): number;
  /** A whole number, 0 or more and less than `bound`. */
  below(bound: number): number;
  oneOf<T>(things: readonly T[]): T;
}

/** mulberry32: small, fast, and good enough to shuffle with. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (bound: number): number => Math.floor(fraction() * bound);
  return { fraction, below, oneOf: <T>(things: readonly T[]): T => things[below(things.length)] as T };
}
