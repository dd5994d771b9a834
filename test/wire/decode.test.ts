import { DecodeError, type DecodeReason, decodeDatagram, Keyring, SyncKey } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { decode, refusal } from '../support/decoded.ts';
import { addressBody, END, type FrameOptions, frame, KEY_FILE, rawGrey, signed, tlv } from '../support/frame.ts';

const WHITE = tlv(2, addressBody(1_800_000_000, 1_803_110_400, '192.0.2.1'));
const white = { type: 'white', ip: '192.0.2.1', timestamp: 1_800_000_000, expires: 1_803_110_400 };

/** A sound datagram of just that many bytes. */
function ofSize(size: number, options: FrameOptions = {}): Buffer {
  return frame([tlv(9, Buffer.alloc(size - 40)), END], options);
}

describe('size', () => {
  it('takes a header and END and nothing else', () => {
    expect(decode(frame([END]))).toEqual({ counter: 0, entries: [], unknownTlvs: 0 });
  });

  it.each([28, 31, 32, 33, 34, 35])('refuses %i bytes as short', (size) => {
    const bytes = frame([END]).subarray(0, size);
    bytes.writeUInt16BE(size, 2);
    expect(refusal(signed(bytes))).toEqual({ reason: 'short', offset: 0 });
  });

  it('refuses nothing at all as short', () => {
    expect(refusal(new Uint8Array())).toEqual({ reason: 'short', offset: 0 });
  });

  it.each([1406, 1407, 1408])('takes %i bytes', (size) => {
    expect(decode(ofSize(size)).unknownTlvs).toBe(1);
  });

  it.each([1409, 1410, 9000, 65_507])('refuses %i bytes as oversize', (size) => {
    expect(refusal(ofSize(size))).toEqual({ reason: 'oversize', offset: 1408 });
  });
});

describe('header', () => {
  it.each([0, 1, 3, 255])('refuses version %i', (version) => {
    expect(refusal(frame([WHITE, END], { version }))).toEqual({ reason: 'version', offset: 0 });
  });

  it('refuses version 1 by name', () => {
    expect(() => decode(frame([END], { version: 1 }))).toThrow(/version 1, .*extinct/);
    expect(() => decode(frame([END], { version: 3 }))).toThrow(/not version 2/);
  });

  it.each([0, 1, 3, 10, 24, 255])('refuses address family %i', (family) => {
    expect(refusal(frame([WHITE, END], { family }))).toEqual({ reason: 'family', offset: 1 });
  });

  it.each([0, 31, 32, 36, 51, 53, 256 + 52, 65_535])('refuses a length field of %i in 52 bytes', (length) => {
    expect(refusal(frame([WHITE, END], { length }))).toEqual({ reason: 'length', offset: 2 });
  });

  it('takes the length field of 52 in 52 bytes', () => {
    expect(decode(frame([WHITE, END], { length: 52 })).entries).toEqual([white]);
  });

  it.each([0, 1, 255, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('reads the counter %i', (counter) => {
    expect(decode(frame([END], { counter })).counter).toBe(counter);
  });

  it('refuses bytes behind the datagram, also whole further ones', () => {
    const bytes = frame([WHITE, END]);
    expect(refusal(Buffer.concat([bytes, Buffer.alloc(1)])).reason).toBe('length');
    expect(refusal(Buffer.concat([bytes, bytes])).reason).toBe('length');
  });

  it('ignores what the padding holds, as long as it is signed', () => {
    const bytes = frame([WHITE, END]);
    bytes.writeUInt32BE(0xdead_beef, 28);
    expect(decode(signed(bytes)).entries).toEqual([white]);
  });
});

describe('the order of the checks', () => {
  const wrong = (bytes: Buffer) => {
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    return bytes;
  };
  it.each<[DecodeReason, Buffer]>([
    ['short', wrong(frame([], { version: 3, family: 3, length: 9 }))],
    ['oversize', wrong(frame([Buffer.alloc(1400)], { version: 3, family: 3, length: 9 }))],
    ['version', wrong(frame([WHITE], { version: 3, family: 3, length: 9 }))],
    ['family', wrong(frame([WHITE], { family: 3, length: 9 }))],
    ['length', wrong(frame([WHITE], { length: 9 }))],
    ['auth', wrong(frame([WHITE]))],
    ['malformed', frame([WHITE])],
  ])('%s goes before all that follow', (reason, bytes) => {
    expect(refusal(bytes).reason).toBe(reason);
  });
});

describe('authentication', () => {
  it('refuses another key, no key and the key file with one byte more', () => {
    for (const keyFile of [null, Buffer.from('other'), Buffer.concat([KEY_FILE, Buffer.from('\n')])]) {
      expect(refusal(frame([WHITE, END], { keyFile }))).toEqual({ reason: 'auth', offset: 8 });
    }
  });

  it('refuses the HMAC of a datagram whose HMAC bytes were not zero', () => {
    const bytes = frame([WHITE, END]);
    const twice = signed(bytes);
    expect(decode(twice).entries).toEqual([white]);
    bytes.fill(0, 8, 28);
    expect(refusal(bytes).reason).toBe('auth');
  });

  it('takes a key from any place of a keyring', () => {
    const keys = ['a', 'b', 'c'].map((text) => SyncKey.fromBytes(Buffer.from(text)));
    const key = new Keyring(keys);
    for (const text of ['a', 'b', 'c']) {
      const bytes = frame([WHITE, END], { keyFile: Buffer.from(text) });
      expect(decodeDatagram(bytes, { key }).entries).toEqual([white]);
    }
    expect(() => decodeDatagram(frame([END]), { key })).toThrow(DecodeError);
  });
});

describe('the walk over the TLVs', () => {
  it.each([0, 3, 5, 8, 16])('refuses END of length %i', (size) => {
    expect(refusal(frame([WHITE, tlv(0, new Uint8Array(), size)]))).toEqual({ reason: 'malformed', offset: 50 });
  });

  it.each([1, 3, 4, 16])('refuses %i bytes after END', (count) => {
    expect(refusal(frame([WHITE, END, Buffer.alloc(count)]))).toEqual({ reason: 'malformed', offset: 52 });
  });

  it.each([1, 2, 3])('refuses %i bytes where END should be', (count) => {
    expect(refusal(frame([WHITE, Buffer.alloc(count)]))).toEqual({ reason: 'malformed', offset: 48 });
  });

  it('refuses a datagram without END', () => {
    expect(refusal(frame([WHITE]))).toEqual({ reason: 'malformed', offset: 48 });
    expect(refusal(frame([WHITE, WHITE]))).toEqual({ reason: 'malformed', offset: 64 });
  });

  it.each([0, 1, 3])('refuses an unknown TLV of length %i', (size) => {
    const bytes = frame([tlv(9, Buffer.alloc(12), size), END]);
    expect(refusal(bytes)).toEqual({ reason: 'malformed', offset: 34 });
  });

  it('steps over unknown TLVs, from 4 bytes on, and counts them', () => {
    const body = [tlv(6), WHITE, tlv(7, Buffer.alloc(1)), tlv(0xffff, Buffer.alloc(100)), WHITE, END];
    expect(decode(frame(body))).toEqual({ counter: 0, entries: [white, white], unknownTlvs: 3 });
  });

  it('refuses a TLV that is one byte longer than what is left, and one that leaves no room for END', () => {
    expect(refusal(frame([tlv(9, Buffer.alloc(12), 21), END]))).toEqual({ reason: 'malformed', offset: 34 });
    expect(refusal(frame([tlv(9, Buffer.alloc(12), 20), END]))).toEqual({ reason: 'malformed', offset: 52 });
    expect(refusal(frame([tlv(9, Buffer.alloc(12), 17), END]))).toEqual({ reason: 'malformed', offset: 49 });
    expect(decode(frame([tlv(9, Buffer.alloc(12), 16), END])).unknownTlvs).toBe(1);
  });

  it.each([2, 3, 4, 5])('refuses type %i with any length but 16', (type) => {
    for (const size of [4, 12, 15, 17, 20, 32]) {
      const body = addressBody(1_800_000_000, 1_803_110_400, '192.0.2.1');
      const bytes = frame([tlv(type, Buffer.concat([body, Buffer.alloc(20)]).subarray(0, size - 4)), END]);
      expect(refusal(bytes)).toEqual({ reason: 'malformed', offset: 34 });
    }
  });

  it('reads the four kinds of 16 bytes', () => {
    const body = (last: number) => addressBody(0x8000_0000 + last, 0xffff_ff00 + last, `203.0.113.${last}`);
    const datagram = decode(frame([tlv(2, body(2)), tlv(3, body(3)), tlv(4, body(4)), tlv(5, body(5)), END]));
    expect(datagram.entries).toStrictEqual([
      { type: 'white', ip: '203.0.113.2', timestamp: 0x8000_0002, expires: 0xffff_ff02 },
      { type: 'trapped', ip: '203.0.113.3', timestamp: 0x8000_0003, expires: 0xffff_ff03 },
      { type: 'remove-white', ip: '203.0.113.4', timestamp: 0x8000_0004 },
      { type: 'remove-trapped', ip: '203.0.113.5', timestamp: 0x8000_0005 },
    ]);
    expect(datagram.unknownTlvs).toBe(0);
  });

  it('gives nothing of a datagram whose last TLV is wrong', () => {
    expect(refusal(frame([WHITE, WHITE, tlv(2, Buffer.alloc(11)), END]))).toEqual({ reason: 'malformed', offset: 66 });
  });

  it('reads bytes that lie inside a larger buffer', () => {
    const bytes = frame([rawGrey(), WHITE, END]);
    const larger = new Uint8Array(bytes.length + 40).fill(0xaa);
    larger.set(bytes, 13);
    expect(decode(larger.subarray(13, 13 + bytes.length)).entries).toEqual(decode(bytes).entries);
  });

  it('reads the addresses of runs of every length, broken by other TLVs', () => {
    const longest = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? '255.255.255.255' : `${at}.0.${at * 5}.9`));
    for (let length = 1; length <= 40; length++) {
      const run = longest.slice(0, length);
      const body = run.map((ip, at) => tlv(2 + (at % 4), addressBody(1, 2, ip)));
      const bytes = frame([
        tlv(9),
        ...body,
        tlv(9, Buffer.alloc(12)),
        ...body.slice(0, 5),
        rawGrey(),
        ...body.slice(0, 3),
        END,
      ]);
      const ips = decode(bytes).entries.map(({ ip }) => ip);
      expect(ips).toEqual([...run, ...run.slice(0, 5), '192.0.2.9', ...run.slice(0, 3)]);
    }
    const full = frame([...Array.from({ length: 85 }, () => tlv(3, addressBody(1, 2, '255.255.255.255'))), END]);
    expect(new Set(decode(full).entries.map(({ ip }) => ip))).toEqual(new Set(['255.255.255.255']));
  });

  it('keeps nothing of a datagram that it refused in the middle', () => {
    const other = tlv(2, addressBody(1, 2, '198.51.100.7'));
    refusal(frame([other, other, other, other, other, tlv(2), other, END]));
    expect(decode(frame([WHITE, END])).entries).toStrictEqual([white]);
    const bytes = frame([...Array.from({ length: 6 }, () => other), Buffer.alloc(2)]);
    expect(refusal(bytes).reason).toBe('malformed');
    expect(decode(frame([WHITE, WHITE, WHITE, WHITE, END])).entries).toStrictEqual([white, white, white, white]);
  });

  it('keeps nothing of one datagram for the next', () => {
    const long = frame([...Array.from({ length: 85 }, () => WHITE), END]);
    expect(decode(long).entries).toHaveLength(85);
    expect(decode(frame([WHITE, END])).entries).toStrictEqual([white]);
  });
});
