import type { AddressRecord } from '../rules/address.ts';
import type { Evidence } from '../rules/evidence.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** A tuple, its place in a table and a client network of its own, apart from its key and strings, bytes. */
const TUPLE = 256;
/** An address, its place in a table and a client network of its own, apart from its strings and claims, bytes. */
const ADDRESS = 384;
/** A claim, bytes. */
const CLAIM = 64;
/** A piece of evidence, its place in the list and the headers of its strings, apart from an attempt, bytes. */
const EVIDENCE = 160;
/** The attempt of a piece of evidence and the headers of its strings, bytes. */
const ATTEMPT = 144;

/** What a tuple takes in the memory of V8 but for its key, which has one byte a character; bytes: measured, see `test/attack/long-strings.ts`. */
export function tupleBytes({ original }: TupleRecord): number {
  // What the client typed may be of two bytes a character.
  return TUPLE + (original === undefined ? 0 : 2 * original.length);
}

/** What an address takes in the memory of V8 but for its text, bytes. */
export function addressBytes({ white, trapped, trappedBy, evidence }: AddressRecord): number {
  return ADDRESS + CLAIM * (white.length + trapped.length) + trappedBy.length + evidenceBytes(evidence);
}

/** What the evidence of an address takes in the memory of V8, bytes. */
export function evidenceBytes(evidence: readonly Evidence[]): number {
  let bytes = 0;
  for (const { source = '', tuple, connectedTo = '', by = '' } of evidence) {
    bytes += EVIDENCE + 2 * (source.length + connectedTo.length + by.length);
    if (tuple !== undefined) bytes += ATTEMPT + 2 * (tuple.helo.length + tuple.from.length + tuple.to.length);
  }
  return bytes;
}
