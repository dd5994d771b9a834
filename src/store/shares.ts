import { isIPv6 } from 'node:net';
import { groupsOfIPv6, parseIPv4 } from '../address.ts';
import { NONE } from './numbers.ts';
import { SplitMap } from './split-map.ts';

/**
 * A network of clients; the networks share the room of a store. An IPv4 /24 is its first 24 bits, an IPv6 /48 is `-1 -`
 * its first 48 bits, and a name is itself. Numbers, since a store may hold half a million networks of one tuple each.
 */
export type ClientNetwork = number | string;

/**
 * The network of a client: for an IPv4 address its /24, for an IPv6 address its /48, the most that one customer is
 * given (RFC 6177). A name that stands for an address is a network of its own.
 *
 * @param ip A canonical address; or a network with its prefix length, for which its first address counts; or a name.
 */
export function networkOfClient(ip: string): ClientNetwork {
  const slash = ip.indexOf('/');
  const address = slash < 0 ? ip : ip.slice(0, slash);
  const number = parseIPv4(address);
  if (number >= 0) return number >>> 8;
  if (!isIPv6(address)) return ip;
  const [first = 0, second = 0, third = 0] = groupsOfIPv6(address);
  return -1 - ((first * 0x1_0000 + second) * 0x1_0000 + third);
}

/** How many bins there are: a share of 2^53 bytes is in the last. */
const BINS = 54;

/**
 * Counts how much each client network holds, and finds the network that holds the most: the network that fills a store
 * makes room in it. Networks are in bins by the power of two of their share. Each bin is in the order in which its
 * networks were last used. So every operation is O(1). The caller decides what is counted, bytes or records.
 *
 * A network has a slot, a small number, for as long as it holds anything. Slots index tables by network, and save
 * look-ups.
 */
export class Shares {
  readonly #alike: number;
  readonly #slots = new SplitMap<ClientNetwork, number>();
  readonly #networks: (ClientNetwork | undefined)[] = [];
  readonly #first = new Int32Array(BINS).fill(NONE);
  readonly #last = new Int32Array(BINS).fill(NONE);
  /** By slot: how much the network holds. */
  #held = new Float64Array(8);
  /** By slot: the neighbours in its bin. */
  #before = new Int32Array(8);
  #after = new Int32Array(8);
  readonly #free: number[] = [];
  #top = 0;
  #total = 0;

  /** @param alike Networks with less than this share count as alike. Default: only those in one power of two do. */
  constructor(alike = 1) {
    this.#alike = alike;
  }

  /** What all networks hold. */
  get total(): number {
    return this.#total;
  }

  /** How many networks hold anything. */
  get size(): number {
    return this.#slots.size;
  }

  /** What a network holds. */
  of(network: ClientNetwork): number {
    const slot = this.#slots.get(network);
    return slot === undefined ? 0 : (this.#held[slot] as number);
  }

  /** The network of a slot that is in use. */
  networkAt(slot: number): ClientNetwork {
    return this.#networks[slot] as ClientNetwork;
  }

  /**
   * Counts an amount that a network holds from now on. The network counts as used.
   *
   * @param amount More than 0.
   * @returns Its slot.
   */
  add(network: ClientNetwork, amount: number): number {
    const slot = this.#slots.get(network);
    if (slot === undefined) return this.#insert(network, amount);
    this.addAt(slot, amount);
    return slot;
  }

  /**
   * As {@link add}, for a network whose slot is known.
   *
   * @param amount May be negative if a record has become smaller, as long as something is left.
   */
  addAt(slot: number, amount: number): void {
    const held = this.#held[slot] as number;
    this.#unlink(slot, this.#binOf(held));
    this.#hold(slot, held + amount);
    this.#total += amount;
  }

  /** Counts an amount that a network no longer holds: at most what it holds, and nothing for an unknown network. */
  remove(network: ClientNetwork, amount: number): void {
    const slot = this.#slots.get(network);
    if (slot !== undefined) this.removeAt(slot, amount);
  }

  /** As {@link remove}, for a network whose slot is known. When nothing of its share is left, the slot is free. */
  removeAt(slot: number, amount: number): void {
    const held = this.#held[slot] as number;
    this.#unlink(slot, this.#binOf(held));
    this.#total -= Math.min(held, amount);
    if (held > amount) {
      this.#hold(slot, held - amount);
      return;
    }
    this.#slots.delete(this.networkAt(slot));
    this.#networks[slot] = undefined;
    this.#free.push(slot);
  }

  /** Marks a network as used: of the networks that hold as much, it is the last to make room. */
  touchAt(slot: number): void {
    const bin = this.#binOf(this.#held[slot] as number);
    if (this.#last[bin] === slot) return;
    this.#unlink(slot, bin);
    this.#link(slot, bin);
  }

  /**
   * The network that is to make room for one more record of `network`. This is `network` itself if it is in the highest
   * bin, so that no network takes room from a network that holds less. Otherwise it is the longest unused network of
   * the highest bin. To be called before the record is counted.
   *
   * @param network Default: none. Then the result is always the longest unused network of the highest bin.
   * @returns `undefined` if no network holds anything.
   */
  largest(network?: ClientNetwork): ClientNetwork | undefined {
    const slot = this.largestAt(network);
    return slot === undefined ? undefined : this.networkAt(slot);
  }

  /** As {@link largest}, but returns the slot. */
  largestAt(network?: ClientNetwork): number | undefined {
    if (this.#slots.size === 0) return undefined;
    const own = network === undefined ? undefined : this.#slots.get(network);
    if (own !== undefined && this.#binOf(this.#held[own] as number) === this.#top) return own;
    return this.#first[this.#top] as number;
  }

  #insert(network: ClientNetwork, amount: number): number {
    const slot = this.#free.pop() ?? this.#networks.length;
    if (slot === this.#held.length) this.#grow();
    this.#networks[slot] = network;
    this.#slots.set(network, slot);
    this.#hold(slot, amount);
    this.#total += amount;
    return slot;
  }

  #hold(slot: number, amount: number): void {
    this.#held[slot] = amount;
    this.#link(slot, this.#binOf(amount));
  }

  /** The bin of a share: its power of two. */
  #binOf(held: number): number {
    const share = held < this.#alike ? this.#alike : held;
    return share < 0x8000_0000 ? 31 - Math.clz32(share) : 62 - Math.clz32(share / 0x8000_0000);
  }

  #link(slot: number, bin: number): void {
    const last = this.#last[bin] as number;
    this.#before[slot] = last;
    this.#after[slot] = NONE;
    if (last === NONE) this.#first[bin] = slot;
    else this.#after[last] = slot;
    this.#last[bin] = slot;
    if (bin > this.#top) this.#top = bin;
  }

  #unlink(slot: number, bin: number): void {
    const before = this.#before[slot] as number;
    const after = this.#after[slot] as number;
    if (before === NONE) this.#first[bin] = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last[bin] = before;
    else this.#before[after] = before;
    while (this.#top > 0 && this.#first[this.#top] === NONE) this.#top--;
  }

  #grow(): void {
    const length = this.#held.length * 2;
    const held = new Float64Array(length);
    const before = new Int32Array(length);
    const after = new Int32Array(length);
    held.set(this.#held);
    before.set(this.#before);
    after.set(this.#after);
    this.#held = held;
    this.#before = before;
    this.#after = after;
  }
}
