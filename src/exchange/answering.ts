import { sleep, type TimedClock } from '../clock.ts';
import { holds, type Store } from '../store/index.ts';
import { type Digest, differing, FAN, isEmptySum, isSums, MIDDLE } from './digest.ts';
import { type Inbox, PATIENCE } from './inbox.ts';
import { ItemParts } from './item-parts.ts';
import { ListedLeaves, sendLeaves } from './leaves.ts';
import { ExchangeError, type MessageProperties, type SharedRecord, sumsOf } from './messages.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';

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
  /** Called after each round, with how many records were sent in it. */
  readonly onAnswered: (records: number) => void;
}

/** Answers the other end's rounds, one after the other, until it is ended. Rejects with what is wrong with what it asks. */
export async function answer(o: AnsweringOptions): Promise<void> {
  const { inbox, send, digest, clock, signal, onAnswered } = o;
  for (;;) {
    const { ask } = await inbox.take(['ask'], undefined);
    const theirs = ask?.sums ?? new Uint8Array();
    if (!isSums(theirs)) throw new ExchangeError(`sums of ${theirs.length} bytes`);
    const sums = differing(theirs, digest.top()).map((bucket) => ({ bucket, sums: digest.middle(bucket) }));
    await send({ differ: { sums } });
    const sent = sums.length === 0 ? { records: 0, bytes: 0 } : await answerLeaves(o, ask?.salt ?? 0);
    onAnswered(sent.records);
    if (sent.bytes > 0) await sleep(clock, sent.bytes / RATE, signal);
  }
}

/** @returns How many records were sent, and about how many bytes they took. */
async function answerLeaves(
  { inbox, send, store, digest, clock }: AnsweringOptions,
  salt: number,
): Promise<{ readonly records: number; readonly bytes: number }> {
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
  return parts;
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
