import { canonicalAddress, parseIPv4 } from '../address.ts';
import { type Entry, type Group, leftOut } from '../entry.ts';
import type { GreylistCounters } from './stats.ts';

/** How many entries are announced again before the next have to wait until those are on their way, at the peer's rate. */
const BATCH = 850;

/** How many entries wait at most to be announced again: what is due beyond that stays so for the next sweep. */
const MAX_WAITING = 20_000;

export interface AnnouncementsOptions {
  readonly counters: GreylistCounters;
  readonly onFailed: (error: unknown) => void;
}

/** Announces to the group, without ever holding up or failing who asks for it. */
export class Announcements {
  readonly #group: Group | undefined;
  readonly #options: AnnouncementsOptions;
  #waiting = 0;

  constructor(group: Group | undefined, options: AnnouncementsOptions) {
    this.#group = group;
    this.#options = options;
  }

  /** What has no form in the group is not even tried: where that has none for IPv6, such a client is this host's business alone. */
  announce(entry: Entry): void {
    if (this.#group !== undefined && this.#hasForm(entry)) void this.#announce(this.#group, [entry], false);
  }

  /** How many more entries may be announced again: those before may not be on their way yet. */
  get room(): number {
    return MAX_WAITING - this.#waiting;
  }

  /**
   * Announces what was decided before. After a long stop that may be more than a peer would queue at once.
   *
   * @returns How many can be announced at all.
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

  /** Not of a pool, which is no one address. */
  #hasForm({ ip }: Entry): boolean {
    return parseIPv4(ip) >= 0 || (this.#group?.ipv6 === true && canonicalAddress(ip) !== undefined);
  }
}
