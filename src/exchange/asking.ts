import type { Store } from '../store/index.ts';
import { type Digest, differing, FAN } from './digest.ts';
import { type Inbox, PATIENCE } from './inbox.ts';
import { ListedLeaves, sendLeaves } from './leaves.ts';
import { type MessageProperties, recordOf, type SharedRecord, sumsOf } from './messages.ts';
import type { Refused } from './refused.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';
import { turn } from './turns.ts';

/**
 * How many records are merged before other work has its turn: some milliseconds. A merge costs as much as two looks.
 */
const SLICE = 128;

/** The result of a round. */
export interface RoundReport {
  /** How many leaves of 4096 differed. */
  readonly leaves: number;
  /** Records received. */
  readonly received: number;
  /** Records merged. The others were refused, by the policy of this host or because they have expired. */
  readonly merged: number;
}

export interface AskingOptions {
  readonly inbox: Inbox;
  readonly send: (message: MessageProperties) => Promise<void>;
  readonly store: Store;
  readonly digest: Digest;
  readonly refused: Refused;
  /** Another one in each round, 32 bits. */
  readonly salt: number;
  /** Merges records, and returns those that it refused. */
  readonly merge: (records: readonly SharedRecord[]) => Promise<readonly SharedRecord[]>;
}

/** Runs one round in which this end asks: it gets the records that it lacks from the other end. */
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

/** Receives what the other end sends in a round. */
class Taken {
  readonly #o: AskingOptions;
  /** How many leaves the other end sent whole. */
  whole = 0;
  received = 0;
  merged = 0;

  constructor(o: AskingOptions) {
    this.#o = o;
  }

  /**
   * Receives the listing of the leaves that differ. Records of leaves that are empty here come before it, and are
   * merged.
   */
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

  /** Receives the records that were asked for, and merges them. */
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
      // A store in memory merges without ending the turn of the event loop, and many messages may be waiting.
      await turn(2 * slice.length);
      const refused = await this.#o.merge(records);
      for (const record of refused) this.#o.refused.add(record);
      this.received += records.length;
      this.merged += records.length - refused.length;
    }
  }
}

/** Removes the records that are here, and those that were refused, from the listing. */
async function removeKnown({ store, digest, refused, salt }: AskingOptions, listing: ListedLeaves): Promise<void> {
  await scan(store, digest, listing.numbers, (_, hash) => {
    listing.delete(hash.leaf, shortHash(hash, salt));
    return undefined;
  });
  for (const hash of refused) listing.delete(hash.leaf, shortHash(hash, salt));
}
