import { doubled, NONE } from './numbers.ts';
import { type ClientNetwork, Shares } from './shares.ts';

/** Networks with fewer bytes count as alike, so that one usual tuple is not more than a slightly shorter tuple. */
const ALIKE = 512;
/** How many used records are passed over at most, before a used record has to make room all the same. */
const CHANCES = 64;

/**
 * The places of records in a {@link UseOrder}, by the record's number in its table. A place is four numbers and a flag
 * instead of an object, a third of the size. Several orders over different records of one table share the places.
 */
export class Places {
  // The lengths differ, so that the arrays grow at different times: at a million records each takes some milliseconds.
  /** The slot of the record's network, see `Shares`. */
  slot = new Int32Array(8);
  /** The bytes that the record takes; only changed while the record is in no order. */
  bytes = new Int32Array(9);
  /** The record of the same network that was used before it. */
  before = new Int32Array(10);
  /** The record of the same network that was used after it. */
  after = new Int32Array(11);
  /** Whether the record was used since it arrived, or since it was last passed over. */
  used = new Uint8Array(12);

  /** Notes that a record was used. */
  touch(index: number): void {
    this.used[index] = 1;
  }

  /** Makes a place for a record. */
  include(index: number): void {
    if (index >= this.slot.length) this.slot = doubled(this.slot);
    if (index >= this.bytes.length) this.bytes = doubled(this.bytes);
    if (index >= this.before.length) this.before = doubled(this.before);
    if (index >= this.after.length) this.after = doubled(this.after);
    if (index < this.used.length) return;
    const used = new Uint8Array(this.used.length * 2);
    used.set(this.used);
    this.used = used;
  }
}

/**
 * Records by client network. The record that is to make room is the longest unused of the network that holds the most,
 * as nearly as the second-chance algorithm finds it. The use of a record is only noted. To move the record in its order
 * would touch memory in six places, most of the cost of a look-up.
 */
export class UseOrder {
  readonly #places: Places;
  readonly #shares = new Shares(ALIKE);
  /** By slot of the network: its oldest record, and below its newest. */
  #oldest = new Int32Array(8).fill(NONE);
  #newest = new Int32Array(8).fill(NONE);
  #size = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** The bytes that all records take. */
  get bytes(): number {
    return this.#shares.total;
  }

  /** Adds a record that has a place, as the last used. */
  link(index: number, network: ClientNetwork): void {
    const slot = this.#shares.add(network, this.#places.bytes[index] as number);
    if (slot === this.#oldest.length) {
      this.#oldest = doubled(this.#oldest).fill(NONE, slot);
      this.#newest = doubled(this.#newest).fill(NONE, slot);
    }
    this.#places.slot[index] = slot;
    this.#places.used[index] = 0;
    this.#append(index, slot);
    this.#size++;
  }

  /** Removes a record. @returns Its network. */
  unlink(index: number): ClientNetwork {
    const slot = this.#places.slot[index] as number;
    const network = this.#shares.networkAt(slot);
    this.#detach(index, slot);
    this.#shares.removeAt(slot, this.#places.bytes[index] as number);
    this.#size--;
    return network;
  }

  /** The record that is to make room for another of a network, see `Shares.largest`; `undefined` if there is none. */
  longestUnused(network: ClientNetwork): number | undefined {
    const { used } = this.#places;
    for (let chances = CHANCES; ; chances--) {
      const slot = this.#shares.largestAt(network);
      if (slot === undefined) return undefined;
      const index = this.#oldest[slot] as number;
      if (chances === 0 || used[index] === 0) return index;
      used[index] = 0;
      this.#renew(index, slot);
    }
  }

  #renew(index: number, slot: number): void {
    this.#shares.touchAt(slot);
    if (this.#newest[slot] === index) return;
    this.#detach(index, slot);
    this.#append(index, slot);
  }

  #append(index: number, slot: number): void {
    const { before, after } = this.#places;
    const newest = this.#newest[slot] as number;
    before[index] = newest;
    after[index] = NONE;
    if (newest === NONE) this.#oldest[slot] = index;
    else after[newest] = index;
    this.#newest[slot] = index;
  }

  #detach(index: number, slot: number): void {
    const places = this.#places;
    const before = places.before[index] as number;
    const after = places.after[index] as number;
    if (before === NONE) this.#oldest[slot] = after;
    else places.after[before] = after;
    if (after === NONE) this.#newest[slot] = before;
    else places.before[after] = before;
  }
}
