import { sleep, type TimedClock } from '../clock.ts';
import { holds, type Store } from '../store/index.ts';
import { type Digest, differing, FAN, isEmptySum, isSums, MIDDLE } from './digest.ts';
import type { Inbox } from './inbox.ts';
import { ItemParts } from './item-parts.ts';
import { ListedLeaves, sendLeaves } from './leaves.ts';
import { ExchangeError, type MessageProperties, type SharedRecord, sumsOf } from './messages.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';

/** How long the other end may take to say the next, seconds: it may have to look through all of its records. */
const PATIENCE = 60;
/** What an end that asks again and again is given on average, bytes a second: the next round waits accordingly. */
const RATE = 4 * 2 ** 20;

export interface AnsweringOptions {
  readonly inbox: Inbox;
  readonly send: (message: MessageProperties) => Promise<void>;
  readonly store: Store;
  readonly digest: Digest;
  readonly clock: TimedClock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told how many records were sent in a round. */
  readonly onSent: (records: number) => void;
}

/** Answers the other end's rounds, one after the other, until it is ended. Rejects with what is wrong with what it asks. */
export async function answer(o: AnsweringOptions): Promise<void> {
  const { inbox, send, digest, clock, signal } = o;
  for (;;) {
    const { ask } = await inbox.take(['ask'], undefined);
    const theirs = ask?.sums ?? new Uint8Array();
    if (!isSums(theirs)) throw new ExchangeError(`sums of ${theirs.length} bytes`);
    const sums = differing(theirs, digest.top()).map((bucket) => ({ bucket, sums: digest.middle(bucket) }));
    await send({ differ: { sums } });
    if (sums.length === 0) continue;
    const bytes = await answerLeaves(o, ask?.salt ?? 0);
    await sleep(clock, bytes / RATE, signal);
  }
}

/** @returns About how many bytes of records were sent. */
async function answerLeaves(
  { inbox, send, store, digest, clock, onSent }: AnsweringOptions,
  salt: number,
): Promise<number> {
  const { compare } = await inbox.take(['compare'], PATIENCE);
  const whole = new Set<number>();
  const listed = new Map<number, number[]>();
  for (const { bucket, sums } of sumsOf(compare ?? {}, MIDDLE)) {
    for (const place of differing(sums, digest.leaves(bucket))) {
      const leaf = bucket * FAN + place;
      if (isEmptySum(sums, place)) whole.add(leaf);
      else listed.set(leaf, []);
    }
  }
  const parts = new ItemParts(send);
  const isLive = (record: SharedRecord) => holdsAt(record, Math.floor(clock.now()));
  await scan(store, digest, new Set([...whole, ...listed.keys()]), (record, hash) => {
    if (!isLive(record)) return undefined;
    if (whole.has(hash.leaf)) return parts.add(record);
    listed.get(hash.leaf)?.push(shortHash(hash, salt));
    return undefined;
  });
  await parts.flush(false);
  await sendLeaves(
    send,
    'listing',
    Array.from(listed, ([leaf, hashes]) => ({ leaf, hashes })),
    whole.size,
  );
  const wanted = await wants(inbox);
  await scan(store, digest, wanted.numbers, (record, hash) => {
    const isWanted = wanted.has(hash.leaf, shortHash(hash, salt)) && isLive(record);
    return isWanted ? parts.add(record) : undefined;
  });
  await parts.flush(true);
  onSent(parts.records);
  return parts.bytes;
}

/** What the other end lacks, by leaf. */
async function wants(inbox: Inbox): Promise<ListedLeaves> {
  const wanted = new ListedLeaves();
  for (;;) {
    const { want } = await inbox.take(['want'], PATIENCE);
    wanted.add(want?.leaf ?? []);
    if (want?.end) return wanted;
  }
}

function holdsAt(record: SharedRecord, now: number): boolean {
  return record.type === 'tuple' ? record.record.expires > now : holds(record.record, now);
}
