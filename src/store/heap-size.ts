import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** A tuple, its place in a table and a client network of its own, apart from its key and strings, bytes. */
const TUPLE = 256;
/** An address, its place in a table and a client network of its own, apart from its strings and claims, bytes. */
const ADDRESS = 352;
/** A claim, bytes. */
const CLAIM = 64;

/** What a tuple takes in the memory of V8 but for its key, which has one byte a character; bytes: measured, see `test/attack/long-strings.ts`. */
export function tupleBytes({ original }: TupleRecord): number {
  // What the client typed may be of two bytes a character.
  return TUPLE + (original === undefined ? 0 : 2 * original.length);
}

/** What an address takes in the memory of V8 but for its text, bytes. */
export function addressBytes({ white, trapped, trappedBy }: AddressRecord): number {
  return ADDRESS + CLAIM * (white.length + trapped.length) + trappedBy.length;
}
