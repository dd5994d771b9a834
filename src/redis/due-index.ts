import type { TimedClock } from '../clock.ts';
import type { Calls } from './calls.ts';
import type { ForeignItems } from './foreign.ts';
import type { Keys } from './keys.ts';
import { asNumber, asTexts } from './replies.ts';
import { slotTags } from './slots.ts';

/** How many addresses of an index are read at a time, and how many indexes of a cluster. */
const PAGE = 100;
const INDEXES = 64;
/** How often all slots of a cluster are asked what is due there, seconds: other processes write to them, too. */
const LOOK_THROUGH = 3600;

/** Options of a due index. */
export interface DueIndexOptions {
  readonly clock: TimedClock;
  /** Whether each slot has an index. */
  readonly cluster: boolean;
}

/**
 * The addresses, in order of their announced expiry. In a cluster each slot has an index. There are so many slots that
 * a sweep asks only the indexes that this process wrote to, and those that were in use when it last looked through all
 * slots.
 */
export class DueIndex {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #foreign: ForeignItems;
  readonly #clock: TimedClock;
  readonly #cluster: boolean;
  /** The hash tags of the indexes in use. */
  #tags = new Set<string>();
  /** When all slots were looked through, by the monotonic clock. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param foreign Takes note of an index of another type, in which nothing is due. */
  constructor(calls: Calls, keys: Keys, foreign: ForeignItems, { clock, cluster }: DueIndexOptions) {
    this.#calls = calls;
    this.#keys = keys;
    this.#foreign = foreign;
    this.#clock = clock;
    this.#cluster = cluster;
  }

  /** Takes note that an address was put into its index. */
  note(ip: string): void {
    if (this.#cluster) this.#tags.add(this.#keys.dueTag(ip));
  }

  /**
   * The addresses whose announced expiry has passed, in slices. Addresses that stay in the index are returned once,
   * too.
   */
  async *due(now: number): AsyncIterable<readonly string[]> {
    if (!this.#cluster) {
      yield* this.#dueIn(this.#keys.due(''), now);
      return;
    }
    if (this.#clock.monotonic() - this.#lookedAt >= LOOK_THROUGH) await this.#lookThrough();
    for (const tag of [...this.#tags]) yield* this.#dueIn(this.#keys.dueByTag(tag), now);
  }

  async *#dueIn(index: string, now: number): AsyncIterable<readonly string[]> {
    let passedOver = 0;
    let seen: readonly string[] = [];
    for (;;) {
      const range = ['ZRANGEBYSCORE', index, '-inf', `${now}`, 'LIMIT', `${passedOver}`, `${PAGE}`];
      const page = asTexts(await this.#foreign.passOver(index, this.#calls.send(index, range), []));
      // The caller has moved or removed most addresses of the last slice; the rest of them are at the front.
      const unseen = page.filter((ip) => !seen.includes(ip));
      if (unseen.length > 0) yield unseen;
      if (page.length < PAGE) return;
      passedOver += page.length - unseen.length;
      seen = page;
    }
  }

  async #lookThrough(): Promise<void> {
    // If that fails, all slots are looked through again the next time.
    this.#tags = new Set();
    const tags = slotTags();
    for (let from = 0; from < tags.length; from += INDEXES) {
      await Promise.all(tags.slice(from, from + INDEXES).map((tag) => this.#look(tag)));
    }
    this.#lookedAt = this.#clock.monotonic();
  }

  async #look(tag: string): Promise<void> {
    const index = this.#keys.dueByTag(tag);
    const size = await this.#foreign.passOver(index, this.#calls.send(index, ['ZCARD', index]), 0);
    if (asNumber(size) > 0) this.#tags.add(tag);
  }
}
