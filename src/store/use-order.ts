import { doubled, NONE } from './numbers.ts';
import { type ClientNetwork, Shares } from './shares.ts';

/** Networks that hold less are alike: one with a usual tuple is no smaller than one whose tuple is a little shorter. */
const ALIKE = 512;
/** How many that were used since are passed over, at most, before one has to make room all the same. */
const CHANCES = 64;

/**
 * The places of records in a {@link UseOrder}, by the record's number in its table: four numbers and a flag each instead of
 * an object, a third of the size. Several orders over different records of one table share them.
 */
export class Places {
  // Of different lengths, so that they grow at different times: at a million records each takes some milliseconds.
  /** The slot of its network, see `Shares`. */
  slot = new Int32Array(8);
  /** What it takes, bytes; only changed while it is in no order. */
  bytes = new Int32Array(9);
  /** The one of its network that was used before it. */
  before = new Int32Array(10);
  /** The one of its network that was used after it. */
  after = new Int32Array(11);
  /** Whether it was used since it came, or was last passed over. */
  used = new Uint8Array(12);

  /** One was used. */
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
 * Records by client network, and which is to make room: the one longest unused of the network that holds the most, as near as
 * a second chance comes to it. To use one only notes that: to move it in its order would touch memory in six places, most of
 * what a look-up costs.
 */
export class UseOrder {
  readonly #places: Places;
  readonly #shares = new Shares(ALIKE);
  /** By slot of the network. */
  #oldest = new Int32Array(8).fill(NONE);
  #newest = new Int32Array(8).fill(NONE);
  #size = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** What all of them take. */
  get bytes(): number {
    return this.#shares.total;
  }

  /** Puts one in that has a place, as the one used last. */
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

  /** Takes one out. @returns Its network. */
  unlink(index: number): ClientNetwork {
    const slot = this.#places.slot[index] as number;
    const network = this.#shares.networkAt(slot);
    this.#detach(index, slot);
    this.#shares.removeAt(slot, this.#places.bytes[index] as number);
    this.#size--;
    return network;
  }

  /** The one that is to make room for another of a network, see `Shares.largest`; `undefined` when there is none. */
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
