import type { Entry } from '../entry.ts';
import type { DecodeReason } from '../errors.ts';
import { badOption, checkMembers } from '../validate.ts';
import { readU16, readU32 } from '../wire/bytes.ts';
import {
  COUNTER_AT,
  HEADER_SIZE,
  HMAC_AT,
  HMAC_SIZE,
  LENGTH_AT,
  MIN_SIZE,
  TLV_HEADER_SIZE,
  TYPE_END,
} from '../wire/constants.ts';
import { decodeBody, type Refusal, readHeader } from '../wire/decode.ts';
import { bufferOver } from '../wire/text.ts';
import type { SyncKey } from './key.ts';
import { checkedKey, type Keyring } from './keyring.ts';

/** The fields of a header, whatever they hold. */
export interface InspectedHeader {
  /** The version, at byte 0; 2 in a sound datagram. */
  readonly version: number;
  /** The address family, at byte 1; 2 (AF_INET) in a sound datagram. */
  readonly family: number;
  /** The length that the datagram claims, at byte 2. */
  readonly length: number;
  /** The sender's count of its datagrams, at byte 4. */
  readonly counter: number;
  /** The HMAC, at byte 8, hexadecimal. */
  readonly hmac: string;
}

/** A TLV as it stands in the datagram. */
export interface InspectedTlv {
  /** 0 END, 1 GREY, 2 WHITE, 3 TRAPPED, 4 and 5 greyd's removals; others are unknown. */
  readonly type: number;
  /** Bytes from the start of the datagram. */
  readonly offset: number;
  /** The length that the TLV claims, its own header of 4 bytes included. */
  readonly length: number;
}

/** Everything that can be read in a datagram, whether it is sound or not. */
export interface Inspection {
  /** The header; `undefined` if the datagram is shorter than a header. */
  readonly header: InspectedHeader | undefined;
  /**
   * The place in the keyring, from 0, of the key that signed the datagram; `undefined` if none did, or no key was
   * given.
   */
  readonly keyIndex: number | undefined;
  /** The TLVs, END included, up to the first at fault: the place of the next one is not known then. */
  readonly tlvs: readonly InspectedTlv[];
  /**
   * The entries that it announces, authenticated or not. Empty if a check before the HMAC refuses the datagram, and if
   * its TLVs are malformed.
   */
  readonly entries: readonly Entry[];
  /** The first check that the datagram fails, in the order of a receiver's checks; `undefined` if it fails none. */
  readonly refusal:
    | {
        /** The check. */
        readonly reason: DecodeReason;
        /** The byte at fault, counted from the start of the datagram. */
        readonly offset: number;
        /** What is wrong, in words. */
        readonly detail: string;
      }
    | undefined;
}

/**
 * Shows what is in a datagram, for a person to read. Unlike `decodeDatagram` it goes on where a receiver stops, so its
 * result must not be applied.
 *
 * @param options.key The entries are shown even if no key is given, and if none of the keyring signed the datagram.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not bytes, and for an invalid key.
 */
export function inspectDatagram(
  bytes: Uint8Array,
  options: { readonly key?: SyncKey | Keyring | undefined } = {},
): Inspection {
  if (!(bytes instanceof Uint8Array)) throw badOption('bytes', 'not a Uint8Array', bytes);
  checkMembers('options', options, { key: true });
  const checked = readHeader(bytes);
  if ('reason' in checked) return { ...partsOf(bytes, undefined), keyIndex: undefined, entries: [], refusal: checked };
  const keyIndex = options.key === undefined ? undefined : signedBy(checkedKey(options.key), bytes);
  const body = decodeBody(bufferOver(bytes));
  const unsigned = options.key !== undefined && keyIndex === undefined ? NOT_SIGNED : undefined;
  const malformed = 'reason' in body ? body : undefined;
  return {
    ...partsOf(bytes, malformed?.offset),
    keyIndex,
    entries: 'reason' in body ? [] : body.entries,
    refusal: unsigned ?? malformed,
  };
}

const NOT_SIGNED: Refusal = { reason: 'auth', offset: HMAC_AT, detail: 'HMAC verification failed' };

function signedBy(key: SyncKey | Keyring, bytes: Uint8Array): number | undefined {
  const verified = key.verify(bytes);
  return typeof verified === 'string' ? 0 : verified?.keyIndex;
}

function partsOf(bytes: Uint8Array, faultAt: number | undefined): Pick<Inspection, 'header' | 'tlvs'> {
  const header = bytes.length < HEADER_SIZE ? undefined : headerOf(bytes);
  return { header, tlvs: bytes.length < MIN_SIZE ? [] : [...tlvsOf(bytes, faultAt)] };
}

function headerOf(bytes: Uint8Array): InspectedHeader {
  return {
    version: bytes[0] as number,
    family: bytes[1] as number,
    length: readU16(bytes, LENGTH_AT),
    counter: readU32(bytes, COUNTER_AT),
    hmac: bufferOver(bytes).toString('hex', HMAC_AT, HMAC_AT + HMAC_SIZE),
  };
}

function* tlvsOf(bytes: Uint8Array, faultAt = bytes.length): Generator<InspectedTlv, void> {
  for (let offset = HEADER_SIZE; bytes.length - offset >= TLV_HEADER_SIZE; ) {
    const type = readU16(bytes, offset);
    const length = readU16(bytes, offset + 2);
    yield { type, offset, length };
    if (type === TYPE_END || length < TLV_HEADER_SIZE) return;
    offset += length;
    if (offset > faultAt) return;
  }
}
