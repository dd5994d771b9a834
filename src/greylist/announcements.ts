import { canonicalAddress, parseIPv4 } from '../address.ts';
import { type Entry, type Group, leftOut } from '../entry.ts';
import type { GreylistCounters } from './stats.ts';

/** How many entries are announced again in a batch. The next batch waits until the peer has sent it, at its rate. */
const BATCH = 850;

/** The most entries that wait to be announced again. Further addresses stay due for the next sweep. */
const MAX_WAITING = 20_000;

export interface AnnouncementsOptions {
  readonly counters: GreylistCounters;
  readonly onFailed: (error: unknown) => void;
}

/** Announces to the group. The caller never waits for that, and never gets its errors. */
export class Announcements {
  readonly #group: Group | undefined;
  readonly #options: AnnouncementsOptions;
  #waiting = 0;

  constructor(group: Group | undefined, options: AnnouncementsOptions) {
    this.#group = group;
    this.#options = options;
  }

  /** Announces an entry if the group has a form for it. Without a form for IPv6, such a client stays on this host. */
  announce(entry: Entry): void {
    if (this.#group !== undefined && this.#hasForm(entry)) void this.#announce(this.#group, [entry], false);
  }

  /** How many more entries may be announced again now: earlier entries may still wait. */
  get room(): number {
    return MAX_WAITING - this.#waiting;
  }

  /**
   * Announces entries that were decided earlier. After a long stop there may be more than a peer would queue at once.
   *
   * @returns How many of them the group has a form for.
   */
  announceAgain(entries: readonly Entry[]): number {
    if (this.#group === undefined) return 0;
    const announced = entries.filter((entry) => this.#hasForm(entry));
    void this.#inTurn(this.#group, announced);
    return announced.length;
  }

  async #inTurn(group: Group, entries: readonly Entry[]): Promise<void> {
    this.#waiting += entries.length;
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH);
      await this.#announce(group, batch, true);
      this.#waiting -= batch.length;
    }
  }

  async #announce(group: Group, entries: readonly Entry[], backdated: boolean): Promise<void> {
    const { counters, onFailed } = this.#options;
    counters.announced += entries.length;
    try {
      const lost = leftOut(await group.announce(entries, { backdated }), 'closed', 'overload');
      counters.unannounced += lost;
      if (lost > 0) onFailed(new Error(`${lost} entries were too many, or still waited when the peer was closed`));
    } catch (error) {
      counters.unannounced += entries.length;
      onFailed(error);
    }
  }

  /** Whether the group has a form for an entry. It has none for a pool, which is not a single address. */
  #hasForm({ ip }: Entry): boolean {
    return parseIPv4(ip) >= 0 || (this.#group?.ipv6 === true && canonicalAddress(ip) !== undefined);
  }
}
