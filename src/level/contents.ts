import { SpamdSyncError, shown } from '../errors.ts';
import { type AddressRecord, overwriteAddress } from '../rules/address.ts';
import { overwriteTuple, type TupleRecord } from '../rules/tuple.ts';
import {
  type Counts,
  decodeAddress,
  decodeMeta,
  decodeTuple,
  encodeAddress,
  encodeMeta,
  encodeTuple,
} from '../store/codec.ts';
import { Database, damaged, type Operation } from './database.ts';
import type { Kind } from './table.ts';
import { TRAP_PREFIX } from './traps.ts';

/*
 * The keys: `a` and the address, `s` and the spamtrap, `t` and the tuple's key, so each kind is one range in the order
 * of its keys; a claim of being white and one of being trapped are parts of the one record of an address. `m` is what
 * the store says of itself.
 */
export const ADDRESSES: Kind<AddressRecord> = {
  prefix: 'a',
  encode: encodeAddress,
  decode: decodeAddress,
  overwrite: overwriteAddress,
};
export const TUPLES: Kind<TupleRecord> = {
  prefix: 't',
  encode: encodeTuple,
  decode: decodeTuple,
  overwrite: overwriteTuple,
};
const META = 'm';

const FORMAT = 1;

export interface Contents {
  readonly counts: Counts;
  readonly spamtraps: readonly string[];
}

/** @throws {SpamdSyncError} `ERR_SPAMD_STORE`, `ERR_SPAMD_STORE_DAMAGED`: it holds something else. */
export async function readContents(db: Database): Promise<Contents> {
  const spamtraps: string[] = [];
  for await (const slice of db.slices(TRAP_PREFIX)) for (const [key] of slice) spamtraps.push(key.slice(1));
  const counts = await readCounts(db);
  return { counts, spamtraps };
}

export function metaOperation(counts: Counts): Operation {
  return { type: 'put', key: META, value: encodeMeta(FORMAT, counts) };
}

async function readCounts(db: Database): Promise<Counts> {
  const value = await db.get(META);
  if (value === undefined) {
    if (await db.isEmpty()) return { tuples: 0, addresses: 0, spamtraps: 0 };
    throw damaged(db.directory, 'it does not say of itself that it is a greylist');
  }
  const { format, counts } = readMeta(db, value);
  if (format === FORMAT) return counts;
  throw new SpamdSyncError(
    'ERR_SPAMD_STORE',
    `store ${shown(db.directory)} has format ${format}, this version knows ${FORMAT}: use the version that wrote it`,
  );
}

function readMeta(db: Database, value: Uint8Array): ReturnType<typeof decodeMeta> {
  try {
    return decodeMeta(value);
  } catch (cause) {
    throw damaged(db.directory, 'what it says of itself cannot be decoded', cause);
  }
}

/** What a repair kept, and what it gave up. */
export interface RepairReport extends Counts {
  /** Records that were found and could not be decoded. What LevelDB itself had to give up is not counted. */
  readonly dropped: number;
}

/** Saves what can be read: first LevelDB's own repair, then without the records that make no sense. */
export async function repairDirectory(directory: string, cacheSize: number): Promise<RepairReport> {
  await Database.repair(directory);
  const db = await Database.open(directory, cacheSize);
  try {
    const tuples = await keepSound(db, TUPLES);
    const addresses = await keepSound(db, ADDRESSES);
    let spamtraps = 0;
    for await (const slice of db.slices(TRAP_PREFIX)) spamtraps += slice.length;
    const counts = { tuples: tuples.kept, addresses: addresses.kept, spamtraps };
    await db.write([metaOperation(counts)]);
    return { ...counts, dropped: tuples.dropped + addresses.dropped };
  } finally {
    await db.close();
  }
}

async function keepSound<R>(db: Database, { prefix, decode }: Kind<R>): Promise<{ kept: number; dropped: number }> {
  let kept = 0;
  let dropped = 0;
  for await (const slice of db.slices(prefix)) {
    const bad = slice.filter(([, value]) => !decodes(decode, value));
    if (bad.length > 0) await db.write(bad.map(([key]) => ({ type: 'del', key })));
    dropped += bad.length;
    kept += slice.length - bad.length;
  }
  return { kept, dropped };
}

function decodes(decode: (bytes: Uint8Array) => unknown, value: Uint8Array): boolean {
  try {
    decode(value);
    return true;
  } catch {
    return false;
  }
}
