export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Two things measured in turns. */
export interface Comparison {
  readonly ours: number;
  readonly other: number;
  /** The median of the rounds' own ratios, `other / ours`: the two of a round ran next to each other. */
  readonly ratio: number;
}

export function compare(ours: readonly number[], other: readonly number[]): Comparison {
  const ratios = ours.map((value, round) => (other[round] ?? Number.NaN) / value);
  return { ours: median(ours), other: median(other), ratio: median(ratios) };
}

/**
 * Times two functions in turns, so that a machine that slows down or is shared slows down both. Each is called with
 * 0, 1, 2, … below `pool`, for about `sliceMs` a turn.
 *
 * @returns Nanoseconds a call.
 */
export function timeInTurns(
  ours: (index: number) => number,
  other: (index: number) => number,
  o: { pool: number; rounds: number; sliceMs: number },
): Comparison {
  const sides = [new Side(ours, o.pool), new Side(other, o.pool)] as const;
  // Long enough for both to be compiled by the optimizing compiler.
  for (let warm = 0; warm < 4; warm++) for (const side of sides) side.turn(o.sliceMs);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < o.rounds; round++) {
    // Whoever goes first leaves its garbage to the other: take turns in that too.
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      times[which].push(sides[which].turn(o.sliceMs));
    }
  }
  return compare(...times);
}

class Side {
  readonly #call: (index: number) => number;
  readonly #pool: number;
  #next = 0;
  /** What the calls returned, added up, so that none of them can be optimized away. */
  sum = 0;

  constructor(call: (index: number) => number, pool: number) {
    this.#call = call;
    this.#pool = pool;
  }

  turn(milliseconds: number): number {
    const begin = performance.now();
    let calls = 0;
    let elapsed: number;
    do {
      for (let i = 0; i < 64; i++) {
        this.sum += this.#call(this.#next);
        this.#next = (this.#next + 1) % this.#pool;
      }
      calls += 64;
      elapsed = performance.now() - begin;
    } while (elapsed < milliseconds);
    return (elapsed * 1e6) / calls;
  }
}
