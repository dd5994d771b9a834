import { LRUCache } from 'lru-cache';
import type { RefusedConnection } from './channel.ts';

/** An address from which connections without a key of the group came, and how many. */
export interface ExchangeRefusal extends RefusedConnection {
  /** How many such connections came since the last one from there that was authenticated. */
  readonly count: number;
  /** When the last one came, Unix seconds. */
  readonly last: number;
}

/** How many addresses are remembered: those that came last. */
const MAX = 64;
/**
 * After how many refusals in a row an address is warned of. Fewer may come from a host that tries its keys one after
 * the other during a rotation.
 */
const WARN_AFTER = 3;
/** How many addresses are warned of. The number has a limit because many try a port that is open to all. */
const MAX_WARNED = 64;

/** The addresses from which connections without a key of the group came. */
export class Refusals {
  readonly #refusals = new LRUCache<string, ExchangeRefusal>({ max: MAX });
  readonly #warned = new Set<string>();

  /** @returns Whether to warn of the address now. That is so once for each address. */
  add(refused: RefusedConnection, now: number): boolean {
    const { address } = refused;
    const count = 1 + (this.#refusals.get(address)?.count ?? 0);
    this.#refusals.set(address, { ...refused, count, last: Math.floor(now) });
    if (count < WARN_AFTER || this.#warned.has(address) || this.#warned.size >= MAX_WARNED) return false;
    this.#warned.add(address);
    return true;
  }

  /** Forgets an address, since a connection from there was authenticated. */
  forget(address: string): void {
    this.#refusals.delete(address);
    this.#warned.delete(address);
  }

  /** The address that came last is the first. */
  get all(): readonly ExchangeRefusal[] {
    return [...this.#refusals.values()];
  }
}
