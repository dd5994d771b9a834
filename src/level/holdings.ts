import { type ClientNetwork, networkOfClient, Shares } from '../store/shares.ts';

/**
 * How much each client network holds of a store that was there before. Until all records of the store have been
 * counted, the changes made meanwhile are kept apart.
 */
export class Holdings {
  readonly #shares: Shares;
  #total = 0;
  /** The changes made while records are still being counted; `undefined` once all are counted. */
  #meanwhile: Map<ClientNetwork, number> | undefined = new Map();

  /** @param alike Networks that hold less than this count as alike. */
  constructor(alike: number) {
    this.#shares = new Shares(alike);
  }

  /** What all networks hold together, as far as it is counted. */
  get total(): number {
    return this.#total;
  }

  /** The network that is to make room; `undefined` if no network holds anything, or not all records are counted yet. */
  get largest(): ClientNetwork | undefined {
    return this.#meanwhile === undefined ? this.#shares.largest() : undefined;
  }

  /** What a network holds. */
  of(network: ClientNetwork): number {
    return this.#shares.of(network);
  }

  /** Counts a record that was there before. */
  found(ip: string, amount: number): void {
    this.#total += amount;
    this.#shares.add(networkOfClient(ip), amount);
  }

  /** All records that were there before are counted: from now on the changes made meanwhile count, too. */
  complete(): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    for (const [network, by] of meanwhile) this.#apply(network, by);
  }

  /** A client holds so much more, or less if `by` is negative. */
  change(ip: string, by: number): void {
    const network = networkOfClient(ip);
    this.#total += by;
    if (this.#meanwhile === undefined) this.#apply(network, by);
    else this.#meanwhile.set(network, (this.#meanwhile.get(network) ?? 0) + by);
  }

  #apply(network: ClientNetwork, by: number): void {
    if (by > 0) this.#shares.add(network, by);
    else if (by < 0) this.#shares.remove(network, -by);
  }
}
