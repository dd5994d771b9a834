/** What a seed decides: the same seed, the same test. */
export interface Random {
  /** 0 <= it < 1. */
  next(): number;
  /** A whole number, 0 <= it < limit. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
}

export function generator(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of this kind of sequence repeat soon.
    return (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 8) / 0x100_0000;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    chance: (probability) => next() < probability,
  };
}
