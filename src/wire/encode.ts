import { isU32 } from '../address.ts';
import type { EntryType, GreyEntry, Removal, TrappedEntry, WhiteEntry } from '../entry.ts';
import { writeU16, writeU32 } from './bytes.ts';
import {
  ADDRESS_TLV_SIZE,
  COUNTER_AT,
  FAMILY_IPV4,
  GREY_ALIGN,
  GREY_HEADER_SIZE,
  HEADER_SIZE,
  LENGTH_AT,
  MAX_SIZE,
  MIN_SIZE,
  TLV_HEADER_SIZE,
  TYPE_GREY,
  TYPE_REMOVE_TRAPPED,
  TYPE_REMOVE_WHITE,
  TYPE_TRAPPED,
  TYPE_WHITE,
  VERSION,
} from './constants.ts';
import { textProblem, type WireText } from './text.ts';

/** A GREY entry to be encoded. A string may also be given as the bytes in which it was received. */
export type WireGrey = Omit<GreyEntry, 'helo' | 'from' | 'to'> & {
  /** The argument of HELO or EHLO. */
  readonly helo: WireText;
  /** The envelope sender. */
  readonly from: WireText;
  /** The envelope recipient. */
  readonly to: WireText;
};

/** An entry in the form that the encoder accepts. Every `Entry` is one. */
export type WireEntry = WireGrey | WhiteEntry | TrappedEntry | Removal;

/** Which field of an entry cannot go on the wire, and why. */
export interface FieldProblem {
  readonly kind: 'address' | 'time' | 'empty' | 'control' | 'too-long' | 'type';
  readonly field: string;
  readonly value: unknown;
  readonly detail: string;
}

const TYPES: ReadonlyMap<EntryType, number> = new Map([
  ['white', TYPE_WHITE],
  ['trapped', TYPE_TRAPPED],
  ['remove-white', TYPE_REMOVE_WHITE],
  ['remove-trapped', TYPE_REMOVE_TRAPPED],
]);

/** How many bytes there is room for between the header and END. */
const MAX_BODY = MAX_SIZE - MIN_SIZE;

const TEXT_DETAIL = {
  empty: 'is empty, which costs the receiver this entry or the next (a null sender is <>)',
  control: 'holds a NUL, CR, LF or other control character',
  type: 'is neither a string nor bytes',
} as const;

/**
 * Writes one entry after the other until the datagram is full, then returns its bytes, with the HMAC still zero. One
 * writer serves any number of datagrams; the bytes that it returns are a copy.
 */
export class DatagramWriter {
  readonly #bytes = Buffer.alloc(MAX_SIZE);
  readonly #limit: number;
  #at = HEADER_SIZE;

  /** @param maxSize The largest datagram to make, at most {@link MAX_SIZE} bytes. */
  constructor(maxSize: number = MAX_SIZE) {
    this.#limit = maxSize - TLV_HEADER_SIZE;
  }

  get empty(): boolean {
    return this.#at === HEADER_SIZE;
  }

  /**
   * Adds an entry. Returns `undefined` if it was added, `'full'` if it is valid but this datagram has no room left for
   * it, otherwise what is wrong with it. Problems are values, not errors: a hostile HELO must not cost a stack trace.
   *
   * @param address The entry's `ip` as a number, -1 if it is not an IPv4 dotted quad: the caller has parsed it already.
   */
  add(entry: WireEntry, address: number): 'full' | FieldProblem | undefined {
    if (address < 0)
      return {
        kind: 'address',
        field: 'ip',
        value: entry.ip,
        detail: 'is not an IPv4 dotted quad',
      };
    if (!isU32(entry.timestamp)) return badTime('timestamp', entry.timestamp);
    if (entry.type === 'grey') return this.#addGrey(entry, address);

    const type = TYPES.get(entry.type);
    if (type === undefined) {
      return {
        kind: 'type',
        field: 'type',
        value: entry.type,
        detail: 'is not a type of entry',
      };
    }
    // A removal has no expiry: greyd writes zero there.
    const expires = entry.type === 'white' || entry.type === 'trapped' ? entry.expires : 0;
    if (!isU32(expires)) return badTime('expires', expires);
    const at = this.#at;
    if (at + ADDRESS_TLV_SIZE > this.#limit) return 'full';
    const bytes = this.#bytes;
    writeU16(bytes, at, type);
    writeU16(bytes, at + 2, ADDRESS_TLV_SIZE);
    writeU32(bytes, at + 4, entry.timestamp);
    writeU32(bytes, at + 8, expires);
    writeU32(bytes, at + 12, address);
    this.#at = at + ADDRESS_TLV_SIZE;
    return undefined;
  }

  /** The datagram so far, with END added and the HMAC zero. The writer then starts over. */
  finish(counter: number): Buffer {
    const bytes = this.#bytes;
    const length = this.#at + TLV_HEADER_SIZE;
    bytes[0] = VERSION;
    bytes[1] = FAMILY_IPV4;
    writeU16(bytes, LENGTH_AT, length);
    writeU32(bytes, COUNTER_AT, counter);
    // END is type 0, length 4. The bytes of the HMAC and of the header's padding are never written and stay zero.
    writeU32(bytes, this.#at, TLV_HEADER_SIZE);
    const datagram = Buffer.allocUnsafe(length);
    bytes.copy(datagram, 0, 0, length);
    this.reset();
    return datagram;
  }

  /** Discards the entries that were added. */
  reset(): void {
    this.#at = HEADER_SIZE;
  }

  #addGrey(entry: WireGrey, address: number): 'full' | FieldProblem | undefined {
    const problem = greyProblem(entry);
    if (problem !== undefined) return problem;
    const from = byteLength(entry.from) + 1;
    const to = byteLength(entry.to) + 1;
    const helo = byteLength(entry.helo) + 1;
    const used = GREY_HEADER_SIZE + from + to + helo;
    const size = Math.ceil(used / GREY_ALIGN) * GREY_ALIGN;
    if (size > MAX_BODY) {
      const detail = `makes a datagram of ${size + MIN_SIZE} bytes with the other two, over ${MAX_SIZE}`;
      return { kind: 'too-long', ...longest(entry), detail };
    }
    const at = this.#at;
    if (at + size > this.#limit) return 'full';
    const bytes = this.#bytes;
    writeU16(bytes, at, TYPE_GREY);
    writeU16(bytes, at + 2, size);
    writeU32(bytes, at + 4, entry.timestamp);
    writeU32(bytes, at + 8, address);
    writeU16(bytes, at + 12, from);
    writeU16(bytes, at + 14, to);
    writeU16(bytes, at + 16, helo);
    const fromAt = at + GREY_HEADER_SIZE;
    writeText(bytes, fromAt, entry.from, from);
    writeText(bytes, fromAt + from, entry.to, to);
    writeText(bytes, fromAt + from + to, entry.helo, helo);
    bytes.fill(0, at + used, at + size);
    this.#at = at + size;
    return undefined;
  }
}

function badTime(field: string, value: unknown): FieldProblem {
  return {
    kind: 'time',
    field,
    value,
    detail: 'is not whole Unix seconds, 0..4294967295',
  };
}

function greyProblem(entry: WireGrey): FieldProblem | undefined {
  for (const field of ['helo', 'from', 'to'] as const) {
    const text = entry[field];
    const kind = typeof text === 'string' || text instanceof Uint8Array ? textProblem(text) : 'type';
    if (kind !== undefined) return { kind, field, value: text, detail: TEXT_DETAIL[kind] };
  }
  return undefined;
}

function longest(entry: WireGrey): { field: string; value: WireText } {
  const fields = (['helo', 'from', 'to'] as const).map((field) => ({
    field,
    value: entry[field],
  }));
  return fields.reduce((a, b) => (byteLength(b.value) > byteLength(a.value) ? b : a));
}

function byteLength(text: WireText): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : text.length;
}

/** `size` includes the NUL. */
function writeText(bytes: Buffer, at: number, text: WireText, size: number): void {
  if (typeof text !== 'string') bytes.set(text, at);
  else if (size === text.length + 1) bytes.write(text, at, 'latin1');
  else bytes.write(text, at, 'utf8');
  bytes[at + size - 1] = 0;
}
