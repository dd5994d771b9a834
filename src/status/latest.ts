import type { Feed, FeedItem } from './shapes.ts';

/** How many items of each kind are kept for a browser that connects, and how many are sent at once at most. */
const MAX_OF_KIND = 100;

/** An item, and its number among all items, from 1. */
interface Counted {
  readonly item: FeedItem;
  readonly count: number;
}

/**
 * The last items of each kind, in one order. An item makes room by removing one of its own kind, so that a flood of
 * drops does not remove the verdicts.
 */
export class LatestItems {
  readonly #kinds = new Map<FeedItem['kind'], Counted[]>();
  #count = 0;

  /** How many items there were so far. To be given to {@link since} later. */
  get count(): number {
    return this.#count;
  }

  add(item: FeedItem): void {
    const counted = { item, count: ++this.#count };
    const kept = this.#kinds.get(item.kind);
    if (kept === undefined) this.#kinds.set(item.kind, [counted]);
    else if (kept.push(counted) > MAX_OF_KIND) kept.shift();
  }

  /** The items after the first `before` ones: the last hundred of each kind. */
  since(before: number): Feed {
    const kept = [...this.#kinds.values()].flatMap((all) => all.filter(({ count }) => count > before));
    const items = kept.sort((one, other) => one.count - other.count).map(({ item }) => item);
    return { items, missed: this.#count - before - items.length };
  }

  /** The last hundred of each kind. */
  get last(): Feed {
    return { ...this.since(0), missed: 0 };
  }
}
