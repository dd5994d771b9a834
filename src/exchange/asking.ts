import type { Store } from '../store/index.ts';
import { type Digest, differing, FAN } from './digest.ts';
import type { Inbox } from './inbox.ts';
import {
  ExchangeError,
  type Listed,
  listedOf,
  type MessageProperties,
  recordOf,
  type SharedRecord,
  sumsOf,
} from './messages.ts';
import { sendLeaves } from './parts.ts';
import type { Refused } from './refused.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';

/** How long the other end may take to say the next, seconds: it may have to look through all of its records. */
const PATIENCE = 60;

/** What a round came to. */
export interface RoundReport {
  /** How many leaves of 4096 differed. */
  readonly leaves: number;
  /** Records received. */
  readonly received: number;
  /** Those of them that changed something here. */
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
  const wanted = await missing(o, listing);
  await sendLeaves(send, 'want', wanted);
  await taken.rest();
  return { leaves: taken.leaves + listing.length, received: taken.received, merged: taken.merged };
}

/** What comes in of a round. */
class Taken {
  readonly #o: AskingOptions;
  readonly #whole = new Set<number>();
  received = 0;
  merged = 0;

  constructor(o: AskingOptions) {
    this.#o = o;
  }

  /** Leaves that were sent whole. */
  get leaves(): number {
    return this.#whole.size;
  }

  /** The leaves that differ, with records between them of those that are empty here. */
  async listing(): Promise<Listed[]> {
    const listed: Listed[] = [];
    for (;;) {
      const { listing, items } = await this.#o.inbox.take(['listing', 'items'], PATIENCE);
      if (items != null) await this.#merge(items.item ?? []);
      if (listing == null) continue;
      listed.push(...(listing.leaf ?? []).map(listedOf));
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
    const records = items.map(recordOf);
    if (records.length === 0) return;
    const refused = await this.#o.merge(records);
    for (const record of refused) this.#o.refused.add(record);
    this.received += records.length;
    this.merged += records.length - refused.length;
  }
}

/** Of what is listed, what is not here. */
async function missing({ store, digest, refused, salt }: AskingOptions, listing: readonly Listed[]): Promise<Listed[]> {
  if (listing.length === 0) return [];
  const wanted = new Map<number, Set<number>>();
  for (const { leaf, hashes } of listing) {
    if (wanted.has(leaf)) throw new ExchangeError(`leaf ${leaf} is listed twice`);
    wanted.set(leaf, new Set(hashes));
  }
  await scan(store, digest, new Set(wanted.keys()), (_, hash) => {
    wanted.get(hash.leaf)?.delete(shortHash(hash, salt));
    return undefined;
  });
  for (const hash of refused) wanted.get(hash.leaf)?.delete(shortHash(hash, salt));
  return Array.from(wanted, ([leaf, hashes]) => ({ leaf, hashes: [...hashes] })).filter(
    ({ hashes }) => hashes.length > 0,
  );
}
