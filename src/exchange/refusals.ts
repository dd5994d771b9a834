import { LRUCache } from 'lru-cache';
import type { RefusedConnection } from './channel.ts';

/** An address from which came who has no key of the group, and how often. */
export interface ExchangeRefusal extends RefusedConnection {
  /** How many connections, since the last of it that was authenticated. */
  readonly count: number;
  /** When the last was, Unix seconds. */
  readonly last: number;
}

/** So many addresses are remembered, those that came last. */
const MAX = 64;
/** So many in a row are no host that tries its keys one after the other while they are rotated. */
const WARN_AFTER = 3;
/** Of so many addresses is warned: a port that is open to all is tried by many. */
const MAX_WARNED = 64;

/** Who came in without a key of the group. */
export class Refusals {
  readonly #refusals = new LRUCache<string, ExchangeRefusal>({ max: MAX });
  readonly #warned = new Set<string>();

  /** @returns Whether it is time to warn of that address: once. */
  add(refused: RefusedConnection, now: number): boolean {
    const { address } = refused;
    const count = 1 + (this.#refusals.get(address)?.count ?? 0);
    this.#refusals.set(address, { ...refused, count, last: Math.floor(now) });
    if (count < WARN_AFTER || this.#warned.has(address) || this.#warned.size >= MAX_WARNED) return false;
    this.#warned.add(address);
    return true;
  }

  /** It was authenticated. */
  forget(address: string): void {
    this.#refusals.delete(address);
    this.#warned.delete(address);
  }

  /** Those that came last are the first. */
  get all(): readonly ExchangeRefusal[] {
    return [...this.#refusals.values()];
  }
}
