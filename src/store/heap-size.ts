import type { AddressRecord } from '../rules/address.ts';
import type { Evidence } from '../rules/evidence.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/** Bytes of a tuple, its place in a table and a client network of its own, without its key and strings. */
const TUPLE = 256;
/** Bytes of an address, its place in a table and a client network of its own, without its strings and claims. */
const ADDRESS = 384;
/** Bytes of a claim. */
const CLAIM = 64;
/** Bytes of a piece of evidence, its place in the list and the headers of its strings, without the attempt. */
const EVIDENCE = 160;
/** Bytes of the attempt of a piece of evidence and the headers of its strings. */
const ATTEMPT = 144;

/**
 * The bytes that a tuple takes in the memory of V8, without its key, which takes one byte a character. Measured, see
 * `test/attack/long-strings.ts`.
 */
export function tupleBytes({ original }: TupleRecord): number {
  // The strings that the client typed may take two bytes a character.
  return TUPLE + (original === undefined ? 0 : 2 * original.length);
}

/** The bytes that an address takes in the memory of V8, without its text. */
export function addressBytes({ white, trapped, trappedBy, evidence }: AddressRecord): number {
  return ADDRESS + CLAIM * (white.length + trapped.length) + trappedBy.length + evidenceBytes(evidence);
}

/** The bytes that the evidence of an address takes in the memory of V8. */
export function evidenceBytes(evidence: readonly Evidence[]): number {
  let bytes = 0;
  for (const { source = '', tuple, connectedTo = '', by = '' } of evidence) {
    bytes += EVIDENCE + 2 * (source.length + connectedTo.length + by.length);
    if (tuple !== undefined) bytes += ATTEMPT + 2 * (tuple.helo.length + tuple.from.length + tuple.to.length);
  }
  return bytes;
}
