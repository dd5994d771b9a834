import { isU32, parseIPv4 } from '../address.ts';
import type { Entry } from '../entry.ts';
import { DecodeError, EntryError, SpamdSyncError } from '../errors.ts';
import { badOption, isList, isObject } from '../validate.ts';
import { HMAC_AT, MAX_SIZE } from '../wire/constants.ts';
import { decodeBody, type Refusal, readHeader } from '../wire/decode.ts';
import { DatagramWriter, type WireEntry } from '../wire/encode.ts';
import { bufferOver } from '../wire/text.ts';
import { writeDigest } from './hmac.ts';
import type { SyncKey } from './key.ts';
import { checkedKey, type Keyring } from './keyring.ts';

/** A datagram's content. */
export interface Datagram {
  /** The sender's count of its datagrams, 0..2^32-1. spamd counts from 0 at each start, a `SyncPeer` from the time. */
  readonly counter: number;
  /** What the sender announces, in its order. */
  readonly entries: Entry[];
  /** How many TLVs of a type that this library does not know were ignored. */
  readonly unknownTlvs: number;
}

const writer = new DatagramWriter();

/**
 * The signed datagram that carries `entries`. It is byte for byte what spamd and greyd would send, except that they put
 * one entry in each datagram.
 *
 * @param options.counter The sender's count of its datagrams, 0..2^32-1; spamd counts from 0 at each start.
 * @returns At most 1408 bytes. They hold 85 WHITE, TRAPPED or removals, or a GREY whose three strings have up to 1339
 * bytes together.
 * @throws {EntryError} `ERR_SPAMD_FIELD`, which names the entry and its field: an address that is not IPv4, a time
 * outside 0..2^32-1, a string that is empty or holds control characters, or one that is too long by itself.
 * @throws {SpamdSyncError} `ERR_SPAMD_TOO_LONG` if the entries do not fit in one datagram; `ERR_SPAMD_OPTION` for a
 * value that is not a list, and for an invalid counter or key.
 */
export function encodeDatagram(
  entries: Iterable<WireEntry>,
  options: { readonly key: SyncKey | Keyring; readonly counter: number },
): Uint8Array {
  if (!isList(entries)) throw badOption('entries', 'not a list of entries', entries);
  if (!isObject(options)) throw badOption('options', 'not an object with key, counter', options);
  if (!isU32(options.counter)) throw badOption('counter', 'not a whole number 0..4294967295', options.counter);
  const key = checkedKey(options.key);
  // The iterable is read to its end before the shared writer is used: it may run code, even this function.
  const list = Array.isArray(entries) ? (entries as readonly WireEntry[]) : [...entries];
  let index = 0;
  try {
    for (const entry of list) {
      if (!isObject(entry)) throw new EntryError('entry', entry, index, 'is not an object');
      const problem = writer.add(entry, addressOf(entry));
      if (problem === 'full') {
        throw new SpamdSyncError(
          'ERR_SPAMD_TOO_LONG',
          `entry ${index} does not fit in ${MAX_SIZE} bytes with those before`,
        );
      }
      if (problem !== undefined) throw new EntryError(problem.field, problem.value, index, problem.detail);
      index++;
    }
    const datagram = writer.finish(options.counter);
    writeDigest(datagram, key.digest(datagram));
    return datagram;
  } catch (error) {
    writer.reset();
    throw error;
  }
}

/**
 * The content of a datagram: all of it, or an error.
 *
 * @throws {DecodeError} `ERR_SPAMD_DECODE` with the `reason` and the `offset` of the byte at fault. The reasons, in the
 * order of the checks: `short` (under 36 bytes), `oversize` (over 1408), `version`, `family`, `length` (not the length
 * that the datagram claims), `auth` (HMAC verification failed), `malformed` (anything wrong among the TLVs).
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not bytes, and for an invalid key.
 */
export function decodeDatagram(bytes: Uint8Array, options: { readonly key: SyncKey | Keyring }): Datagram {
  if (!(bytes instanceof Uint8Array)) throw badOption('bytes', 'not a Uint8Array', bytes);
  if (!isObject(options)) throw badOption('options', 'not an object with key', options);
  const header = readHeader(bytes);
  if ('reason' in header) throw decodeError(header);
  if (checkedKey(options.key).verify(bytes) === undefined)
    throw new DecodeError('auth', HMAC_AT, 'HMAC verification failed');
  const body = decodeBody(bufferOver(bytes));
  if ('reason' in body) throw decodeError(body);
  return {
    counter: header.counter,
    entries: body.entries,
    unknownTlvs: body.unknownTlvs,
  };
}

/** The address as a number, or -1 if it is not a dotted quad or not a string: the writer then refuses the entry. */
function addressOf({ ip }: WireEntry): number {
  return typeof ip === 'string' ? parseIPv4(ip) : -1;
}

function decodeError(refusal: Refusal): DecodeError {
  return new DecodeError(refusal.reason, refusal.offset, refusal.detail);
}
