import type { Entry } from '../entry.ts';
import { frame } from '../frames.ts';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple, type StoreRecord } from '../store/index.ts';
import { isSums } from './digest.ts';
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

/** Records of a leaf by their short hashes. */
export interface Listed {
  readonly leaf: number;
  readonly hashes: readonly number[];
}

export function messageFrame(message: MessageProperties): Buffer {
  return frame(spamdsyncexchange.Message.encode(message).finish(), MAX_MESSAGE);
}

/** @throws {Error} Of protobufjs, for what is not a message. */
export function readMessage(bytes: Uint8Array): Message {
  return spamdsyncexchange.Message.decode(bytes);
}

/** Whether a message has a member: the generated class has a default for every one that is not there. */
export function has(message: Message, member: keyof MessageProperties): boolean {
  return Object.hasOwn(message, member);
}

/** What a message is wrong with, where it is not of this protocol. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
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
  const [number, bytes] = [leaf ?? 0, Buffer.from(hashes ?? [])];
  if (number >= LEAVES) throw new ExchangeError(`leaf ${number} of ${LEAVES}`);
  if (bytes.length % 2 !== 0) throw new ExchangeError(`hashes of ${bytes.length} bytes`);
  return { leaf: number, hashes: Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16LE(2 * at)) };
}

export function itemMessage(record: SharedRecord): spamdsyncexchange.Item.$Properties {
  return record.type === 'tuple'
    ? { key: record.key, tuple: encodeTuple(record.record) }
    : { key: record.ip, address: encodeAddress(record.record) };
}

/** @throws {ExchangeError} For what is no record. */
export function recordOf({ key, tuple, address }: spamdsyncexchange.Item.$Properties): SharedRecord {
  if (key == null || key === '') throw new ExchangeError('a record without a key');
  try {
    if (tuple != null && tuple.length > 0) return { type: 'tuple', key, record: decodeTuple(tuple) };
    if (address != null && address.length > 0) return { type: 'address', ip: key, record: decodeAddress(address) };
  } catch (error) {
    throw new ExchangeError(`a record that cannot be decoded: ${(error as Error).message}`);
  }
  throw new ExchangeError('a record of no known type');
}

export function entryMessage(entry: Entry): spamdsyncexchange.Entry.$Properties {
  return entry;
}

/** @throws {ExchangeError} For what is no entry. What it says the greylist checks. */
export function entryOf(message: spamdsyncexchange.Entry.$Properties): Entry {
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
      throw new ExchangeError(`an entry of type ${String(type)}`);
  }
}
