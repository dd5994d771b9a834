import type { Store } from '../store/index.ts';
import type { Digest } from './digest.ts';
import type { SharedRecord } from './messages.ts';
import { hashOfRecord, leafOfRecord, type RecordHash } from './shared.ts';
import { turn } from './turns.ts';

/** How many records are looked at before other work has its turn: a fraction of a millisecond. */
const SLICE = 32;

/** The sum of the records of a leaf that were looked at, and how often the leaf was changed before the look. */
class Sum {
  low = 0;
  high = 0;
  readonly version: number;

  constructor(version: number) {
    this.version = version;
  }
}

/**
 * Looks at all tuples and addresses, passes those of the wanted leaves to `onRecord`, and corrects the sums of these
 * leaves.
 *
 * @param wanted The numbers of the leaves.
 * @param onRecord Called with each record. The promise that it returns, if any, is awaited before the next record.
 * @param signal Makes the scan reject with its reason, when the result is not needed any more.
 * @returns How many records were looked at.
 */
export async function scan(
  store: Store,
  digest: Digest,
  wanted: ReadonlySet<number>,
  onRecord: (record: SharedRecord, hash: RecordHash) => Promise<void> | undefined,
  signal?: AbortSignal,
): Promise<number> {
  if (wanted.size === 0) return 0;
  const sums = new Map([...wanted].map((leaf) => [leaf, new Sum(digest.version(leaf))]));
  let seen = 0;
  for await (const record of store.records()) {
    if (record.type === 'spamtrap') break;
    if (seen++ % SLICE === 0) await turn(SLICE);
    signal?.throwIfAborted();
    const leaf = leafOfRecord(record);
    const sum = sums.get(leaf);
    if (sum === undefined) continue;
    const hash = hashOfRecord(record, leaf);
    sum.low = (sum.low + hash.low) >>> 0;
    sum.high = (sum.high + hash.high) >>> 0;
    const handedOn = onRecord(record, hash);
    if (handedOn !== undefined) await handedOn;
  }
  for (const [leaf, { low, high, version }] of sums) {
    if (digest.version(leaf) === version) digest.correct(leaf, low, high);
  }
  return seen;
}
