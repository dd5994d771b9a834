import { LRUCache } from 'lru-cache';
import { type AddressRecord, holdsUntil } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple } from '../store/codec.ts';
import type { Stand } from './compare-and-set.ts';
import { shiftedAddress, shiftedTuple } from './shift.ts';

/**
 * What a key holds, and what that means. If `text` and `record` are `undefined`, it holds nothing, or something
 * foreign.
 */
export interface Value<T> {
  /** The text in Redis: the record's bytes as base64. */
  readonly text: string | undefined;
  readonly record: T | undefined;
  /** Whether the key holds something that is not such a record. */
  readonly isForeign: boolean;
}

/** The value of a key that is not there. */
export const NOTHING = { text: undefined, record: undefined, isForeign: false } as const;
const FOREIGN = { text: undefined, record: undefined, isForeign: true } as const;

/** How records of one kind are kept. */
export interface Kind<T> {
  /** The bytes of a record. */
  readonly encode: (record: T) => Uint8Array;
  /** Throws for bytes that are not a record. */
  readonly decode: (bytes: Uint8Array) => T;
  /** When it expires, Unix seconds. */
  readonly expires: (record: T) => number;
  /** The record with its times shifted by so many seconds. */
  readonly shifted: (record: T, by: number) => T;
}

/** How much memory the values of one kind take in the cache, bytes. */
const CACHE_SIZE = 16 * 2 ** 20;
/** What a value takes besides its name and its text, roughly: the record, and its place in the table. Bytes. */
const OVERHEAD = 500;

/**
 * How bytes are kept: as text, since both clients take twice the time for bytes. The clients send ASCII as it is. With
 * one character for each byte instead, half of the characters would take two bytes on the way and in Redis.
 */
const FORM = 'base64';

/** The latest expiry that Redis takes: some 30,000 years from now, Unix seconds. */
const LATEST = 1e12;

/** How tuples are kept. */
export const TUPLES: Kind<TupleRecord> = {
  encode: encodeTuple,
  decode: decodeTuple,
  expires: ({ expires }) => expires,
  shifted: shiftedTuple,
};
/** How addresses are kept. */
export const ADDRESSES: Kind<AddressRecord> = {
  encode: encodeAddress,
  decode: decodeAddress,
  expires: holdsUntil,
  shifted: shiftedAddress,
};

/**
 * The values of one kind: their conversion between text and records, and a cache of what this process saw of them last.
 */
export class Values<T> {
  readonly #kind: Kind<T>;
  /** How far Redis's clock is ahead of this host's, seconds. */
  readonly #ahead: number;
  readonly #seen = new LRUCache<string, Value<T>>({
    maxSize: CACHE_SIZE,
    // As a record, claims and strings take at most three times what they take as text.
    sizeCalculation: ({ text = '' }, name) => name.length + 4 * text.length + OVERHEAD,
  });

  /** @param ahead How far Redis's clock is ahead of this host's, seconds. The records go by this host's clock. */
  constructor(kind: Kind<T>, ahead: number) {
    this.#kind = kind;
    this.#ahead = ahead;
  }

  /**
   * What this process saw under a name last, if that is still in the cache.
   *
   * @param now A record that has expired by then is gone from Redis, too; `undefined` if nothing expires by itself.
   */
  seen(name: string, now: number | undefined): Value<T> | undefined {
    const value = this.#seen.get(name);
    if (value?.record === undefined || now === undefined || this.#kind.expires(value.record) > now) return value;
    this.#seen.delete(name);
    return undefined;
  }

  /** Takes note of what a name holds. */
  note(name: string, value: Value<T>): void {
    if (value.text === undefined) this.#seen.delete(name);
    else this.#seen.set(name, value);
  }

  /** @param stand What Redis answered. */
  parse(stand: Stand): Value<T> {
    if (stand === undefined) return NOTHING;
    const record = stand === null ? undefined : recordOf(this.#kind, stand, this.#ahead);
    return stand === null || record === undefined ? FOREIGN : { text: stand, record, isForeign: false };
  }

  /** @param record `undefined`: nothing. */
  format(record: T | undefined): Value<T> {
    if (record === undefined) return NOTHING;
    return { text: textOf(this.#kind.encode(this.#kind.shifted(record, this.#ahead))), record, isForeign: false };
  }

  /** When Redis is to forget a record, Unix milliseconds. */
  expiresAtMs(record: T): number {
    return Math.floor(Math.min(this.#kind.expires(record) + this.#ahead, LATEST) * 1000);
  }
}

/**
 * The record in a value, by this host's time.
 *
 * @param ahead How far Redis's clock is ahead of this host's, seconds.
 * @returns `undefined` if the text is not such a record.
 */
export function recordOf<T>({ decode, shifted }: Kind<T>, text: string, ahead: number): T | undefined {
  const bytes = Buffer.from(text, FORM);
  // Text that is not base64 is decoded as far as it goes, so the text has to be compared.
  if (bytes.length === 0 || bytes.toString(FORM) !== text) return undefined;
  try {
    return shifted(decode(bytes), -ahead);
  } catch {
    return undefined;
  }
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString(FORM);
}
