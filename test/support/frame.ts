/** Datagrams made by hand from the byte tables, for what the encoder would never make; signed by `createHmac`. */
import { createHash, createHmac } from 'node:crypto';
import { SyncKey } from 'spamd-sync';

export const KEY_FILE = Buffer.from('correct horse battery staple\n');
export const KEY = SyncKey.fromBytes(KEY_FILE);

export const END = tlv(0);

/** What spamd makes of a key file; `null` is no file, the empty key. */
export function hmacKey(keyFile: Uint8Array | null): string {
  return keyFile === null ? '' : createHash('sha1').update(keyFile).digest('hex');
}

/** The HMAC that a datagram ought to carry. */
export function hmacOf(datagram: Uint8Array, keyFile: Uint8Array | null = KEY_FILE): Buffer {
  const bytes = Buffer.from(datagram);
  bytes.fill(0, 8, 28);
  return createHmac('sha1', hmacKey(keyFile)).update(bytes).digest();
}

/** A copy of a datagram of 28 bytes or more with the right HMAC, whatever else is wrong with it. */
export function signed(datagram: Uint8Array, keyFile: Uint8Array | null = KEY_FILE): Buffer {
  const bytes = Buffer.from(datagram);
  hmacOf(bytes, keyFile).copy(bytes, 8);
  return bytes;
}

export interface FrameOptions {
  readonly counter?: number;
  readonly version?: number;
  readonly family?: number;
  /** The length field; otherwise what is true. */
  readonly length?: number;
  readonly keyFile?: Uint8Array | null;
}

/** A header before these bytes, signed. */
export function frame(body: readonly Uint8Array[], options: FrameOptions = {}): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(32), ...body]);
  bytes[0] = options.version ?? 2;
  bytes[1] = options.family ?? 2;
  bytes.writeUInt16BE(options.length ?? bytes.length, 2);
  bytes.writeUInt32BE(options.counter ?? 0, 4);
  return signed(bytes, options.keyFile === undefined ? KEY_FILE : options.keyFile);
}

/** A TLV; `size` is its length field, otherwise what is true. */
export function tlv(type: number, body: Uint8Array = new Uint8Array(), size: number = body.length + 4): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(size, 2);
  return Buffer.concat([header, body]);
}

/** The body of a WHITE, TRAPPED or removal TLV: timestamp, expiry, address. */
export function addressBody(timestamp: number, expires: number, ip: string): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32BE(timestamp, 0);
  body.writeUInt32BE(expires, 4);
  body.set(ip.split('.').map(Number), 8);
  return body;
}

export interface RawGrey {
  readonly timestamp?: number;
  readonly from?: Uint8Array | string;
  readonly to?: Uint8Array | string;
  readonly helo?: Uint8Array | string;
  /** The three length fields: from, to, helo; otherwise what is true. */
  readonly lengths?: readonly [number, number, number];
  /** Bytes behind the strings. */
  readonly padding?: number;
}

/** A GREY TLV; the strings are taken as they are, so a sound one ends in its NUL. */
export function rawGrey(grey: RawGrey = {}): Buffer {
  const from = Buffer.from(grey.from ?? '<a@example.org>\0');
  const to = Buffer.from(grey.to ?? '<b@example.net>\0');
  const helo = Buffer.from(grey.helo ?? 'mx.example.org\0');
  const [fromLength, toLength, heloLength] = grey.lengths ?? [from.length, to.length, helo.length];
  const fixed = Buffer.alloc(14);
  fixed.writeUInt32BE(grey.timestamp ?? 1_800_000_000, 0);
  fixed.set([192, 0, 2, 9], 4);
  fixed.writeUInt16BE(fromLength, 8);
  fixed.writeUInt16BE(toLength, 10);
  fixed.writeUInt16BE(heloLength, 12);
  return tlv(1, Buffer.concat([fixed, from, to, helo, Buffer.alloc(grey.padding ?? 0)]));
}
