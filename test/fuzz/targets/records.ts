/** Stored records: bytes are refused, or are a record that encodes to what decodes to the same. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { decodeAddress, decodeTuple, encodeAddress, encodeTuple } from 'spamd-sync/store';
import { address, tuple } from '../../support/records.ts';
import type { Target } from '../engine.ts';

const TUPLE = Buffer.from(encodeTuple(tuple({ first: 1, pass: 2, expires: 3, original: 'a\0b\0c' })));
const ADDRESS = Buffer.from(
  encodeAddress(
    address({ first: 1, white: [{ at: 1, expires: 2 }], trapped: [{ at: 3, expires: 4 }], trappedBy: 'é' }),
  ),
);

export const records: Target = {
  name: 'records',
  maxLength: 200,
  seeds: [TUPLE, ADDRESS, Buffer.alloc(0)],
  tokens: [
    TUPLE,
    ADDRESS,
    ...['0a00', '1200', '1a00', '28ffffffffffffffffff01', '0b', '0c', '2aff01'].map((hex) => Buffer.from(hex, 'hex')),
  ],
  run(input) {
    check(input, decodeTuple, encodeTuple);
    check(input, decodeAddress, encodeAddress);
  },
};

function check<T>(bytes: Buffer, decode: (bytes: Uint8Array) => T, encode: (record: T) => Uint8Array): void {
  let record: T;
  try {
    record = decode(bytes);
  } catch (error) {
    ok(error instanceof Error);
    return;
  }
  deepStrictEqual(decode(encode(record)), record);
}
