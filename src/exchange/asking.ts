import type { Store } from '../store/index.ts';
import { type Digest, differing, FAN } from './digest.ts';
import { type Inbox, PATIENCE } from './inbox.ts';
import { ListedLeaves, sendLeaves } from './leaves.ts';
import { type MessageProperties, recordOf, type SharedRecord, sumsOf } from './messages.ts';
import type { Refused } from './refused.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';
import { turn } from './turns.ts';

/** So many records are merged before others may have their turn: some milliseconds. To merge one takes as long as a look at two. */
const SLICE = 128;

/** What a round came to. */
export interface RoundReport {
  /** How many leaves of 4096 differed. */
  readonly leaves: number;
  /** Records received. */
  readonly received: number;
  /** Those of them that were not refused: by this host's policy, or since they have expired. */
  readonly merged: number;
}

export interface AskingOptions {
  readonly inbox: Inbox;
  readonly send: (message: MessageProperties) => Promise<void>;
  readonly store: Store;
  readonly digest: Digest;
  readonly refused: Refused;
  /** Changes with each round. 32 bits. */
  readonly salt: number;
  /** Merges records, and returns those that it refused. */
  readonly merge: (records: readonly SharedRecord[]) => Promise<readonly SharedRecord[]>;
}

/** Brings this side up to date with the other: one round, in which it asks. */
export async function ask(o: AskingOptions): Promise<RoundReport> {
  const { inbox, send, digest, salt } = o;
  await send({ ask: { salt, sums: digest.top() } });
  const { differ } = await inbox.take(['differ'], PATIENCE);
  const buckets = sumsOf(differ ?? {}, FAN);
  if (buckets.length === 0) return { leaves: 0, received: 0, merged: 0 };
  const sums = buckets.flatMap(({ bucket, sums }) =>
    differing(sums, digest.middle(bucket)).map((place) => {
      const below = bucket * FAN + place;
      return { bucket: below, sums: digest.leaves(below) };
    }),
  );
  await send({ compare: { sums } });
  const taken = new Taken(o);
  const listing = await taken.listing();
  const leaves = listing.size + taken.whole;
  await removeKnown(o, listing);
  await sendLeaves(send, 'want', listing);
  await taken.rest();
  return { leaves, received: taken.received, merged: taken.merged };
}

/** What comes in of a round. */
class Taken {
  readonly #o: AskingOptions;
  /** How many leaves came whole. */
  whole = 0;
  received = 0;
  merged = 0;

  constructor(o: AskingOptions) {
    this.#o = o;
  }

  /** The leaves that differ, with records between them of those that are empty here. */
  async listing(): Promise<ListedLeaves> {
    const listed = new ListedLeaves();
    for (;;) {
      const { listing, items } = await this.#o.inbox.take(['listing', 'items'], PATIENCE);
      if (items != null) await this.#merge(items.item ?? []);
      if (listing == null) continue;
      listed.add(listing.leaf ?? []);
      this.whole = listing.whole ?? 0;
      if (listing.end) return listed;
    }
  }

  /** The records that were asked for. */
  async rest(): Promise<void> {
    for (;;) {
      const { items } = await this.#o.inbox.take(['items'], PATIENCE);
      await this.#merge(items?.item ?? []);
      if (items?.end) return;
    }
  }

  async #merge(items: readonly Parameters<typeof recordOf>[0][]): Promise<void> {
    for (let from = 0; from < items.length; from += SLICE) {
      const slice = items.slice(from, from + SLICE);
      const records = slice.map(recordOf).filter((record) => record !== undefined);
      // A store in memory merges without a turn of the event loop, and many messages may have come.
      await turn(2 * slice.length);
      const refused = await this.#o.merge(records);
      for (const record of refused) this.#o.refused.add(record);
      this.received += records.length;
      this.merged += records.length - refused.length;
    }
  }
}

/** Leaves of what is listed only what is not here, and was not refused. */
async function removeKnown({ store, digest, refused, salt }: AskingOptions, listing: ListedLeaves): Promise<void> {
  await scan(store, digest, listing.numbers, (_, hash) => {
    listing.delete(hash.leaf, shortHash(hash, salt));
    return undefined;
  });
  for (const hash of refused) listing.delete(hash.leaf, shortHash(hash, salt));
}
