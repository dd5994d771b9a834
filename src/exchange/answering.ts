import type { TimedClock } from '../clock.ts';
import { holds, type Store } from '../store/index.ts';
import type { RoundCost } from './allowance.ts';
import { type Digest, differing, FAN, isEmptySum, isSums, MIDDLE } from './digest.ts';
import { HashList } from './hash-list.ts';
import { type Inbox, PATIENCE } from './inbox.ts';
import { ItemParts } from './item-parts.ts';
import { ListedLeaves, sendLeaves } from './leaves.ts';
import { ExchangeError, type MessageProperties, type SharedRecord, sumsOf } from './messages.ts';
import { scan } from './scan.ts';
import { shortHash } from './shared.ts';

export interface AnsweringOptions {
  readonly inbox: Inbox;
  readonly send: (message: MessageProperties) => Promise<void>;
  readonly store: Store;
  readonly digest: Digest;
  readonly clock: TimedClock;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** Resolves when the other end may be given more. */
  readonly wait: () => Promise<void>;
  /** Called after each look at the records, with what it cost. */
  readonly spend: (cost: RoundCost) => void;
  /** Called after each round, with how many records were sent in it. */
  readonly onAnswered: (records: number) => void;
}

/** Answers the rounds of the other end, one after the other. Rejects when the session ends or a request is invalid. */
export async function answer(o: AnsweringOptions): Promise<void> {
  const { inbox, send, digest, onAnswered } = o;
  for (;;) {
    const { ask } = await inbox.take(['ask'], undefined);
    const theirs = ask?.sums ?? new Uint8Array();
    if (!isSums(theirs)) throw new ExchangeError(`sums of ${theirs.length} bytes`);
    const isSame = differing(theirs, digest.top()).length === 0;
    if (!isSame) await o.wait();
    const sums = differing(theirs, digest.top()).map((bucket) => ({ bucket, sums: digest.middle(bucket) }));
    await send({ differ: { sums } });
    onAnswered(sums.length === 0 ? 0 : await answerLeaves(o, ask?.salt ?? 0));
  }
}

/** @returns How many records were sent. */
async function answerLeaves(
  { inbox, send, store, digest, clock, spend, signal }: AnsweringOptions,
  salt: number,
): Promise<number> {
  const { compare } = await inbox.take(['compare'], PATIENCE);
  const whole = new Set<number>();
  const listed = new Map<number, HashList>();
  for (const { bucket, sums } of sumsOf(compare ?? {}, MIDDLE)) {
    for (const place of differing(sums, digest.leaves(bucket))) {
      const leaf = bucket * FAN + place;
      if (isEmptySum(sums, place)) whole.add(leaf);
      else listed.set(leaf, new HashList());
    }
  }
  const parts = new ItemParts(send);
  const isLive = (record: SharedRecord) => holdsAt(record, Math.floor(clock.now()));
  const looked = await scan(
    store,
    digest,
    new Set([...whole, ...listed.keys()]),
    (record, hash) => {
      if (!isLive(record)) return undefined;
      if (whole.has(hash.leaf)) return parts.add(record);
      listed.get(hash.leaf)?.push(shortHash(hash, salt));
      return undefined;
    },
    signal,
  );
  spend({ bytes: parts.bytes, looked });
  await parts.flush(false);
  await sendLeaves(
    send,
    'listing',
    Array.from(listed, ([leaf, hashes]) => ({ leaf, hashes: hashes.numbers })),
    whole.size,
  );
  const before = parts.bytes;
  const wanted = await wants(inbox, listed);
  const lookedAgain = await scan(
    store,
    digest,
    wanted.numbers,
    (record, hash) => {
      const isWanted = wanted.has(hash.leaf, shortHash(hash, salt)) && isLive(record);
      return isWanted ? parts.add(record) : undefined;
    },
    signal,
  );
  spend({ bytes: parts.bytes - before, looked: lookedAgain });
  await parts.flush(true);
  return parts.records;
}

/** The records that the other end lacks, by leaf, of those that were listed to it. */
async function wants(inbox: Inbox, listed: ReadonlyMap<number, HashList>): Promise<ListedLeaves> {
  const wanted = new ListedLeaves((leaf) => listed.get(leaf)?.length ?? 0);
  for (;;) {
    const { want } = await inbox.take(['want'], PATIENCE);
    wanted.add(want?.leaf ?? []);
    if (want?.end) return wanted;
  }
}

function holdsAt(record: SharedRecord, now: number): boolean {
  return record.type === 'tuple' ? record.record.expires > now : holds(record.record, now);
}
