import type { Counts } from '../store/codec.ts';
import {
  ADDRESSES,
  decoded,
  metaOperation,
  type Readable,
  readMeta,
  SPAMTRAPS,
  TUPLES,
  UNSEALED_FORMAT,
} from './contents.ts';
import { Database, type Operation } from './database.ts';
import { unsealed } from './seal.ts';

/** What a repair kept, and what it gave up. */
export interface RepairReport extends Counts {
  /** Records that were found, but could not be decoded or failed their checksum. */
  readonly dropped: number;
  /**
   * How many records of each kind are gone, of those that were acknowledged last; `undefined` if that cannot be known
   * any more.
   */
  readonly lost: Counts | undefined;
}

/** Saves what can be read: LevelDB's own repair comes first, then the records that fail their checksum are removed. */
export async function repairDirectory(directory: string, cacheSize: number): Promise<RepairReport> {
  const { db, acknowledged } = await Database.openDamaged(directory, cacheSize);
  try {
    await db.compact();
    // If nothing shows that the directory is of format 2, its records may be of format 1.
    const meta = await readMeta(db).catch(() => undefined);
    const mayBeUnsealed = meta === undefined ? acknowledged === 'missing' : meta.format === UNSEALED_FORMAT;
    const tuples = await keepSound(db, TUPLES, mayBeUnsealed);
    const addresses = await keepSound(db, ADDRESSES, mayBeUnsealed);
    const spamtraps = await keepSound(db, SPAMTRAPS, mayBeUnsealed);
    const counts = { tuples: tuples.kept, addresses: addresses.kept, spamtraps: spamtraps.kept };
    await db.write([metaOperation(counts)], counts);
    await db.endRepair();
    const dropped = tuples.dropped + addresses.dropped + spamtraps.dropped;
    const before = typeof acknowledged === 'string' ? undefined : acknowledged.counts;
    return { ...counts, dropped, lost: before === undefined ? undefined : fewer(before, counts) };
  } finally {
    await db.close();
  }
}

async function keepSound(
  db: Database,
  { prefix, decode }: Readable,
  mayBeUnsealed: boolean,
): Promise<{ kept: number; dropped: number }> {
  let kept = 0;
  let dropped = 0;
  for await (const slice of db.storedSlices(prefix)) {
    const operations: Operation[] = [];
    for (const [key, stored] of slice) {
      const value = unsealed(key, stored) ?? (mayBeUnsealed ? stored : undefined);
      const isSound = value !== undefined && decoded(decode, value) !== undefined;
      if (!isSound) operations.push({ type: 'del', key });
      else if (value === stored) operations.push({ type: 'put', key, value });
      if (isSound) kept++;
      else dropped++;
    }
    if (operations.length > 0) await db.write(operations);
  }
  return { kept, dropped };
}

/** How many fewer records of each kind there are than before. */
function fewer(before: Counts, after: Counts): Counts {
  return {
    tuples: Math.max(0, before.tuples - after.tuples),
    addresses: Math.max(0, before.addresses - after.addresses),
    spamtraps: Math.max(0, before.spamtraps - after.spamtraps),
  };
}
