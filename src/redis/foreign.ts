import type { SpamdSyncError } from '../errors.ts';
import { foreign, isForeign } from './trouble.ts';

/** How many names are remembered as reported. What is found beyond that is only counted. */
const MAX_NAMES = 1000;
/** How many characters of a name are shown and remembered. */
const MAX_LENGTH = 200;

/**
 * Things under our keys that are not ours. Each of them affects nothing but itself. It is counted each time that it is
 * found, and reported once.
 */
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
   * @returns The error for a call that depends on it.
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

  /** What a command over a key answers, or `instead` if the key holds another type: then it holds nothing of ours. */
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
