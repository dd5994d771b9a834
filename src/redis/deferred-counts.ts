import type { TimedClock, Timer } from '../clock.ts';
import { addedCounts } from '../rules/counts.ts';
import type { Counts } from '../rules/step.ts';
import { trouble } from './trouble.ts';

/** How long counts are put off at the most, and about how often those of an address are written. Seconds. */
const PERIOD = 1;
/**
 * For how many addresses counts may be put off at the same time. Counts of further addresses are written immediately.
 */
const MAX_ADDRESSES = 16_384;
/**
 * How many characters the names of these addresses may have together: a name that stands for an address may be long.
 */
const MAX_CHARACTERS = 2 ** 20;
/** How many addresses are written at the same time. */
const SLICE = 256;

/**
 * Counts of attempts on addresses that are not in Redis yet. The first count of an address is written at once. The
 * counts of the second that follows are added up and written together, so that a busy client does not make processes
 * contend.
 */
export class DeferredCounts {
  readonly #clock: TimedClock;
  readonly #write: (ip: string) => Promise<void>;
  /** By address; `undefined`: its counts were written in this period, and nothing was put off since. */
  #owed = new Map<string, Counts | undefined>();
  #characters = 0;
  #lost = 0;
  #timer: Timer | undefined;
  #closed = false;

  /** @param write Writes the counts that are owed of an address, and then reports that by {@link written}. */
  constructor(clock: TimedClock, write: (ip: string) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  /**
   * How many attempts are not counted because counts of too many addresses were put off, while Redis took no writes.
   */
  get lost(): number {
    return this.#lost;
  }

  /** The counts of an address that are put off. */
  owed(ip: string): Counts | undefined {
    return this.#owed.get(ip);
  }

  /** Whether counts of an address are to be put off rather than written now. */
  isBusy(ip: string): boolean {
    return !this.#closed && this.#owed.has(ip);
  }

  /** Takes note that the counts of an address were written, all owed counts included. */
  written(ip: string): void {
    this.#set(ip, undefined);
    this.#arm();
  }

  /** Puts counts off, because the address is busy, or because they could not be written. */
  put(ip: string, counts: Counts): void {
    const owed = this.#owed.get(ip);
    const hasRoom = this.#set(ip, owed === undefined ? counts : addedCounts(owed, counts));
    if (!hasRoom) this.#lost += counts.blocked + counts.passed;
    this.#arm();
  }

  /**
   * Writes all counts that are owed. Counts that cannot be written stay owed; the promise rejects with the first error.
   */
  flush(): Promise<void> {
    return this.#writeAll([...this.#allOwed().keys()]);
  }

  /** Puts no counts off any more, and writes those that are owed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    let tried: ReadonlyMap<string, Counts> = new Map();
    // Steps that were under way may put off more counts meanwhile.
    for (let owed = this.#allOwed(); hasOthers(owed, tried); owed = this.#allOwed()) {
      tried = owed;
      await this.#writeAll([...owed.keys()]);
    }
    const left = this.#allOwed().size;
    if (left > 0) throw trouble(`it takes no writes: what was counted on ${left} addresses is lost`);
  }

  #allOwed(): Map<string, Counts> {
    return new Map([...this.#owed].filter((each): each is [string, Counts] => each[1] !== undefined));
  }

  async #writeAll(ips: readonly string[]): Promise<void> {
    let failure: PromiseRejectedResult | undefined;
    for (let from = 0; from < ips.length; from += SLICE) {
      const written = await Promise.allSettled(ips.slice(from, from + SLICE).map((ip) => this.#write(ip)));
      const failures = written.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      failure ??= failures[0];
      // An address that cannot be written does not stop the others. If none of a slice can be written, the rest is left
      // for later.
      if (failures.length === written.length) break;
    }
    if (failure !== undefined) throw failure.reason;
  }

  /** @returns Whether there was room. */
  #set(ip: string, counts: Counts | undefined): boolean {
    if (!this.#owed.has(ip)) {
      if (this.#owed.size >= MAX_ADDRESSES || this.#characters + ip.length > MAX_CHARACTERS) return false;
      this.#characters += ip.length;
    }
    this.#owed.set(ip, counts);
    return true;
  }

  #arm(): void {
    if (this.#closed || this.#owed.size === 0) return;
    this.#timer ??= this.#clock.setTimer(PERIOD, () => void this.#tick(), { unref: true });
  }

  async #tick(): Promise<void> {
    for (const [ip, counts] of this.#owed) {
      if (counts !== undefined) continue;
      this.#owed.delete(ip);
      this.#characters -= ip.length;
    }
    // Counts that cannot be written are tried again in a second: they are still owed.
    await this.flush().catch(() => {});
    this.#timer = undefined;
    this.#arm();
  }
}

/** Whether some of the owed counts are not among others. */
function hasOthers(owed: ReadonlyMap<string, Counts>, others: ReadonlyMap<string, Counts>): boolean {
  return [...owed].some(([ip, counts]) => others.get(ip) !== counts);
}
