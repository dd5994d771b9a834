import { formatIPv4 } from '../address.ts';
import type { Entry, GreyEntry } from '../entry.ts';
import type { DecodeReason } from '../errors.ts';
import { readU16, readU32 } from './bytes.ts';
import {
  ADDRESS_TLV_SIZE,
  COUNTER_AT,
  FAMILY_IPV4,
  GREY_HEADER_SIZE,
  HEADER_SIZE,
  LENGTH_AT,
  MAX_SIZE,
  MIN_SIZE,
  TLV_HEADER_SIZE,
  TYPE_END,
  TYPE_GREY,
  TYPE_REMOVE_TRAPPED,
  TYPE_REMOVE_WHITE,
  TYPE_TRAPPED,
  TYPE_WHITE,
  VERSION,
} from './constants.ts';
import { DottedQuads } from './quads.ts';
import { readText } from './text.ts';

/** Why a datagram is refused. A value, not an error: a flood of refused datagrams must cost next to nothing. */
export interface Refusal {
  readonly reason: DecodeReason;
  readonly offset: number;
  readonly detail: string;
}

/** The part of a header that differs from datagram to datagram, apart from the length and the HMAC. */
export interface Header {
  readonly counter: number;
}

/** The content between the header and END. */
export interface Body {
  readonly entries: Entry[];
  /** The addresses of the entries as numbers, in the same order; valid until the next datagram is decoded. */
  readonly addresses: Uint32Array;
  /** How many well-formed TLVs of a type that this version does not know were ignored. */
  readonly unknownTlvs: number;
  /** The newest timestamp among the entries, or -1 if there are none: it says when the datagram was sent. */
  readonly newest: number;
}

const refusal = (reason: DecodeReason, offset: number, detail: string): Refusal => ({ reason, offset, detail });

const SHORT = refusal('short', 0, `under ${MIN_SIZE} bytes, a header and END`);
const OVERSIZE = refusal('oversize', MAX_SIZE, `over ${MAX_SIZE} bytes`);
const WRONG_VERSION = refusal('version', 0, `not version ${VERSION}`);
const VERSION_1 = refusal('version', 0, 'version 1, the extinct protocol of 2007');
const WRONG_FAMILY = refusal('family', 1, 'not address family 2 (IPv4)');
const WRONG_LENGTH = refusal('length', LENGTH_AT, 'the length field is not the length of the datagram');

/** The header, or the refusal of a check that needs no HMAC. The cheapest check comes first. */
export function readHeader(bytes: Uint8Array): Header | Refusal {
  if (bytes.length < MIN_SIZE) return SHORT;
  if (bytes.length > MAX_SIZE) return OVERSIZE;
  if (bytes[0] !== VERSION) return bytes[0] === 1 ? VERSION_1 : WRONG_VERSION;
  if (bytes[1] !== FAMILY_IPV4) return WRONG_FAMILY;
  if (readU16(bytes, LENGTH_AT) !== bytes.length) return WRONG_LENGTH;
  return { counter: readU32(bytes, COUNTER_AT) };
}

/**
 * Each datagram is copied into one buffer, and its fields are read through one view of that buffer. A DataView made for
 * each datagram costs more than all its fields, and reading byte by byte costs half as much again as this.
 */
const scratch = new Uint8Array(MAX_SIZE);
const fields = new DataView(scratch.buffer);
const quads = new DottedQuads(scratch, fields);
/** As many as there is room for TLVs of the shortest type: no datagram holds more entries. */
const addresses = new Uint32Array(Math.floor((MAX_SIZE - MIN_SIZE) / ADDRESS_TLV_SIZE));

/**
 * Reads the TLVs: all of the datagram or nothing. Only for bytes that passed {@link readHeader}. It is stricter than
 * the C receivers, which go on into unsigned or foreign bytes if END is missing. In one point it is laxer: the entries
 * behind an unknown TLV are read.
 */
export function decodeBody(bytes: Buffer): Body | Refusal {
  const end = bytes.length;
  scratch.set(bytes);
  quads.reset();
  // The length for a datagram full of TLVs of the smallest type that real senders batch. So the array need not grow
  // while it is filled.
  const entries: Entry[] = new Array((end - MIN_SIZE) >>> 4);
  let count = 0;
  let unknownTlvs = 0;
  let newest = -1;
  let at = HEADER_SIZE;
  while (end - at >= TLV_HEADER_SIZE) {
    const type = fields.getUint16(at);
    const size = fields.getUint16(at + 2);
    if (type === TYPE_END) {
      if (size !== TLV_HEADER_SIZE) return refusal('malformed', at + 2, `END of length ${size}`);
      if (at + size !== end) return refusal('malformed', at + size, `${end - at - size} bytes after END`);
      // Setting a length is a slow call even when it changes nothing.
      if (count !== entries.length) entries.length = count;
      return { entries, addresses, unknownTlvs, newest };
    }
    if (size < TLV_HEADER_SIZE || size > end - at) {
      return refusal('malformed', at + 2, `a TLV of length ${size} where ${end - at} bytes are left`);
    }
    if (type > TYPE_REMOVE_TRAPPED) unknownTlvs++;
    else {
      let entry: Entry;
      if (type === TYPE_GREY) {
        const grey = readGrey(bytes, at, size);
        if ('reason' in grey) return grey;
        addresses[count] = fields.getUint32(at + 8);
        entry = grey;
      } else {
        if (size !== ADDRESS_TLV_SIZE) return refusal('malformed', at + 2, `TLV ${type} of ${size} bytes, not 16`);
        addresses[count] = fields.getUint32(at + 12);
        entry = readAddressEntry(type, at, end);
      }
      if (entry.timestamp > newest) newest = entry.timestamp;
      entries[count++] = entry;
    }
    at += size;
  }
  return refusal('malformed', at, 'no END');
}

function readAddressEntry(type: number, at: number, end: number): Entry {
  const timestamp = fields.getUint32(at + 4);
  const ip = quads.read(at, end);
  switch (type) {
    case TYPE_WHITE:
      return {
        type: 'white',
        ip,
        timestamp,
        expires: fields.getUint32(at + 8),
      };
    case TYPE_TRAPPED:
      return {
        type: 'trapped',
        ip,
        timestamp,
        expires: fields.getUint32(at + 8),
      };
    case TYPE_REMOVE_WHITE:
      return { type: 'remove-white', ip, timestamp };
    default:
      return { type: 'remove-trapped', ip, timestamp };
  }
}

function readGrey(bytes: Buffer, at: number, size: number): GreyEntry | Refusal {
  if (size < GREY_HEADER_SIZE) return refusal('malformed', at + 2, `GREY of ${size} bytes`);
  const fromAt = at + GREY_HEADER_SIZE;
  const toAt = fromAt + fields.getUint16(at + 12);
  const heloAt = toAt + fields.getUint16(at + 14);
  const end = heloAt + fields.getUint16(at + 16);
  if (end > at + size) return refusal('malformed', at + 12, 'GREY strings longer than their TLV');
  const from = readField(bytes, fromAt, toAt);
  if (from === undefined) return refusal('malformed', fromAt, badString('from'));
  const to = readField(bytes, toAt, heloAt);
  if (to === undefined) return refusal('malformed', toAt, badString('to'));
  const helo = readField(bytes, heloAt, end);
  if (helo === undefined) return refusal('malformed', heloAt, badString('helo'));
  const ip = formatIPv4(fields.getUint32(at + 8));
  return {
    type: 'grey',
    ip,
    helo,
    from,
    to,
    timestamp: fields.getUint32(at + 4),
  };
}

/**
 * A string of a GREY, or `undefined` if it is not valid. Its last byte, counted in its length, must be its only NUL.
 */
function readField(bytes: Buffer, start: number, end: number): string | undefined {
  return end > start && bytes[end - 1] === 0 ? readText(bytes, start, end - 1) : undefined;
}

function badString(field: string): string {
  return `GREY ${field} is not one NUL-terminated line`;
}
