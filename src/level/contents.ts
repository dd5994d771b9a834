import { SpamdSyncError, shown } from '../errors.ts';
import { type AddressRecord, holds, holdsUntil, overwriteAddress } from '../rules/address.ts';
import { isExpiredTuple } from '../rules/sweep.ts';
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
import { evidenceBytes } from '../store/heap-size.ts';
import { Database, damaged, damagedRecord, type Operation } from './database.ts';
import type { BoundOptions } from './room.ts';
import { unsealed } from './seal.ts';
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
  heapSizeOf: (ip, { white, trapped, evidence }) =>
    ip.length + 300 + 64 * (white.length + trapped.length) + evidenceBytes(evidence),
  isLive: holds,
};
export const TUPLES: Kind<TupleRecord> = {
  prefix: 't',
  encode: encodeTuple,
  decode: decodeTuple,
  overwrite: overwriteTuple,
  heapSizeOf: (key, { original }) => key.length + 150 + 2 * (original?.length ?? 0),
  isLive: (record, now) => !isExpiredTuple(record, now),
};
const META = 'm';

/** What a tuple takes on the disk besides its strings, bytes. */
const TUPLE_SIZE = 64;

/** A network that holds fewer addresses than this is like any other, and one that holds fewer bytes of tuples. */
const ALIKE_ADDRESSES = 64;
const ALIKE_BYTES = 2 ** 14;

/** @param max Bytes of their keys and values. */
export function tupleBound(max: number): BoundOptions<TupleRecord> {
  return {
    max,
    alike: ALIKE_BYTES,
    sizeOf: (key, { original }) => key.length + TUPLE_SIZE + (original?.length ?? 0),
    rankOf: () => 0,
    ageOf: ({ first }) => first,
  };
}

/** A trapped address makes room before any that is white. */
export function addressBound(max: number): BoundOptions<AddressRecord> {
  return {
    max,
    alike: ALIKE_ADDRESSES,
    sizeOf: () => 1,
    rankOf: ({ white }) => (white.length > 0 ? 1 : 0),
    ageOf: (record) => holdsUntil(record),
  };
}

interface Readable {
  readonly prefix: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** A spamtrap is all in its key. */
const SPAMTRAPS: Readable = { prefix: TRAP_PREFIX, decode: (bytes) => bytes };

/** 2: every value has a checksum behind it, see `sealed`. In 1 none had. */
const FORMAT = 2;
const UNSEALED_FORMAT = 1;
/** As they stand in a message. */
const TYPES = ['tuples', 'addresses', 'spamtraps'] as const;
const PREFIXES = { tuples: TUPLES.prefix, addresses: ADDRESSES.prefix, spamtraps: TRAP_PREFIX } as const;
const NO_RECORDS: Counts = { tuples: 0, addresses: 0, spamtraps: 0 };

export interface Contents {
  readonly counts: Counts;
  readonly spamtraps: readonly string[];
}

interface Meta {
  readonly format: number;
  readonly counts: Counts;
}

/**
 * What a store says of itself, and the spamtraps. A directory of the format before this one is brought to this one, which
 * may be cut off at any time: it goes on with the next open.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE`, `ERR_SPAMD_STORE_DAMAGED`: it holds something else.
 */
export async function readContents(db: Database): Promise<Contents> {
  const meta = await readMeta(db);
  if (meta === undefined && !(await db.isEmpty()))
    throw damaged(db.directory, 'it does not say of itself that it is a greylist');
  const { format, counts } = meta ?? { format: FORMAT, counts: NO_RECORDS };
  if (format === UNSEALED_FORMAT) await seal(db, counts);
  else if (format !== FORMAT) {
    throw new SpamdSyncError(
      'ERR_SPAMD_STORE',
      `store ${shown(db.directory)} has format ${format}, this version knows ${FORMAT}: use the version that wrote it`,
    );
  }
  const spamtraps: string[] = [];
  for await (const slice of db.slices(TRAP_PREFIX)) {
    for (const [key, value] of slice) {
      if (value === undefined) throw damagedRecord(db.directory, key);
      spamtraps.push(key.slice(1));
    }
  }
  return { counts, spamtraps };
}

export function metaOperation(counts: Counts): Operation {
  return { type: 'put', key: META, value: encodeMeta(FORMAT, counts) };
}

/** What a look at all records found. */
export interface Census {
  /** What the store says of itself. */
  readonly said: Counts;
  /** What is there and sound. */
  readonly found: Counts;
  /** What is there and fails its checksum. */
  readonly unsound: Counts;
}

export interface CensusOptions {
  readonly onTuple: (key: string, record: TupleRecord) => void;
  readonly onAddress: (ip: string, record: AddressRecord) => void;
  /** Whether nobody wants to know any more. */
  readonly isOver: () => boolean;
}

/**
 * Looks at every record, as all are when it is begun.
 *
 * @returns `undefined` when it was over before.
 */
export async function takeCensus(db: Database, o: CensusOptions): Promise<Census | undefined> {
  let said = NO_RECORDS;
  const found = { ...NO_RECORDS };
  const unsound = { ...NO_RECORDS };
  for await (const slice of db.slices()) {
    if (o.isOver()) return undefined;
    for (const [key, value] of slice) {
      const type = TYPES.find((one) => key.startsWith(PREFIXES[one]));
      if (type !== undefined) (value === undefined ? unsound : found)[type]++;
      if (value === undefined) continue;
      if (type === 'tuples') o.onTuple(key.slice(TUPLES.prefix.length), TUPLES.decode(value));
      else if (type === 'addresses') o.onAddress(key.slice(ADDRESSES.prefix.length), ADDRESSES.decode(value));
      else if (key === META) ({ counts: said } = decodeMeta(value));
    }
  }
  return { said, found, unsound };
}

/** How many more records of a type there are than the store says, sound or not. */
export function surplus({ said, found, unsound }: Census, type: keyof Counts): number {
  return found[type] + unsound[type] - said[type];
}

/** What is wrong by a census, and what a repair would keep; `undefined`: nothing. */
export function censusFinding(directory: string, census: Census): SpamdSyncError | undefined {
  const wrong = TYPES.filter((type) => census.unsound[type] > 0 || surplus(census, type) !== 0);
  if (wrong.length === 0) return undefined;
  const each = wrong.map(
    (type) => `of ${census.said[type]} ${type} ${census.found[type]} are sound and kept by a repair`,
  );
  return damaged(directory, each.join(', '));
}

async function readMeta(db: Database): Promise<Meta | undefined> {
  for await (const slice of db.storedSlices(META)) {
    const stored = slice.find(([key]) => key === META)?.[1];
    if (stored === undefined) continue;
    const value = unsealed(META, stored);
    const meta = decoded(decodeMeta, value ?? stored);
    // What has no checksum can only be of the format in which nothing had one.
    if (meta === undefined || (value === undefined && meta.format !== UNSEALED_FORMAT))
      throw damaged(db.directory, 'what it says of itself fails its checksum');
    return meta;
  }
  return undefined;
}

/** Puts a checksum behind every value. */
async function seal(db: Database, counts: Counts): Promise<void> {
  for (const kind of [ADDRESSES, TUPLES, SPAMTRAPS]) {
    for await (const slice of db.storedSlices(kind.prefix)) {
      const operations = slice.flatMap(([key, stored]): Operation[] => {
        if (unsealed(key, stored) !== undefined) return [];
        if (decoded(kind.decode, stored) === undefined) throw damaged(db.directory, `${shown(key)} cannot be decoded`);
        return [{ type: 'put', key, value: stored }];
      });
      if (operations.length > 0) await db.write(operations, counts);
    }
  }
  await db.write([metaOperation(counts)], counts);
}

/** What a repair kept, and what it gave up. */
export interface RepairReport extends Counts {
  /** Records that were found, and could not be decoded or failed their checksum. */
  readonly dropped: number;
  /** How many records of each kind are gone of those that were acknowledged last. `undefined`: that cannot be known any more. */
  readonly lost: Counts | undefined;
}

/** Saves what can be read: first LevelDB's own repair, then without the records that fail their checksum. */
export async function repairDirectory(directory: string, cacheSize: number): Promise<RepairReport> {
  const acknowledged = await Database.repair(directory);
  const db = await Database.open(directory, cacheSize);
  try {
    // Where there is nothing that only this format has, the records may be of the one before.
    const meta = await readMeta(db).catch(() => undefined);
    const mayBeUnsealed = meta === undefined ? acknowledged === 'missing' : meta.format === UNSEALED_FORMAT;
    const tuples = await keepSound(db, TUPLES, mayBeUnsealed);
    const addresses = await keepSound(db, ADDRESSES, mayBeUnsealed);
    const spamtraps = await keepSound(db, SPAMTRAPS, mayBeUnsealed);
    const counts = { tuples: tuples.kept, addresses: addresses.kept, spamtraps: spamtraps.kept };
    await db.write([metaOperation(counts)], counts);
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
    if (operations.length > 0) await db.write(operations, NO_RECORDS);
  }
  return { kept, dropped };
}

/** How many fewer there are than before, of each kind. */
function fewer(before: Counts, after: Counts): Counts {
  return {
    tuples: Math.max(0, before.tuples - after.tuples),
    addresses: Math.max(0, before.addresses - after.addresses),
    spamtraps: Math.max(0, before.spamtraps - after.spamtraps),
  };
}

function decoded<T>(decode: (bytes: Uint8Array) => T, value: Uint8Array): T | undefined {
  try {
    return decode(value);
  } catch {
    return undefined;
  }
}
