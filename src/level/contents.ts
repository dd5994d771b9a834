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
import type { Database, Operation } from './database.ts';
import { damaged, damagedRecord } from './errors.ts';
import type { BoundOptions } from './room.ts';
import { unsealed } from './seal.ts';
import type { Kind } from './table.ts';
import { TRAP_PREFIX } from './traps.ts';

/*
 * The keys: `a` and the address, `s` and the spamtrap, `t` and the tuple's key. So each kind of records is one range in
 * the order of the keys. An address has one record, which holds its white and its trapped claims. `m` holds what the
 * store says of itself.
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
export const META = 'm';

/** What a tuple takes on the disk besides its strings, bytes. */
const TUPLE_SIZE = 64;

/** An address counts as one address more for each so many bytes of its evidence, which is text that clients typed. */
const EVIDENCE_UNIT = 1024;

/** Networks that hold fewer addresses, or fewer bytes of tuples, than this count as alike. */
const ALIKE_ADDRESSES = 64;
const ALIKE_BYTES = 2 ** 14;

/** @param max Bytes of the tuples' keys and values. */
export function tupleBound(max: number): BoundOptions<TupleRecord> {
  return {
    max,
    alike: ALIKE_BYTES,
    sizeOf: (key, { original }) => key.length + TUPLE_SIZE + (original?.length ?? 0),
    rankOf: () => 0,
    ageOf: ({ first }) => first,
  };
}

/** Trapped addresses make room before any white one. */
export function addressBound(max: number): BoundOptions<AddressRecord> {
  return {
    max,
    alike: ALIKE_ADDRESSES,
    sizeOf: (_, { evidence }) => 1 + Math.floor(evidenceBytes(evidence) / EVIDENCE_UNIT),
    rankOf: ({ white }) => (white.length > 0 ? 1 : 0),
    ageOf: (record) => holdsUntil(record),
  };
}

/** What it takes to read the records of one kind. */
export interface Readable {
  readonly prefix: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** The key of a spamtrap holds all of it; its value is empty. */
export const SPAMTRAPS: Readable = { prefix: TRAP_PREFIX, decode: (bytes) => bytes };

/** In format 2 every value has a checksum behind it, see `sealed`. In format 1 no value has one. */
const FORMAT = 2;
export const UNSEALED_FORMAT = 1;
export const NO_RECORDS: Counts = { tuples: 0, addresses: 0, spamtraps: 0 };

export interface Contents {
  readonly counts: Counts;
  readonly spamtraps: readonly string[];
}

interface Meta {
  readonly format: number;
  readonly counts: Counts;
}

/**
 * Reads what a store says of itself, and the spamtraps. A directory of format 1 is converted to format 2. The
 * conversion may be cut off at any time: the next open goes on with it.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_STORE` for a format that this version does not know; `ERR_SPAMD_STORE_DAMAGED`
 * for a directory that is damaged or holds something else.
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
  await db.acknowledge(counts);
  return { counts, spamtraps };
}

export function metaOperation(counts: Counts): Operation {
  return { type: 'put', key: META, value: encodeMeta(FORMAT, counts) };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_STORE_DAMAGED`. */
export async function readMeta(db: Database): Promise<Meta | undefined> {
  for await (const slice of db.storedSlices(META)) {
    const stored = slice.find(([key]) => key === META)?.[1];
    if (stored === undefined) continue;
    const value = unsealed(META, stored);
    const meta = decoded(decodeMeta, value ?? stored);
    // A value without a checksum can only be of format 1, in which no value has one.
    if (meta === undefined || (value === undefined && meta.format !== UNSEALED_FORMAT))
      throw damaged(db.directory, 'what it says of itself fails its checksum');
    return meta;
  }
  return undefined;
}

/**
 * Puts a checksum behind every value. Nothing is acknowledged until all values have one: from this a repair knows the
 * format.
 */
async function seal(db: Database, counts: Counts): Promise<void> {
  for (const kind of [ADDRESSES, TUPLES, SPAMTRAPS]) {
    for await (const slice of db.storedSlices(kind.prefix)) {
      const operations = slice.flatMap(([key, stored]): Operation[] => {
        if (unsealed(key, stored) !== undefined) return [];
        if (decoded(kind.decode, stored) === undefined) throw damaged(db.directory, `${shown(key)} cannot be decoded`);
        return [{ type: 'put', key, value: stored }];
      });
      if (operations.length > 0) await db.write(operations);
    }
  }
  await db.write([metaOperation(counts)]);
}

/** The decoded value; `undefined` if it cannot be decoded. */
export function decoded<T>(decode: (bytes: Uint8Array) => T, value: Uint8Array): T | undefined {
  try {
    return decode(value);
  } catch {
    return undefined;
  }
}
