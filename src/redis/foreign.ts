import type { SpamdSyncError } from '../errors.ts';
import { foreign, isForeign } from './trouble.ts';

/** How many names are remembered as reported; what is found beyond that is counted alone. */
const MAX_NAMES = 1000;
/** How much of a name is shown and remembered. */
const MAX_LENGTH = 200;

/** What lies under our keys and is not ours: each costs itself alone, is counted each time, and reported once. */
export class ForeignItems {
  readonly #report: (error: SpamdSyncError) => void;
  readonly #reported = new Set<string>();
  #count = 0;

  constructor(report: (error: SpamdSyncError) => void) {
    this.#report = report;
  }

  /** How often something foreign was found. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes note of something foreign.
   *
   * @param name A key; or a key and what of it is foreign.
   * @returns What it costs.
   */
  found(name: string): SpamdSyncError {
    this.#count++;
    const shown = name.slice(0, MAX_LENGTH);
    const error = foreign(shown);
    if (!this.#reported.has(shown) && this.#reported.size < MAX_NAMES) {
      this.#reported.add(shown);
      this.#report(error);
    }
    return error;
  }

  /** What a command over a key answers, or `instead` where that holds another type: it then has nothing of ours. */
  async passOver<T>(key: string, reply: Promise<T>, instead: T): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      if (!isForeign(error)) throw error;
      this.found(key);
      return instead;
    }
  }
}
