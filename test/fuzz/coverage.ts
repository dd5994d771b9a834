/** The points of instrumented code: every function, branch, loop and right-hand operand is one; see `instrument.ts`. */

/** The name under which instrumented modules find the coverage of their process. */
export const GLOBAL = '__spamdSyncCoverage';

/** More points than src has. */
const MAX_POINTS = 2 ** 15;

interface Module {
  readonly path: string;
  readonly first: number;
  readonly count: number;
}

/** How many points there are, and how many of them were reached. */
export interface Reached {
  readonly points: number;
  readonly reached: number;
}

/** How often each point was reached since {@link Coverage.reset}. */
export class Coverage {
  readonly hits = new Uint32Array(MAX_POINTS);
  readonly #modules: Module[] = [];
  #points = 0;

  /** Makes this the coverage of the modules that are loaded from now on. */
  install(): void {
    Object.assign(globalThis, { [GLOBAL]: this });
  }

  /** An instrumented module announces its points, and is given the counters of all. */
  declare(path: string, first: number, count: number): Uint32Array {
    this.#modules.push({ path, first, count });
    this.#points = Math.max(this.#points, first + count);
    if (this.#points > MAX_POINTS) throw new RangeError(`more than ${MAX_POINTS} points`);
    return this.hits;
  }

  /** How many points the modules loaded so far have. */
  get points(): number {
    return this.#points;
  }

  reset(): void {
    this.hits.fill(0, 0, this.#points);
  }

  /** The modules of which any of these points was reached. */
  reached(isReached: (point: number) => boolean): ReadonlyMap<string, Reached> {
    const all = new Map<string, Reached>();
    for (const { path, first, count } of this.#modules) {
      const reached = Array.from({ length: count }, (_, at) => first + at).filter(isReached).length;
      if (reached > 0) all.set(path, { points: count, reached });
    }
    return all;
  }
}
