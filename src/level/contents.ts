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
export const META = 'm';

/** What a tuple takes on the disk besides its strings, bytes. */
const TUPLE_SIZE = 64;

/** An address counts for one more with each so many bytes of its evidence: what trapped it was typed by its clients. */
const EVIDENCE_UNIT = 1024;

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
    sizeOf: (_, { evidence }) => 1 + Math.floor(evidenceBytes(evidence) / EVIDENCE_UNIT),
    rankOf: ({ white }) => (white.length > 0 ? 1 : 0),
    ageOf: (record) => holdsUntil(record),
  };
}

/** A kind of records as far as they are read. */
export interface Readable {
  readonly prefix: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** A spamtrap is all in its key. */
export const SPAMTRAPS: Readable = { prefix: TRAP_PREFIX, decode: (bytes) => bytes };

/** 2: every value has a checksum behind it, see `sealed`. In 1 none had. */
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
    // What has no checksum can only be of the format in which nothing had one.
    if (meta === undefined || (value === undefined && meta.format !== UNSEALED_FORMAT))
      throw damaged(db.directory, 'what it says of itself fails its checksum');
    return meta;
  }
  return undefined;
}

/** Puts a checksum behind every value. Until that is done nothing is acknowledged, by which a repair knows the format. */
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

/** `undefined` for what cannot be decoded. */
export function decoded<T>(decode: (bytes: Uint8Array) => T, value: Uint8Array): T | undefined {
  try {
    return decode(value);
  } catch {
    return undefined;
  }
}
