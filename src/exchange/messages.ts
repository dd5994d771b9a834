import type { Entry, GreyEntry } from '../entry.ts';
import { systemCode } from '../errors.ts';
import { frame } from '../frames.ts';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple, type StoreRecord } from '../store/index.ts';
import { isSums, MIDDLE } from './digest.ts';
import { spamdsyncexchange } from './generated/exchange.js';
import { LEAVES } from './shared.ts';

/** The largest message, bytes. */
export const MAX_MESSAGE = 2 ** 18;
/** A message of records or hashes is sent when it has so many bytes. */
export const PART = 2 ** 16;
export const VERSION = 1;
/** Bytes of what a process is known by. */
export const INSTANCE = 16;

export type Message = spamdsyncexchange.Message;
export type MessageProperties = spamdsyncexchange.Message.$Properties;
/** A tuple or an address. */
export type SharedRecord = Exclude<StoreRecord, { type: 'spamtrap' }>;

/** So many records are in a message: none takes less than some bytes, and each more of the memory of who receives it. */
const MAX_ITEMS = 8192;
/** So many entries are in a message, each with strings of so many characters: together less than the largest message. */
const MAX_LIVE = 16;
const MAX_STRINGS = 4096;
/** So many short hashes are listed or wanted in a round at most; the others are in a later one. */
export const MAX_LISTED = 2 ** 21;

/** Records of a leaf by their short hashes. */
export interface Listed {
  readonly leaf: number;
  /** 16 bits each. */
  readonly hashes: Uint16Array;
}

export function messageFrame(message: MessageProperties): Buffer {
  return frame(spamdsyncexchange.Message.encode(message).finish(), MAX_MESSAGE);
}

/**
 * What has more of anything than a message may have would take many times its length.
 *
 * @throws {Error} Of protobufjs, for what is not a message. {@link ExchangeError} for one that has more of anything than it may.
 */
export function readMessage(bytes: Uint8Array): Message {
  const message = spamdsyncexchange.Message.decode(bytes);
  const { live, compare, differ, want, listing, items } = message;
  atMost(MAX_LIVE, live, 'entries');
  atMost(MIDDLE, compare?.sums, 'sums');
  atMost(MIDDLE, differ?.sums, 'sums');
  atMost(LEAVES, want?.leaf, 'leaves');
  atMost(LEAVES, listing?.leaf, 'leaves');
  atMost(MAX_ITEMS, items?.item, 'records');
  return message;
}

function atMost(max: number, list: readonly unknown[] | null | undefined, what: string): void {
  if (list != null && list.length > max) throw new ExchangeError(`a message of ${list.length} ${what}, over ${max}`);
}

/** Whether a message has a member: the generated class has a default for every one that is not there. */
export function has(message: Message, member: keyof MessageProperties): boolean {
  return Object.hasOwn(message, member);
}

/** What a message is wrong with, where it is not of this protocol. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
}

/** The connection ended, without anything that is wrong. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';

  constructor() {
    super('the connection is closed');
  }
}

const BREAKS = /^(ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_(PREMATURE_CLOSE|DESTROYED))$/;

/** Whether a connection has ended since the other end, or the way there, is gone; not since something is wrong with what came. */
export function isBreak(error: unknown): boolean {
  return error instanceof ConnectionClosed || BREAKS.test(systemCode(error) ?? '');
}

/** The sums that are there, by the bucket above them. @throws {ExchangeError} For what are none. */
export function sumsOf(
  { sums }: spamdsyncexchange.Buckets.$Properties,
  buckets: number,
): { readonly bucket: number; readonly sums: Uint8Array }[] {
  const all = (sums ?? []).map((one) => ({ bucket: one.bucket ?? 0, sums: one.sums ?? new Uint8Array() }));
  if (all.length > buckets) throw new ExchangeError(`${all.length} buckets of ${buckets}`);
  for (const one of all) {
    if (one.bucket >= buckets) throw new ExchangeError(`bucket ${one.bucket} of ${buckets}`);
    if (!isSums(one.sums)) throw new ExchangeError(`sums of ${one.sums.length} bytes`);
  }
  return all;
}

export function leafMessage({ leaf, hashes }: Listed): spamdsyncexchange.Leaf.$Properties {
  const bytes = Buffer.allocUnsafe(2 * hashes.length);
  for (const [at, hash] of hashes.entries()) bytes.writeUInt16LE(hash, 2 * at);
  return { leaf, hashes: bytes };
}

/** @throws {ExchangeError} For what is no leaf. */
export function listedOf({ leaf, hashes }: spamdsyncexchange.Leaf.$Properties): Listed {
  const number = leaf ?? 0;
  const { buffer, byteOffset, byteLength } = hashes ?? new Uint8Array();
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  if (number >= LEAVES) throw new ExchangeError(`leaf ${number} of ${LEAVES}`);
  if (bytes.length % 2 !== 0) throw new ExchangeError(`hashes of ${bytes.length} bytes`);
  const read = new Uint16Array(bytes.length / 2);
  for (let at = 0; at < read.length; at++) read[at] = bytes.readUInt16LE(2 * at);
  return { leaf: number, hashes: read };
}

export function itemMessage(record: SharedRecord): spamdsyncexchange.Item.$Properties {
  return record.type === 'tuple'
    ? { key: record.key, tuple: encodeTuple(record.record) }
    : { key: record.ip, address: encodeAddress(record.record) };
}

/**
 * @returns `undefined` for a record of another type, as a later version may have.
 * @throws {ExchangeError} For what is no record.
 */
export function recordOf({ key, tuple, address }: spamdsyncexchange.Item.$Properties): SharedRecord | undefined {
  if (key == null || key === '') throw new ExchangeError('a record without a key');
  try {
    if (tuple != null && tuple.length > 0) return { type: 'tuple', key, record: decodeTuple(tuple) };
    if (address != null && address.length > 0) return { type: 'address', ip: key, record: decodeAddress(address) };
  } catch (error) {
    throw new ExchangeError(`a record that cannot be decoded: ${(error as Error).message}`);
  }
  return undefined;
}

/** Whether the strings of an entry are no longer than any that a greylist keeps. */
export function hasRoom(entry: Entry): boolean {
  return entry.type !== 'grey' || stringsOf(entry) <= MAX_STRINGS;
}

/** Entries that have room in a message, in as many messages as they need. */
export function* liveMessages(entries: readonly Entry[]): Generator<MessageProperties, void> {
  for (let at = 0; at < entries.length; at += MAX_LIVE) yield { live: entries.slice(at, at + MAX_LIVE) };
}

function stringsOf({ helo, from, to }: GreyEntry): number {
  return helo.length + from.length + to.length;
}

/**
 * What it says the greylist checks, as of one that came by spamd's wire.
 *
 * @returns `undefined` for one of another type, as a later version may have.
 */
export function entryOf(message: spamdsyncexchange.Entry.$Properties): Entry | undefined {
  const { type, ip, timestamp } = message;
  const common = { ip: ip ?? '', timestamp: timestamp ?? 0 };
  switch (type) {
    case 'grey':
      return { type, ...common, helo: message.helo ?? '', from: message.from ?? '', to: message.to ?? '' };
    case 'white':
    case 'trapped':
      return { type, ...common, expires: message.expires ?? 0 };
    case 'remove-white':
    case 'remove-trapped':
      return { type, ...common };
    default:
      return undefined;
  }
}
