import { ArrivalOrder } from './arrival-order.ts';
import { type ClientNetwork, networkOfClient } from './shares.ts';
import { SplitMap } from './split-map.ts';
import { Places, UseOrder } from './use-order.ts';

/** How many records are looked at before the event loop gets its turn: a fraction of a millisecond. */
const SLICE = 2000;
/** The part of a table that is reserved for records that yield: an eighth. */
const RESERVED = 8;

/** Some of the records of a table. */
export interface Slice<R> {
  readonly items: readonly (readonly [key: string, record: R])[];
  readonly isLast: boolean;
}

export interface FairTableOptions<R> {
  /** How many records are kept. */
  readonly max: number;
  /** The most bytes that the records may take. */
  readonly maxBytes: number;
  /** The bytes that a record takes, with all that is kept for it, but without its key. */
  readonly sizeOf: (record: R) => number;
  /** Writes a record over a known one. */
  readonly overwrite: (record: R, by: R) => void;
  /** Called with each record that a bound pushes out or keeps out. */
  readonly onEvicted: (record: R) => void;
  /**
   * Whether a record yields: such records make room for the others, and never push out one of the others. An eighth of
   * the table is reserved for records that yield. Default: none yields.
   */
  readonly yields?: (record: R) => boolean;
}

/**
 * Records by key, bounded in number and bytes. To make room, the table removes the longest unused record of the client
 * network that holds the most. So no network pushes out the records of a network that holds less. A table can be
 * iterated while it is in use.
 *
 * A record has a number for as long as it is in the table. The number gives its place in the order of use.
 */
export class FairTable<R extends object> {
  readonly #options: FairTableOptions<R>;
  readonly #numbers = new SplitMap<string, number>();
  readonly #order = new ArrivalOrder();
  readonly #keys: (string | undefined)[] = [];
  readonly #records: (R | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #places = new Places();
  readonly #firm = new UseOrder(this.#places);
  readonly #yielding = new UseOrder(this.#places);
  /** By number: whether the record yields. Empty if none yields. */
  readonly #yields: boolean[] = [];
  readonly #maxFirm: number;
  readonly #maxFirmBytes: number;

  constructor(options: FairTableOptions<R>) {
    this.#options = options;
    const { max, maxBytes, yields } = options;
    this.#maxFirm = yields === undefined ? max : max - Math.floor(max / RESERVED);
    this.#maxFirmBytes = yields === undefined ? maxBytes : maxBytes - Math.floor(maxBytes / RESERVED);
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** The bytes that the records take. */
  get bytes(): number {
    return this.#firm.bytes + this.#yielding.bytes;
  }

  /** The number of the record of a key, which then counts as used; `undefined` if there is no such record. */
  find(key: string): number | undefined {
    const number = this.#numbers.get(key);
    if (number !== undefined) this.#places.touch(number);
    return number;
  }

  /** The record of a number. It changes when another record is put over it. */
  at(number: number): R {
    return this.#records[number] as R;
  }

  /**
   * Puts a record over a known one; `null` removes it.
   *
   * @param client The address that the record is of, or the network or name that stands for it.
   * @param known What {@link find} returned for the key, if the caller has it at hand.
   */
  put(key: string, client: string, record: R | null, known = this.#numbers.get(key)): void {
    if (record === null) {
      if (known !== undefined) this.#remove(known);
    } else if (known === undefined) this.#add(key, client, record);
    else {
      const before = this.sizeAt(known);
      this.#options.overwrite(this.at(known), record);
      this.changed(known, before);
    }
  }

  /** The bytes that the record of a number takes, without its key. */
  sizeAt(number: number): number {
    return this.#options.sizeOf(this.at(number));
  }

  /**
   * To be called after a record was changed in place: its size, and whether it yields, may have changed.
   *
   * @param before What {@link sizeAt} returned before the change.
   */
  changed(number: number, before: number): void {
    const more = this.sizeAt(number) - before;
    const yields = this.#isYielding(this.at(number));
    if (more === 0 && yields === this.#isInYielding(number)) return;
    const bytes = (this.#places.bytes[number] as number) + more;
    const network = this.#orderOf(number).unlink(number);
    if (this.#makeRoom(yields, network, bytes)) this.#link(number, network, bytes, yields);
    else this.#evicted(number);
  }

  /**
   * The records that are there now, in slices. The caller should let the event loop turn between two slices. Records
   * that arrive meanwhile are left out.
   *
   * @param isWanted Which records to return. Default: all.
   */
  *slices(isWanted: (record: R) => boolean = () => true): Generator<Slice<R>, void> {
    let left = this.size;
    let items: [string, R][] = [];
    for (const number of this.#order) {
      if (left-- === 0) break;
      const record = this.at(number);
      if (isWanted(record)) items.push([this.#keyAt(number), record]);
      if (left % SLICE !== 0 || left === 0) continue;
      yield { items, isLast: false };
      items = [];
    }
    yield { items, isLast: true };
  }

  #add(key: string, client: string, record: R): void {
    const yields = this.#isYielding(record);
    const bytes = key.length + this.#options.sizeOf(record);
    const network = networkOfClient(client);
    if (!this.#makeRoom(yields, network, bytes)) {
      this.#options.onEvicted(record);
      return;
    }
    const number = this.#free.pop() ?? this.#keys.length;
    this.#places.include(number);
    this.#keys[number] = key;
    this.#records[number] = record;
    this.#numbers.set(key, number);
    this.#order.append(number);
    this.#link(number, network, bytes, yields);
  }

  #link(number: number, network: ClientNetwork, bytes: number, yields: boolean): void {
    this.#places.bytes[number] = bytes;
    if (this.#options.yields !== undefined) this.#yields[number] = yields;
    this.#orderOf(number).link(number, network);
  }

  #remove(number: number): void {
    this.#orderOf(number).unlink(number);
    this.#forget(number);
  }

  /** @param number The number of a record that is no longer in an order of use. */
  #evicted(number: number): void {
    const record = this.at(number);
    this.#forget(number);
    this.#options.onEvicted(record);
  }

  #forget(number: number): void {
    this.#numbers.delete(this.#keyAt(number));
    this.#order.remove(number);
    this.#keys[number] = undefined;
    this.#records[number] = undefined;
    this.#free.push(number);
  }

  #keyAt(number: number): string {
    return this.#keys[number] as string;
  }

  #isYielding(record: R): boolean {
    return this.#options.yields?.(record) === true;
  }

  #orderOf(number: number): UseOrder {
    return this.#isInYielding(number) ? this.#yielding : this.#firm;
  }

  #isInYielding(number: number): boolean {
    return this.#yields[number] === true;
  }

  /** @returns Whether there is room for another record of a network. */
  #makeRoom(yields: boolean, network: ClientNetwork, bytes: number): boolean {
    if (bytes > this.#maxFirmBytes) return false;
    for (;;) {
      const full = this.#tooFull(yields, bytes);
      if (full === undefined) return true;
      const oldest = full.longestUnused(network);
      if (oldest === undefined) return false;
      full.unlink(oldest);
      this.#evicted(oldest);
    }
  }

  /** Which records must make room for one more, if any. */
  #tooFull(yields: boolean, bytes: number): UseOrder | undefined {
    const firm = this.#firm;
    const yielding = this.#yielding;
    if (!yields && (firm.size >= this.#maxFirm || firm.bytes + bytes > this.#maxFirmBytes)) return firm;
    const { max, maxBytes } = this.#options;
    return firm.size + yielding.size >= max || this.bytes + bytes > maxBytes ? yielding : undefined;
  }
}
