import { parseIPv4 } from '../address.ts';
import { type Entry, type Group, leftOut } from '../entry.ts';
import type { GreylistCounters } from './events.ts';

/** How many entries are announced again before the next have to wait until those are on their way, at the peer's pace. */
const AT_ONCE = 850;

export interface TellingOptions {
  readonly counters: GreylistCounters;
  readonly onFailed: (error: unknown) => void;
}

/** Tells the group, without ever holding up or failing who asks for it. */
export class Telling {
  readonly #group: Group | undefined;
  readonly #options: TellingOptions;

  constructor(group: Group | undefined, options: TellingOptions) {
    this.#group = group;
    this.#options = options;
  }

  /** What has no form on the wire is not even tried: an IPv6 client is this host's business alone. */
  tell(entry: Entry): void {
    if (this.#group !== undefined && canBeTold(entry)) void this.#announce(this.#group, [entry], false);
  }

  /**
   * Tells what was decided before. After a long stop that may be more than a peer would queue at once.
   *
   * @returns How many can be told at all.
   */
  tellAgain(entries: readonly Entry[]): number {
    if (this.#group === undefined) return 0;
    const told = entries.filter(canBeTold);
    void this.#inTurn(this.#group, told);
    return told.length;
  }

  async #inTurn(group: Group, entries: readonly Entry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += AT_ONCE) {
      await this.#announce(group, entries.slice(from, from + AT_ONCE), true);
    }
  }

  async #announce(group: Group, entries: readonly Entry[], backdated: boolean): Promise<void> {
    const { counters, onFailed } = this.#options;
    counters.announced += entries.length;
    try {
      const lost = leftOut(await group.announce(entries, { backdated }), 'closed', 'overload');
      counters.unannounced += lost;
      if (lost > 0) onFailed(new Error(`${lost} entries were closed over, or too many`));
    } catch (error) {
      counters.unannounced += entries.length;
      onFailed(error);
    }
  }
}

/** Neither IPv6 nor a pool, which is no one address. */
function canBeTold({ ip }: Entry): boolean {
  return parseIPv4(ip) >= 0;
}
