import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** A tuple, its place in a table and a client network of its own, apart from its strings, bytes. */
const TUPLE = 256;
/** An address, its place in a table and a client network of its own, apart from its strings and claims, bytes. */
const ADDRESS = 352;
/** A claim, bytes. */
const CLAIM = 64;

/** What a tuple takes in the memory of V8, bytes: measured, see `test/attack/long-strings.ts`. */
export function tupleBytes(key: string, { original }: TupleRecord): number {
  // The key is of one byte a character, what the client typed may be of two.
  return TUPLE + key.length + (original === undefined ? 0 : 2 * original.length);
}

/** What an address takes in the memory of V8, bytes. */
export function addressBytes(ip: string, { white, trapped, trappedBy }: AddressRecord): number {
  return ADDRESS + ip.length + CLAIM * (white.length + trapped.length) + trappedBy.length;
}
