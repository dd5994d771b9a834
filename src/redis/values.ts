import { LRUCache } from 'lru-cache';
import { type AddressRecord, holdsUntil } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple } from '../store/codec.ts';
import { foreign } from './trouble.ts';

/** What a key holds, and what that means. Both `undefined`: nothing. */
export interface Value<T> {
  /** Each byte a character: as a cache of bytes, short strings take less than buffers do, and are compared at once. */
  readonly text: string | undefined;
  readonly record: T | undefined;
}

/** What a key holds that is not there. */
export const NOTHING = { text: undefined, record: undefined } as const;

/** How records of one kind are kept. */
export interface Kind<T> {
  /** The bytes of a record. */
  readonly encode: (record: T) => Uint8Array;
  /** Throws for bytes that are none. */
  readonly decode: (bytes: Uint8Array) => T;
  /** When it expires, Unix seconds. */
  readonly expires: (record: T) => number;
}

/** How much memory the values of one kind take in the cache, bytes. */
const CACHE_SIZE = 16 * 2 ** 20;
/** What a value takes besides its name and its text, roughly: the record, and its place in the table. Bytes. */
const OVERHEAD = 500;

/** The latest expiry that Redis takes: some 30,000 years from now, Unix seconds. */
const LATEST = 1e12;

/** How tuples are kept. */
export const TUPLES: Kind<TupleRecord> = {
  encode: encodeTuple,
  decode: decodeTuple,
  expires: ({ expires }) => expires,
};
/** How addresses are kept. */
export const ADDRESSES: Kind<AddressRecord> = { encode: encodeAddress, decode: decodeAddress, expires: holdsUntil };

/** The values of one kind: as bytes, as records, and what this process saw of them last, in a cache. */
export class Values<T> {
  readonly #kind: Kind<T>;
  readonly #seen = new LRUCache<string, Value<T>>({
    maxSize: CACHE_SIZE,
    sizeCalculation: ({ text = '' }, name) => name.length + text.length + OVERHEAD,
  });

  constructor(kind: Kind<T>) {
    this.#kind = kind;
  }

  /**
   * What this process saw under a name last, if it still knows.
   *
   * @param now What has expired by then is gone from Redis, too; `undefined` where nothing expires by itself.
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

  /** @throws {SpamdSyncError} `ERR_SPAMD_STORE` for bytes that are no such record. */
  parse(bytes: Buffer | undefined): Value<T> {
    if (bytes === undefined) return NOTHING;
    return { text: bytes.toString('latin1'), record: recordOf(this.#kind, bytes) };
  }

  /** @param record `undefined`: nothing. */
  format(record: T | undefined): Value<T> {
    if (record === undefined) return NOTHING;
    const { buffer, byteOffset, length } = this.#kind.encode(record);
    return { text: Buffer.from(buffer, byteOffset, length).toString('latin1'), record };
  }

  /** When Redis is to forget a record, Unix milliseconds. */
  expiresAtMs(record: T): number {
    return Math.floor(Math.min(this.#kind.expires(record), LATEST) * 1000);
  }
}

/** @throws {SpamdSyncError} `ERR_SPAMD_STORE` for bytes that are no such record. */
export function recordOf<T>({ decode }: Kind<T>, bytes: Uint8Array): T {
  try {
    return decode(bytes);
  } catch (error) {
    throw foreign(error);
  }
}
