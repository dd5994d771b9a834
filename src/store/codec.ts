import type { AddressRecord, Claim } from '../rules/address.ts';
import { type Evidence, NO_EVIDENCE } from '../rules/evidence.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { spamdsync } from './generated/record.js';

/** The messages of `record.proto` in the generated code. Decoding throws for bytes that are not such a message. */
const { Tuple, Address, Meta } = spamdsync;

export type TupleMessage = spamdsync.Tuple.$Shape;
export type AddressMessage = spamdsync.Address.$Shape;

/** Encodes a tuple as in `record.proto`. */
export function encodeTuple(record: Readonly<TupleRecord>): Uint8Array {
  return Tuple.encode(tupleMessage(record)).finish();
}

/** @throws {RangeError} From protobufjs, for bytes that are not a tuple. */
export function decodeTuple(bytes: Uint8Array): TupleRecord {
  return tupleRecord(Tuple.decode(bytes));
}

/** Encodes an address as in `record.proto`. */
export function encodeAddress(record: Readonly<AddressRecord>): Uint8Array {
  return Address.encode(addressMessage(record)).finish();
}

/** @throws {RangeError} From protobufjs, for bytes that are not an address. */
export function decodeAddress(bytes: Uint8Array): AddressRecord {
  return addressRecord(Address.decode(bytes));
}

/** How many records there are of each kind. */
export interface Counts {
  /** Tuples. */
  readonly tuples: number;
  /** Addresses, white and trapped. */
  readonly addresses: number;
  /** Spamtraps. */
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

/** @param key The key, if the record is not stored under it. */
export function tupleMessage(record: Readonly<TupleRecord>, key?: string): spamdsync.Tuple.$Properties {
  const { first, pass, expires, blocked, passed, original } = record;
  const message: spamdsync.Tuple.$Properties = { first, pass, expires, blocked, passed };
  if (original !== undefined) message.original = original;
  if (key !== undefined) message.key = key;
  return message;
}

export function tupleRecord(message: spamdsync.Tuple): TupleRecord {
  const { first, pass, expires, blocked, passed } = message;
  // The generated class has a default for every field that is not there.
  const original = Object.hasOwn(message, 'original') ? message.original : undefined;
  return { first, pass, expires, blocked, passed, original };
}

/** @param ip The address, if the record is not stored under it. */
export function addressMessage(record: Readonly<AddressRecord>, ip?: string): spamdsync.Address.$Properties {
  // A copy of the whole record is several times faster than a copy of some members. Nothing writes to its arrays.
  const message = { ...record } as unknown as spamdsync.Address.$Properties;
  if (record.evidence.length > 0) message.evidence = record.evidence.map(evidenceMessage);
  if (ip !== undefined) message.ip = ip;
  return message;
}

export function addressRecord(message: spamdsync.Address): AddressRecord {
  return {
    white: message.white.map(claim),
    trapped: message.trapped.map(claim),
    whiteRemoved: message.whiteRemoved,
    trappedRemoved: message.trappedRemoved,
    removalsExpire: message.removalsExpire,
    localWhite: message.localWhite,
    trappedBy: message.trappedBy,
    evidence: message.evidence.length === 0 ? NO_EVIDENCE : message.evidence.map(evidence),
    first: message.first,
    pass: message.pass,
    blocked: message.blocked,
    passed: message.passed,
    announcedExpires: message.announcedExpires,
    announcedAt: message.announcedAt,
  };
}

function claim({ at, expires }: spamdsync.Claim.$Properties): Claim {
  return { at: at ?? 0, expires: expires ?? 0 };
}

function evidenceMessage({ tuple, ...rest }: Evidence): spamdsync.Evidence.$Properties {
  const members = Object.entries({ ...rest, ...tuple }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members);
}

function evidence(message: spamdsync.Evidence.$Properties): Evidence {
  const { kind, time, helo, from, to } = message;
  // The generated class has a default for every field that is not there.
  const given = <T>(name: keyof spamdsync.Evidence.$Properties, value: T): T | undefined =>
    Object.hasOwn(message, name) ? value : undefined;
  return {
    kind: kind ?? '',
    time: time ?? 0,
    received: given('received', message.received ?? undefined),
    source: given('source', message.source ?? undefined),
    tuple: given('to', { helo: helo ?? '', from: from ?? '', to: to ?? '' }),
    connectedTo: given('connectedTo', message.connectedTo ?? undefined),
    by: given('by', message.by ?? undefined),
  };
}
