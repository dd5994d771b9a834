import type { Calls } from './calls.ts';
import { compareAndSet } from './compare-and-set.ts';

/** The right of one process of a scope to lead, for as long as it renews it. */
export class Lease {
  readonly #calls: Calls;
  readonly #key: string;
  readonly #token: string;
  readonly #ms: number;
  /** What the key is believed to hold: this process's token, or nothing. */
  #believed: string | undefined;

  /** @param token What no other process has. @param ms How long it holds unless it is renewed, milliseconds. */
  constructor(calls: Calls, key: string, token: string, ms: number) {
    this.#calls = calls;
    this.#key = key;
    this.#token = token;
    this.#ms = ms;
  }

  /**
   * Takes or renews it.
   *
   * @returns Whether this process holds it, and the server's time, Unix seconds.
   */
  async hold(): Promise<{ readonly isHeld: boolean; readonly now: number }> {
    return this.#exchange(this.#token);
  }

  /** Gives it up, if this process holds it. */
  async release(): Promise<void> {
    await this.#exchange(null);
  }

  async #exchange(value: string | null): Promise<{ readonly isHeld: boolean; readonly now: number }> {
    const expires = value === null ? undefined : { inMs: this.#ms };
    for (;;) {
      const exchange = { key: this.#key, expected: this.#believed, value, expires };
      const { done, time, stands } = await compareAndSet(this.#calls, [exchange]);
      if (done) {
        this.#believed = value ?? undefined;
        return { isHeld: value !== null, now: Math.floor(time) };
      }
      const holder = stands[0];
      const isOthers = holder !== undefined && holder !== this.#token;
      this.#believed = isOthers ? undefined : holder;
      if (isOthers) return { isHeld: false, now: Math.floor(time) };
    }
  }
}
