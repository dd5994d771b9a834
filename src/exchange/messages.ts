import type { Entry, GreyEntry } from '../entry.ts';
import { systemCode } from '../errors.ts';
import { frame } from '../frames.ts';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple, type StoreRecord } from '../store/index.ts';
import { isSums, MIDDLE } from './digest.ts';
import { spamdsyncexchange } from './generated/exchange.js';
import { LEAVES } from './shared.ts';

/** The largest message, bytes. */
export const MAX_MESSAGE = 2 ** 18;
/** A message of records or hashes is sent once it has this many bytes. */
export const PART = 2 ** 16;
export const VERSION = 1;
/** How many bytes name a process. */
export const INSTANCE = 16;

export type Message = spamdsyncexchange.Message;
export type MessageProperties = spamdsyncexchange.Message.$Properties;
/** A tuple or an address. */
export type SharedRecord = Exclude<StoreRecord, { type: 'spamtrap' }>;

/**
 * The most records in a message. A record takes a few bytes there at least, and more than that in the receiver's
 * memory.
 */
const MAX_ITEMS = 8192;
/**
 * The most entries in a message, and the most characters in the strings of each: together less than the largest
 * message.
 */
const MAX_LIVE = 16;
const MAX_STRINGS = 4096;
/** The most short hashes that are listed or wanted in a round. A later round has the others. */
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
 * Decodes a message. One with too many elements is refused, because its elements would take many times its length in
 * memory.
 *
 * @throws {Error} Of protobufjs, for bytes that are not a message. {@link ExchangeError} for a message with too many
 * elements.
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

/**
 * Whether a message has a member. The value does not tell: the generated class has a default for each missing member.
 */
export function has(message: Message, member: keyof MessageProperties): boolean {
  return Object.hasOwn(message, member);
}

/** The other end did not follow the protocol: it sent something invalid, or did nothing in time. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
}

/** The connection ended, and nothing that came in was wrong. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';

  constructor() {
    super('the connection is closed');
  }
}

const BREAKS = /^(ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_(PREMATURE_CLOSE|DESTROYED))$/;

/**
 * Whether a connection ended because the other end or the network is gone, and not because something invalid came in.
 */
export function isBreak(error: unknown): boolean {
  return error instanceof ConnectionClosed || BREAKS.test(systemCode(error) ?? '');
}

/**
 * The sums in a message, each with the bucket above them.
 *
 * @throws {ExchangeError} For an invalid bucket, and for sums of another length.
 */
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

/** @throws {ExchangeError} For an invalid leaf. */
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
 * @returns `undefined` for a record of another type, which a later version may send.
 * @throws {ExchangeError} For an invalid record.
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

/** Whether the strings of an entry are short enough for a message. Those that a greylist keeps are. */
export function hasRoom(entry: Entry): boolean {
  return entry.type !== 'grey' || stringsOf(entry) <= MAX_STRINGS;
}

/** Puts entries that {@link hasRoom} lets pass into as many messages as they need. */
export function* liveMessages(entries: readonly Entry[]): Generator<MessageProperties, void> {
  for (let at = 0; at < entries.length; at += MAX_LIVE) yield { live: entries.slice(at, at + MAX_LIVE) };
}

function stringsOf({ helo, from, to }: GreyEntry): number {
  return helo.length + from.length + to.length;
}

/**
 * Decodes an entry. The greylist checks its contents, as it does with an entry from a datagram.
 *
 * @returns `undefined` for an entry of another type, which a later version may send.
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
