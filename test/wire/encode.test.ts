import { decodeDatagram, EntryError, encodeDatagram, Keyring, SyncKey, type WireEntry } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { encode, grey, refusal, white } from '../support/encoded.ts';
import { addressBody, END, frame, KEY, rawGrey, tlv } from '../support/frame.ts';

describe('layout', () => {
  it('is a header and END for no entries', () => {
    expect(encode([])).toEqual(frame([END]));
  });

  it('is the TLVs one behind the other', () => {
    const entries: WireEntry[] = [
      white,
      { type: 'trapped', ip: '203.0.113.3', timestamp: 3, expires: 33 },
      { type: 'remove-white', ip: '203.0.113.4', timestamp: 4 },
      { type: 'remove-trapped', ip: '203.0.113.5', timestamp: 5 },
      grey,
    ];
    const expected = frame(
      [
        tlv(2, addressBody(1_800_000_000, 1_803_110_400, '192.0.2.1')),
        tlv(3, addressBody(3, 33, '203.0.113.3')),
        tlv(4, addressBody(4, 0, '203.0.113.4')),
        tlv(5, addressBody(5, 0, '203.0.113.5')),
        rawGrey({ padding: 80 - 18 - 16 - 16 - 15 }),
        END,
      ],
      { counter: 0x0102_0304 },
    );
    expect(encode(entries, 0x0102_0304)).toEqual(expected);
  });

  it('pads a GREY with zeros to the next multiple of 16, from 0 to 15', () => {
    // Something that would show through if the padding were not written.
    encode([{ ...grey, helo: 'x'.repeat(900) }]);
    for (let length = 1; length <= 40; length++) {
      const used = 18 + 16 + 16 + length + 1;
      const helo = 'h'.repeat(length);
      const padding = (16 - (used % 16)) % 16;
      expect(encode([{ ...grey, helo }])).toEqual(frame([rawGrey({ helo: `${helo}\0`, padding }), END]));
    }
  });

  it('writes text as UTF-8 and bytes as they are, in any view', () => {
    const inside = new Uint8Array([0xff, 0xe9, 0x80, 0xff]).subarray(1, 3);
    const bytes = encode([{ ...grey, helo: 'é€', from: inside, to: 'a' }]);
    const raw = rawGrey({ helo: 'é€\0', from: Uint8Array.from([0xe9, 0x80, 0]), to: 'a\0', padding: 3 });
    expect(bytes).toEqual(frame([raw, END]));
  });

  it('lets empty bytes through, as a real sender has sent them', () => {
    const none = new Uint8Array();
    const bytes = encode([{ ...grey, helo: none, from: none, to: none }]);
    expect(bytes).toEqual(frame([rawGrey({ helo: '\0', from: '\0', to: '\0', padding: 11 }), END]));
  });

  it('is signed with the first key of a keyring', () => {
    const key = new Keyring([KEY, SyncKey.none()]);
    expect(Buffer.from(encodeDatagram([white], { key, counter: 7 }))).toEqual(encode([white], 7));
  });

  it('hands out bytes of its own each time', () => {
    const first = encodeDatagram([white], { key: KEY, counter: 0 });
    const copy = Buffer.from(first);
    const second = encodeDatagram([grey], { key: KEY, counter: 1 });
    expect(Buffer.from(first)).toEqual(copy);
    first.fill(0xff);
    expect(decodeDatagram(second, { key: KEY }).entries).toEqual([grey]);
  });

  it('starts over after something it refused', () => {
    expect(refusal(() => encode([white, white, { ...white, ip: 'x' }]))).toBeInstanceOf(EntryError);
    expect(encode([white])).toHaveLength(52);
    refusal(() => encode(Array.from({ length: 90 }, () => white)));
    expect(encode([white])).toHaveLength(52);
  });

  it('takes any iterable, also one that encodes in between', () => {
    function* entries() {
      yield white;
      encode([grey, grey]);
      yield white;
    }
    expect(encode(entries())).toEqual(encode([white, white]));
    expect(encode(new Set([white]))).toEqual(encode([white]));
  });
});

describe('what fits', () => {
  it.each(['white', 'trapped'] as const)('is 85 %s in 1396 bytes, and not 86', (type) => {
    const many = (count: number) => Array.from({ length: count }, () => ({ ...white, type }));
    expect(encode(many(84))).toHaveLength(1380);
    expect(encode(many(85))).toHaveLength(1396);
    const error = refusal(() => encode(many(86)));
    expect(error.code).toBe('ERR_SPAMD_TOO_LONG');
    expect(error.message).toContain('entry 85');
  });

  it('is 85 removals, and not 86', () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ ...white, type: 'remove-white' as const }));
    expect(encode(many(85))).toHaveLength(1396);
    expect(refusal(() => encode(many(86))).code).toBe('ERR_SPAMD_TOO_LONG');
  });

  it('is a GREY whose strings have 1339 bytes, and not 1340', () => {
    const helo = (bytes: number) => 'h'.repeat(bytes - 2);
    const entry = (bytes: number): WireEntry => ({ ...grey, from: 'f', to: 't', helo: helo(bytes) });
    expect(encode([entry(1338)])).toHaveLength(1396);
    expect(encode([entry(1339)])).toHaveLength(1396);
    const error = refusal(() => encode([entry(1340)]));
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'helo', index: 0 });
    expect(error.message).toContain('1412 bytes');
  });

  it('counts bytes, not characters, and names the longest of the three', () => {
    const long = 'é'.repeat(600);
    expect(encode([{ ...grey, from: long }]).length).toBeLessThanOrEqual(1408);
    for (const field of ['helo', 'from', 'to'] as const) {
      const error = refusal(() => encode([white, { ...grey, [field]: `${long}${'é'.repeat(80)}` }]));
      expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, index: 1 });
    }
  });

  it('is a GREY behind 84 others only while there is room', () => {
    const whites = (count: number) => Array.from({ length: count }, () => white);
    expect(encode([...whites(80), grey])).toHaveLength(1396);
    expect(refusal(() => encode([...whites(81), grey])).code).toBe('ERR_SPAMD_TOO_LONG');
  });
});
