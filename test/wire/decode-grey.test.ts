import { describe, expect, it } from 'vitest';
import { decode, refusal } from '../support/decoded.ts';
import { END, frame, rawGrey, signed, tlv } from '../support/frame.ts';

describe('GREY', () => {
  const sound = { type: 'grey', ip: '192.0.2.9', timestamp: 1_800_000_000 };
  const strings = { from: '<a@example.org>', to: '<b@example.net>', helo: 'mx.example.org' };

  it('is read with and without padding, whatever that holds', () => {
    for (const padding of [0, 1, 15, 16, 100]) {
      expect(decode(frame([rawGrey({ padding }), END])).entries).toEqual([{ ...sound, ...strings }]);
    }
    const bytes = frame([rawGrey({ padding: 3 }), END]);
    bytes.fill(0xff, bytes.length - 7, bytes.length - 4);
    expect(decode(signed(bytes)).entries).toEqual([{ ...sound, ...strings }]);
  });

  it.each([4, 16, 17])('is refused with %i bytes', (size) => {
    expect(refusal(frame([tlv(1, Buffer.alloc(size - 4)), END]))).toEqual({ reason: 'malformed', offset: 34 });
  });

  it('is refused with no room for strings', () => {
    expect(refusal(frame([tlv(1, Buffer.alloc(14)), END]))).toEqual({ reason: 'malformed', offset: 50 });
  });

  it('may have three empty strings, each with its NUL', () => {
    const bytes = frame([rawGrey({ from: '\0', to: '\0', helo: '\0' }), END]);
    expect(decode(bytes).entries).toEqual([{ ...sound, from: '', to: '', helo: '' }]);
  });

  it('is refused when its strings pass its end by one byte', () => {
    const bytes = (helo: number) => frame([rawGrey({ lengths: [16, 16, helo], helo: 'mx.example.org\0' }), END]);
    expect(decode(bytes(15)).entries).toEqual([{ ...sound, ...strings }]);
    expect(refusal(bytes(16))).toEqual({ reason: 'malformed', offset: 44 });
    expect(refusal(bytes(65_535)).reason).toBe('malformed');
    // The byte behind it is the first of END, and zero: taken for a NUL if the bound were wrong.
    expect(refusal(frame([rawGrey({ helo: 'mx.example.org', lengths: [16, 16, 15] }), END])).offset).toBe(44);
  });

  it.each([
    ['from', 50],
    ['to', 66],
    ['helo', 82],
  ] as const)('is refused when %s has no length, no NUL at its end or one before', (field, offset) => {
    const lengths = { from: 16, to: 16, helo: 15 };
    const without = { ...lengths, [field]: 0 };
    expect(refusal(frame([rawGrey({ lengths: [without.from, without.to, without.helo] }), END]))).toEqual({
      reason: 'malformed',
      offset,
    });
    for (const text of ['no end', 'two\0\0', 'early\0x\0', '\0\0']) {
      expect(refusal(frame([rawGrey({ [field]: text }), END]))).toEqual({ reason: 'malformed', offset });
    }
  });

  it.each(['from', 'to', 'helo'] as const)('is refused with CR or LF anywhere in %s', (field) => {
    for (const text of ['\rb', 'a\rb', 'ab\r', '\nb', 'a\nb', 'ab\n', 'ab\r\n']) {
      expect(refusal(frame([rawGrey({ [field]: `${text}\0` }), END])).reason).toBe('malformed');
    }
  });

  it('keeps the other controls that a mail dialogue can hold', () => {
    const helo = '\x01\t\x0b\x0c\x0e\x1f"\\\x7f';
    expect(decode(frame([rawGrey({ helo: `${helo}\0` }), END])).entries).toEqual([{ ...sound, ...strings, helo }]);
  });

  it('reads strings as UTF-8 where they are, else as Latin-1', () => {
    const read = (...helo: number[]) => {
      const [entry] = decode(frame([rawGrey({ helo: Uint8Array.from([...helo, 0]) }), END])).entries;
      return entry?.type === 'grey' ? entry.helo : undefined;
    };
    expect(read(0x41, 0x7f)).toBe('A\x7f');
    expect(read(0xc2, 0x80)).toBe('\u0080');
    expect(read(0xc3, 0xa9)).toBe('é');
    expect(read(0xe2, 0x82, 0xac)).toBe('€');
    expect(read(0xf0, 0x9f, 0x93, 0xa8)).toBe('📨');
    expect(read(0x80)).toBe('\u0080');
    expect(read(0xe9)).toBe('é');
    expect(read(0xc3)).toBe('Ã');
    expect(read(0xc3, 0xa9, 0xff)).toBe('Ã©ÿ');
    expect(read(0xc0, 0xaf)).toBe('À¯');
  });

  it('judges each string by itself', () => {
    const bytes = frame([
      rawGrey({ from: Buffer.from([0xe9, 0]), to: Buffer.from('é\0'), helo: Buffer.from([0x68, 0xe9, 0]) }),
      END,
    ]);
    expect(decode(bytes).entries).toEqual([{ ...sound, from: 'é', to: 'é', helo: 'hé' }]);
  });
});
