import type { AddressRecord, Claim } from '../rules/address-record.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';
import { spamdsync } from './generated/record.js';

/** The records of `record.proto` as generated code has them. What decodes them throws for what is none. */
const { Tuple, Address, Meta } = spamdsync;

export type TupleMessage = spamdsync.Tuple.$Shape;
export type AddressMessage = spamdsync.Address.$Shape;

export function encodeTuple(record: Readonly<TupleRecord>): Uint8Array {
  return Tuple.encode(tupleMessage(record)).finish();
}

export function decodeTuple(bytes: Uint8Array): TupleRecord {
  return tupleRecord(Tuple.decode(bytes));
}

export function encodeAddress(record: Readonly<AddressRecord>): Uint8Array {
  return Address.encode(addressMessage(record)).finish();
}

export function decodeAddress(bytes: Uint8Array): AddressRecord {
  return addressRecord(Address.decode(bytes));
}

/** How many there are of each kind. */
export interface Counts {
  readonly tuples: number;
  readonly addresses: number;
  readonly spamtraps: number;
}

export function encodeMeta(format: number, counts: Counts): Uint8Array {
  return Meta.encode({ format, counts }).finish();
}

export function decodeMeta(bytes: Uint8Array): { format: number; counts: Counts } {
  const { format, counts } = Meta.decode(bytes);
  return { format, counts: countsOf(counts) };
}

export function countsOf(counts: spamdsync.Counts.$Properties | null | undefined): Counts {
  return { tuples: counts?.tuples ?? 0, addresses: counts?.addresses ?? 0, spamtraps: counts?.spamtraps ?? 0 };
}

/** @param key Where the record is not to be found by it. */
export function tupleMessage(record: Readonly<TupleRecord>, key?: string): spamdsync.Tuple.$Properties {
  const { first, pass, expires, blocked, passed, spelled } = record;
  const message: spamdsync.Tuple.$Properties = { first, pass, expires, blocked, passed };
  if (spelled !== undefined) message.spelled = spelled;
  if (key !== undefined) message.key = key;
  return message;
}

export function tupleRecord(message: spamdsync.Tuple): TupleRecord {
  const { first, pass, expires, blocked, passed } = message;
  // The generated class has a default for every field that is not there.
  const spelled = Object.hasOwn(message, 'spelled') ? message.spelled : undefined;
  return { first, pass, expires, blocked, passed, spelled };
}

/** @param ip Where the record is not to be found by it. */
export function addressMessage(record: Readonly<AddressRecord>, ip?: string): spamdsync.Address.$Properties {
  const { white, trapped, ...rest } = record;
  const message: spamdsync.Address.$Properties = { ...rest, white: [...white], trapped: [...trapped] };
  if (ip !== undefined) message.ip = ip;
  return message;
}

export function addressRecord(message: spamdsync.Address): AddressRecord {
  return {
    white: message.white.map(claim),
    trapped: message.trapped.map(claim),
    whiteRemoved: message.whiteRemoved,
    trappedRemoved: message.trappedRemoved,
    removalsUntil: message.removalsUntil,
    ownWhite: message.ownWhite,
    by: message.by,
    first: message.first,
    pass: message.pass,
    blocked: message.blocked,
    passed: message.passed,
    announcedUntil: message.announcedUntil,
    announcedAt: message.announcedAt,
  };
}

function claim({ at, until }: spamdsync.Claim.$Properties): Claim {
  return { at: at ?? 0, until: until ?? 0 };
}
