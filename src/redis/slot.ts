import type { Exchange, Stand } from './compare-and-set.ts';
import { foreign } from './trouble.ts';
import { NOTHING, type Value, type Values } from './values.ts';

/** One key that steps look at and change: what it is believed to hold, and what it is to hold. */
export class Slot<T> {
  readonly name: string;
  /** Whether Redis said in its last reply what the key holds. */
  readonly isStanding: boolean;
  /** Whether this process ever saw what the key holds; if not, it assumes that the key holds nothing. */
  readonly #isKnown: boolean;
  readonly #values: Values<T>;
  readonly #believed: Value<T>;
  #record: T | undefined;
  #isChanged = false;
  #next: Value<T> = NOTHING;

  /** @param standing What Redis said in its last reply. @param seen What this process saw before that. */
  constructor(name: string, values: Values<T>, standing: Value<T> | undefined, seen: Value<T> | undefined) {
    const known = standing ?? seen;
    this.name = name;
    this.isStanding = standing !== undefined;
    this.#isKnown = known !== undefined;
    this.#values = values;
    this.#believed = known ?? NOTHING;
    this.#record = this.#believed.record;
  }

  /** Whether the key holds something that is not a record of its kind. */
  get isForeign(): boolean {
    return this.#believed.isForeign;
  }

  /**
   * What the key is to hold.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` if the slot is foreign.
   */
  get record(): T | undefined {
    if (this.isForeign) throw foreign(this.name);
    return this.#record;
  }

  /** What the key is believed to hold. */
  get before(): T | undefined {
    return this.#believed.record;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  /**
   * @param record `null`: nothing.
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` if the slot is foreign: what it holds is not ours to write over.
   */
  put(record: T | null): void {
    if (this.isForeign) throw foreign(this.name);
    this.#record = record ?? undefined;
    this.#isChanged = true;
  }

  /** @param expires Whether Redis is to forget the record when it has expired. */
  exchange(expires: boolean): Exchange {
    const { name: key } = this;
    const { text } = this.#believed;
    if (this.#isChanged) this.#next = this.#values.format(this.#record);
    if (!this.#isChanged || this.#next.text === text) return { key, expected: text, value: undefined };
    const { record } = this.#next;
    if (record === undefined) return { key, expected: text, value: null };
    const expiresAtMs = expires ? this.#values.expiresAtMs(record) : undefined;
    return { key, expected: text, value: this.#next.text, expiresAtMs };
  }

  /** Takes note that the exchange was done. */
  written(): void {
    if (this.#isChanged) this.#values.note(this.name, this.#next);
  }

  /**
   * Takes note of what the key holds instead.
   *
   * @returns What the key holds, and whether another writer put that there since this process looked.
   */
  changed(stand: Stand): { readonly value: Value<T>; readonly isConflict: boolean } {
    const value = this.#values.parse(stand);
    this.#values.note(this.name, value);
    return { value, isConflict: this.#isKnown && value.text !== this.#believed.text };
  }
}
