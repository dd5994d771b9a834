import { generator, type Random } from '../../src/transport/random.ts';
import type { Coverage } from './coverage.ts';
import { mutated } from './mutate.ts';

/** What is attacked, and the rules that it must keep. */
export interface Target {
  readonly name: string;
  /** Inputs to begin with, beside those of the corpus. */
  readonly seeds: readonly Buffer[];
  /** Pieces of the format, for mutations to put in. */
  readonly tokens: readonly Uint8Array[];
  /** The longest input, bytes. */
  readonly maxLength: number;
  /**
   * Throws, or rejects, for a rule that does not hold. It must depend on the input alone. A promise costs more than all
   * the rest of a short run, so what needs none returns nothing.
   */
  run(input: Buffer): void | Promise<void>;
}

/** An input under which a rule does not hold. */
export class Finding extends Error {
  override readonly name = 'Finding';
  readonly input: Buffer;

  constructor(input: Buffer, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.input = input;
  }
}

/** What surrounds a loop. */
export interface Surroundings {
  /** Called before each run, with its input. */
  readonly began: (input: Buffer) => void;
  /** What was thrown where nobody caught it, since this was asked last. */
  readonly stray: () => unknown;
}

/** An input that is kept because it is the shortest known that reaches a point so many times. */
interface Kept {
  readonly input: Buffer;
  /** Of how many features it is the shortest. With none left it goes. */
  features: number;
  picked: number;
}

/** How many inputs are tried between two looks at the clock. */
const BATCH = 64;
/** Counts are told apart by their size: 1, 2, 3, 4, 8, 16, 32, 128 times and more. */
const SIZES = 8;

/**
 * The loop: an input that was kept, mutated, run; it is kept if it reaches a point, or reaches it a number of times of
 * another size, that none did before, or none as short.
 */
export class Loop {
  readonly #target: Target;
  readonly #coverage: Coverage;
  readonly #surroundings: Surroundings;
  readonly #random: Random;
  /** By feature: a point and a size. */
  readonly #shortest: (Kept | undefined)[];
  #kept: Kept[] = [];
  #runs = 0;

  constructor(target: Target, coverage: Coverage, seed: number, surroundings: Surroundings) {
    this.#target = target;
    this.#coverage = coverage;
    this.#random = generator(seed);
    this.#surroundings = surroundings;
    this.#shortest = new Array(coverage.points * SIZES);
  }

  get runs(): number {
    return this.#runs;
  }

  /** The inputs that are kept. */
  get corpus(): readonly Buffer[] {
    return this.#kept.map(({ input }) => input);
  }

  /** Whether a point was reached. */
  readonly isReached = (point: number): boolean => {
    const from = point * SIZES;
    return this.#shortest.slice(from, from + SIZES).some((kept) => kept !== undefined);
  };

  /**
   * The least inputs that together reach every point, the shortest for the points that few reach.
   */
  smallest(): readonly Buffer[] {
    const points = Array.from({ length: this.#coverage.points }, (_, point) => point).filter(this.isReached);
    const shortest = points.map((point) => {
      const kept = this.#shortest.slice(point * SIZES, (point + 1) * SIZES).filter((one) => one !== undefined);
      return kept.reduce((a, b) => (b.input.length < a.input.length ? b : a)).input;
    });
    return [...new Set(shortest)];
  }

  /** @throws {Finding} */
  async replay(inputs: Iterable<Buffer>): Promise<void> {
    for (const input of inputs) await this.#run(input);
  }

  /** @throws {Finding} */
  async mutate(isOver: () => boolean): Promise<void> {
    const { tokens, maxLength } = this.#target;
    const random = this.#random;
    while (!isOver()) {
      for (let left = BATCH; left > 0; left--) {
        const one = this.#pick();
        const other = random.pick(this.#kept).input;
        const trying = this.#run(mutated(one.input, { random, other, tokens, maxLength }));
        if (trying !== undefined) await trying;
      }
    }
  }

  /** Of two the one that was picked less often: new inputs are tried most, and old ones still are. */
  #pick(): Kept {
    const [a, b] = [this.#random.pick(this.#kept), this.#random.pick(this.#kept)];
    const less = a.picked <= b.picked ? a : b;
    less.picked++;
    return less;
  }

  #run(input: Buffer): Promise<void> | undefined {
    this.#runs++;
    this.#surroundings.began(input);
    this.#coverage.reset();
    try {
      const running = this.#target.run(input);
      if (running instanceof Promise)
        return running.then(
          () => this.#ended(input),
          (error) => this.#failed(input, error),
        );
    } catch (error) {
      this.#failed(input, error);
    }
    this.#ended(input);
    return undefined;
  }

  #failed(input: Buffer, error: unknown): never {
    throw new Finding(input, error);
  }

  #ended(input: Buffer): void {
    const stray = this.#surroundings.stray();
    if (stray !== undefined) this.#failed(input, stray);
    const { hits, points } = this.#coverage;
    let kept: Kept | undefined;
    for (let point = 0; point < points; point++) {
      const count = hits[point] as number;
      if (count === 0) continue;
      const feature = point * SIZES + sizeOf(count);
      const known = this.#shortest[feature];
      if (known !== undefined && known.input.length <= input.length) continue;
      kept ??= { input, features: 0, picked: 0 };
      kept.features++;
      this.#shortest[feature] = kept;
      if (known !== undefined) known.features--;
    }
    if (kept === undefined) return;
    this.#kept = this.#kept.filter(({ features }) => features > 0);
    this.#kept.push(kept);
  }
}

function sizeOf(count: number): number {
  if (count < 4) return count - 1;
  if (count < 8) return 3;
  if (count < 16) return 4;
  if (count < 32) return 5;
  return count < 128 ? 6 : 7;
}
