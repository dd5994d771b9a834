import type { Entry, Group } from '../entry.ts';
import type { GreylistCounters, IgnoreReason } from './stats.ts';

/** A group that also passes on what it receives. */
type Subscribable = Group & Required<Pick<Group, 'on' | 'off'>>;

export function canSubscribe(group: Group | undefined): group is Subscribable {
  return group?.on !== undefined && group.off !== undefined;
}

export interface SubscriptionOptions {
  readonly counters: GreylistCounters;
  /** @returns Why it was ignored, if it was. */
  readonly apply: (entry: Entry) => Promise<IgnoreReason | undefined>;
  readonly onLost: (entry: Entry, error: unknown) => void;
}

/** Applies what the group announces, until it is stopped. */
export class Subscription {
  readonly #group: Subscribable;
  readonly #options: SubscriptionOptions;
  readonly #applying = new Set<Promise<void>>();

  constructor(group: Subscribable, options: SubscriptionOptions) {
    this.#group = group;
    this.#options = options;
    group.on('entry', this.#receive);
  }

  /** Resolves when everything received before is applied. */
  async stop(): Promise<void> {
    this.#group.off('entry', this.#receive);
    await Promise.all(this.#applying);
  }

  readonly #receive = (entry: Entry): void => {
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
