import type { Entry, Group, Source } from '../entry.ts';
import { InFlight } from './in-flight.ts';
import type { GreylistCounters, IgnoreReason } from './stats.ts';

/** A group that also passes on what it receives. */
type Subscribable = Group & Required<Pick<Group, 'on' | 'off'>>;

export function canSubscribe(group: Group | undefined): group is Subscribable {
  return group?.on !== undefined && group.off !== undefined;
}

export interface SubscriptionOptions {
  readonly counters: GreylistCounters;
  /** @returns Why the entry was ignored; `undefined` if it was applied. */
  readonly apply: (entry: Entry, source: Source | undefined) => Promise<IgnoreReason | undefined>;
  readonly onLost: (entry: Entry, error: unknown) => void;
  /** Called with the first entry that is not applied because too many wait; not called again until none waits. */
  readonly onOverload: (entry: Entry) => void;
}

/** Applies what the group announces, until it is stopped. */
export class Subscription {
  readonly #group: Subscribable;
  readonly #options: SubscriptionOptions;
  readonly #applying = new Set<Promise<void>>();
  readonly #inFlight = new InFlight();
  #overloaded = false;

  constructor(group: Subscribable, options: SubscriptionOptions) {
    this.#group = group;
    this.#options = options;
    group.on('entry', this.#receive);
  }

  /** Stops receiving. Resolves when all entries received before are applied. */
  async stop(): Promise<void> {
    this.#group.off('entry', this.#receive);
    await Promise.all(this.#applying);
  }

  readonly #receive = (entry: Entry, source?: Source): void => {
    const strings = entry.type === 'grey' ? entry : {};
    if (!this.#inFlight.hasRoom(strings)) {
      this.#refuse(entry);
      return;
    }
    const waiting = this.#inFlight.begin(strings);
    const applied = this.#apply(entry, source).finally(() => {
      this.#applying.delete(applied);
      this.#inFlight.done(waiting);
      if (this.#inFlight.idle) this.#overloaded = false;
    });
    this.#applying.add(applied);
  };

  #refuse(entry: Entry): void {
    this.#options.counters.ignored.overload++;
    if (this.#overloaded) return;
    this.#overloaded = true;
    this.#options.onOverload(entry);
  }

  async #apply(entry: Entry, source: Source | undefined): Promise<void> {
    const { counters, apply, onLost } = this.#options;
    try {
      const ignored = await apply(entry, source);
      if (ignored === undefined) counters.applied++;
      else counters.ignored[ignored]++;
    } catch (error) {
      counters.ignored.store++;
      onLost(entry, error);
    }
  }
}
