import type { Entry, Group } from '../entry.ts';
import type { GreylistCounters, IgnoreReason } from './events.ts';

/** A group that also passes on what it receives. */
type Subscribable = Group & Required<Pick<Group, 'on' | 'off'>>;

export function canSubscribe(group: Group | undefined): group is Subscribable {
  return group?.on !== undefined && group.off !== undefined;
}

export interface HearingOptions {
  readonly counters: GreylistCounters;
  /** @returns Why it was ignored, if it was. */
  readonly apply: (entry: Entry) => Promise<IgnoreReason | undefined>;
  readonly onLost: (entry: Entry, error: unknown) => void;
}

/** Applies what the group says, until it is stopped. */
export class Hearing {
  readonly #group: Subscribable;
  readonly #options: HearingOptions;
  readonly #applying = new Set<Promise<void>>();

  constructor(group: Subscribable, options: HearingOptions) {
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
