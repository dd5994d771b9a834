import fc from 'fast-check';
import { DecodeError, decodeDatagram, type Entry, EntryError, encodeDatagram, SyncKey } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { END, frame, KEY, rawGrey, tlv } from '../support/frame.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ip = fc.ipV4();
/** A line without controls; valid Unicode, so that UTF-8 keeps it. */
const line = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => [...text].filter((c) => c >= ' ' && c !== '\x7f' && !/[\ud800-\udfff]/u.test(c)).join(''))
  .filter((text) => text !== '');
const plain = { noNullPrototype: true };
const soundEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constant('grey' as const), ip, helo: line, from: line, to: line, timestamp: u32 }, plain),
  fc.record({ type: fc.constantFrom('white' as const, 'trapped' as const), ip, timestamp: u32, expires: u32 }, plain),
  fc.record({ type: fc.constantFrom('remove-white' as const, 'remove-trapped' as const), ip, timestamp: u32 }, plain),
);

/** What decoding does: a datagram or a DecodeError; anything else is let through and fails the test. */
function outcome(bytes: Uint8Array, key: SyncKey): 'decoded' | DecodeError {
  try {
    decodeDatagram(bytes, { key });
    return 'decoded';
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

describe('properties of the codec', () => {
  it('what was encoded is decoded again', () => {
    fc.assert(
      fc.property(
        fc.array(soundEntry, { maxLength: 5 }),
        u32,
        fc.uint8Array({ maxLength: 40 }),
        (entries, counter, file) => {
          const key = SyncKey.fromBytes(file);
          const bytes = encodeDatagram(entries, { key, counter });
          expect(bytes.length).toBeLessThanOrEqual(1408);
          expect(decodeDatagram(bytes, { key })).toStrictEqual({ counter, entries, unknownTlvs: 0 });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('any bytes are decoded or give a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500, size: 'max' }), (bytes) => {
        const result = outcome(bytes, KEY);
        expect(result).toBeInstanceOf(DecodeError);
      }),
      { numRuns: 300 },
    );
  });

  it('any signed bodies are decoded, or malformed at a byte of theirs', () => {
    const word = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 16, 18, 20, 21, 32, 48, 255, 1000, 0xffff);
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(word, fc.uint8Array({ maxLength: 64 }), fc.option(word, { nil: undefined }))
        .map(([type, body, size]) => tlv(type, body, size)),
      fc
        .record({ lengths: fc.tuple(word, word, word), helo: fc.uint8Array({ maxLength: 40 }), padding: fc.nat(20) })
        .map(rawGrey),
      fc.constant(END),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const bytes = frame([...parts, END]);
        const result = outcome(bytes, KEY);
        if (result === 'decoded') return;
        expect(result.reason).toBe('malformed');
        expect(result.offset).toBeGreaterThanOrEqual(32);
        expect(result.offset).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('any text is encoded so that it comes back, or refused as that field', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 1500 }),
        fc.constantFrom('helo', 'from', 'to'),
        (text, field) => {
          const entry = {
            type: 'grey' as const,
            ip: '192.0.2.1',
            helo: 'h',
            from: 'f',
            to: 't',
            timestamp: 1,
            [field]: text,
          };
          let bytes: Uint8Array;
          try {
            bytes = encodeDatagram([entry], { key: KEY, counter: 0 });
          } catch (error) {
            expect(error).toBeInstanceOf(EntryError);
            expect(error).toMatchObject({ field, index: 0 });
            return;
          }
          expect(decodeDatagram(bytes, { key: KEY }).entries).toEqual([
            { ...entry, [field]: Buffer.from(text).toString() },
          ]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['WHITE', [{ type: 'white' as const, ip: '192.0.2.1', timestamp: 1_800_000_000, expires: 1_803_110_400 }]],
    [
      'GREY and TRAPPED',
      [
        {
          type: 'grey' as const,
          ip: '192.0.2.2',
          helo: 'mx',
          from: '<a@example.org>',
          to: '<b@example.net>',
          timestamp: 1_800_000_000,
        },
        { type: 'trapped' as const, ip: '192.0.2.3', timestamp: 1_800_000_000, expires: 1_800_086_400 },
      ],
    ],
    ['a removal', [{ type: 'remove-white' as const, ip: '192.0.2.4', timestamp: 1_800_000_000 }]],
    ['no entry', []],
  ])('any bit flipped in a datagram with %s is found', (_name, entries) => {
    const sound = encodeDatagram(entries, { key: KEY, counter: 0x55aa_55aa });
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const bytes = Buffer.from(sound);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const at = bit >> 3;
      const expected = at === 0 ? 'version' : at === 1 ? 'family' : at < 4 ? 'length' : 'auth';
      expect(outcome(bytes, KEY)).toMatchObject({ reason: expected });
    }
  });
});
