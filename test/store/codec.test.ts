import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAddress,
  decodeMeta,
  decodeTuple,
  encodeAddress,
  encodeMeta,
  encodeTuple,
} from '../../src/store/codec.ts';
import { address, NOW, tuple } from '../support/records.ts';

/** Any time there can be, and sums of one and a duration. */
const time = fc.integer({ min: -(2 ** 32), max: 2 ** 33 });
const count = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
const claims = fc.array(fc.record({ at: time, expires: time }), { maxLength: 8 });

const evidence = fc.array(
  fc.record({
    kind: fc.string(),
    time,
    received: fc.option(time, { nil: undefined }),
    source: text,
    tuple: fc.option(fc.record({ helo: fc.string(), from: fc.string(), to: fc.string() }), { nil: undefined }),
    connectedTo: text,
    by: text,
  }),
  { maxLength: 4 },
);

describe('the record codec', () => {
  it('a decoded tuple is the tuple that was encoded', () => {
    const original = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
    const record = fc.record({ first: time, pass: time, expires: time, blocked: count, passed: count, original });
    fc.assert(
      fc.property(record, (given) => {
        expect(decodeTuple(encodeTuple(given))).toEqual(given);
      }),
    );
  });

  it('a decoded address is the address that was encoded', () => {
    const record = fc.record({
      white: claims,
      trapped: claims,
      whiteRemoved: time,
      trappedRemoved: time,
      removalsExpire: time,
      localWhite: time,
      trappedBy: fc.string(),
      evidence,
      first: time,
      pass: time,
      blocked: count,
      passed: count,
      announcedExpires: time,
      announcedAt: time,
    });
    fc.assert(
      fc.property(record, (given) => {
        expect(decodeAddress(encodeAddress(given))).toEqual(given);
      }),
    );
  });

  it('the decoded meta record is the one that was encoded', () => {
    const counts = { tuples: 2 ** 33, addresses: 0, spamtraps: 5 };
    expect(decodeMeta(encodeMeta(3, counts))).toEqual({ format: 3, counts });
  });

  it('records are encoded under the field numbers of record.proto', () => {
    const record = tuple({ first: 1, pass: 2, expires: 3, blocked: 4, passed: 5, original: 'é' });
    expect(Buffer.from(encodeTuple(record)).toString('hex')).toBe(
      '11000000000000f03f190000000000000040210000000000000840280430053a02c3a9',
    );
    const white = address({ white: [{ at: 1, expires: 2 }], first: 0, trappedBy: 'x' });
    expect(Buffer.from(encodeAddress(white)).toString('hex')).toMatch(/^121209000000000000f03f110000000000000040/);
    const trap = { kind: 'a', time: 1, received: 2, source: 'b', connectedTo: 'f', by: 'g' };
    const evidence = [{ ...trap, tuple: { helo: 'c', from: 'd', to: 'e' } }];
    expect(Buffer.from(encodeAddress(address({ evidence }))).toString('hex')).toContain(
      '7a270a016111000000000000f03f1900000000000000402201622a0163320164',
    );
  });

  it('a record with a field of a later version is decoded', () => {
    const later = Buffer.concat([encodeTuple(tuple()), Buffer.from([0xfa, 0x01, 0x02, 0x68, 0x69])]);
    expect(decodeTuple(later)).toEqual(tuple());
  });

  it('a record that is cut is not decoded', () => {
    const bytes = encodeTuple(tuple({ first: NOW }));
    expect(() => decodeTuple(bytes.subarray(0, 5))).toThrow(RangeError);
  });
});
