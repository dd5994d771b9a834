import { networkOfClient, Shares } from '../store/shares.ts';

/** How many records any network may hold, as long as anything is free at all. */
const FLOOR = 8;
/**
 * A network may hold one part in so many of what is free, so that a few large networks never leave the others without
 * room.
 */
const PART = 64;
/** One part in so many of the bound is reserved for networks below the floor. */
const RESERVED = 8;
/** The times when records expire are kept in steps of so many seconds. */
const STEP = 300;

/**
 * Counts, by client network, the records that this process put into Redis for clients and that have not expired yet, so
 * that no network fills Redis. Redis removes expired records by itself. Other processes count their own records.
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
   * @param pending How many more records the network is about to have, which are not put in yet.
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
