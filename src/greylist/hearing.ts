import type { Announcer, Entry, Source } from '../entry.ts';
import type { GreylistCounters, IgnoreReason } from './events.ts';

/** An announcer that also tells what the group says, as a `SyncPeer` does. */
export interface Group extends Announcer {
  on(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  off(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
}

export function isGroup(announcer: Announcer | undefined): announcer is Group {
  return announcer !== undefined && 'on' in announcer && 'off' in announcer;
}

export interface HearingOptions {
  readonly counters: GreylistCounters;
  /** @returns Why it was ignored, if it was. */
  readonly apply: (entry: Entry) => Promise<IgnoreReason | undefined>;
  readonly onLost: (entry: Entry, error: unknown) => void;
}

/** Applies what the group says, until it is stopped. */
export class Hearing {
  readonly #group: Group;
  readonly #options: HearingOptions;
  readonly #applying = new Set<Promise<void>>();

  constructor(group: Group, options: HearingOptions) {
    this.#group = group;
    this.#options = options;
    group.on('entry', this.#hear);
  }

  /** Resolves when everything heard before is applied. */
  async stop(): Promise<void> {
    this.#group.off('entry', this.#hear);
    await Promise.all(this.#applying);
  }

  readonly #hear = (entry: Entry): void => {
    const applied = this.#apply(entry).finally(() => this.#applying.delete(applied));
    this.#applying.add(applied);
  };

  async #apply(entry: Entry): Promise<void> {
    const { counters, apply, onLost } = this.#options;
    try {
      const ignored = await apply(entry);
      if (ignored === undefined) counters.applied++;
      else counters.ignored[ignored]++;
    } catch (error) {
      counters.ignored.store++;
      onLost(entry, error);
    }
  }
}
