import { networkOfClient, Shares } from '../store/shares.ts';

/** What any network may hold, until nothing is free at all. */
const FLOOR = 8;
/** A network may hold this part of what is free, and no more: a few large ones never leave the others without. */
const PART = 64;
/** This part of the bound is for networks below the floor. */
const RESERVED = 8;
/** In steps of so many seconds it is known when records expire. */
const STEP = 300;

/**
 * What this process put into Redis for clients and has not expired yet, by client network, so that none of them fills it.
 * Redis removes what has expired by itself, and other processes count their own.
 */
export class Admission {
  readonly #max: number;
  readonly #shares = new Shares();
  /** How many records of each network expire in a step. */
  readonly #expiring = new Map<number, Map<ReturnType<typeof networkOfClient>, number>>();
  #next = Number.POSITIVE_INFINITY;
  #keptOut = 0;

  /** @param max How many records there may be. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many records were kept out. */
  get keptOut(): number {
    return this.#keptOut;
  }

  /**
   * Whether a network may have one more record.
   *
   * @param now Unix seconds.
   * @param pending How many more it is about to have, which are not yet put in.
   */
  admits(ip: string, now: number, pending = 0): boolean {
    this.#expire(now);
    const total = this.#shares.total + pending;
    const held = this.#shares.of(networkOfClient(ip)) + pending;
    const free = this.#max - this.#max / RESERVED - total;
    return total < this.#max && held < Math.max(FLOOR, free / PART);
  }

  /** Counts records that were kept out. */
  refused(count: number): void {
    this.#keptOut += count;
  }

  /** Takes note of a record that was put in. @param expires Unix seconds. */
  added(ip: string, expires: number): void {
    const network = networkOfClient(ip);
    const step = Math.ceil(expires / STEP);
    const counts = this.#expiring.get(step) ?? new Map();
    counts.set(network, (counts.get(network) ?? 0) + 1);
    this.#expiring.set(step, counts);
    this.#next = Math.min(this.#next, step);
    this.#shares.add(network, 1);
  }

  #expire(now: number): void {
    if (this.#next * STEP > now) return;
    for (const [step, counts] of this.#expiring) {
      if (step * STEP > now) continue;
      for (const [network, count] of counts) this.#shares.remove(network, count);
      this.#expiring.delete(step);
    }
    this.#next = Number.POSITIVE_INFINITY;
    for (const step of this.#expiring.keys()) this.#next = Math.min(this.#next, step);
  }
}
