import type { Feed, FeedItem } from './shapes.ts';

/** So many of each kind are kept for who begins to look, and so many are sent at once. */
const MAX_OF_KIND = 100;

/** An item, and how many there were with it. */
interface Counted {
  readonly item: FeedItem;
  readonly count: number;
}

/** The last items of each kind, in one order. Those of one kind push out only their like: a flood of drops leaves the verdicts. */
export class LatestItems {
  readonly #kinds = new Map<FeedItem['kind'], Counted[]>();
  #count = 0;

  /** How many there were so far: from where {@link since} goes on. */
  get count(): number {
    return this.#count;
  }

  add(item: FeedItem): void {
    const counted = { item, count: ++this.#count };
    const kept = this.#kinds.get(item.kind);
    if (kept === undefined) this.#kinds.set(item.kind, [counted]);
    else if (kept.push(counted) > MAX_OF_KIND) kept.shift();
  }

  /** What there was after so many, the last hundred of each kind. */
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
