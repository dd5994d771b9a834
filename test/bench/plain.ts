/**
 * The codec as one would first write it from the byte tables: `createHmac` and a DataView, no thought for cost.
 * What the library's codec is measured against; it is checked to agree with it before it is timed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Entry } from 'spamd-sync';

const text = new TextDecoder();

/** @param oneView Whether all entries are read through the datagram's DataView: less plain, and faster. */
export function plainDecode(bytes: Uint8Array, key: string, oneView = false): { counter: number; entries: Entry[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 36 || bytes.length > 1408) throw new Error('size');
  if (view.getUint8(0) !== 2 || view.getUint8(1) !== 2) throw new Error('version');
  if (view.getUint16(2) !== bytes.length) throw new Error('length');
  const unsigned = Uint8Array.from(bytes);
  unsigned.fill(0, 8, 28);
  const digest = createHmac('sha1', key).update(unsigned).digest();
  if (!timingSafeEqual(digest, bytes.subarray(8, 28))) throw new Error('auth');

  const entries: Entry[] = [];
  for (let at = 32; view.getUint16(at) !== 0; ) {
    const size = view.getUint16(at + 2);
    entries.push(oneView ? entryAt(bytes, view, at) : plainEntry(bytes.subarray(at, at + size)));
    at += size;
  }
  return { counter: view.getUint32(4), entries };
}

function plainEntry(tlv: Uint8Array): Entry {
  return entryAt(tlv, new DataView(tlv.buffer, tlv.byteOffset, tlv.byteLength), 0);
}

function entryAt(bytes: Uint8Array, view: DataView, at: number): Entry {
  const type = view.getUint16(at);
  const timestamp = view.getUint32(at + 4);
  if (type === 1) {
    const from = view.getUint16(at + 12);
    const to = view.getUint16(at + 14);
    const helo = view.getUint16(at + 16);
    const strings = bytes.subarray(at + 18);
    return {
      type: 'grey',
      ip: bytes.subarray(at + 8, at + 12).join('.'),
      helo: text.decode(strings.subarray(from + to, from + to + helo - 1)),
      from: text.decode(strings.subarray(0, from - 1)),
      to: text.decode(strings.subarray(from, from + to - 1)),
      timestamp,
    };
  }
  const ip = bytes.subarray(at + 12, at + 16).join('.');
  return {
    type: type === 2 ? 'white' : 'trapped',
    ip,
    timestamp,
    expires: view.getUint32(at + 8),
  };
}

export function plainEncode(entries: readonly Entry[], key: string, counter: number): Uint8Array {
  const tlvs = entries.map(plainTlv);
  const length = 36 + tlvs.reduce((sum, tlv) => sum + tlv.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 2);
  view.setUint8(1, 2);
  view.setUint16(2, length);
  view.setUint32(4, counter);
  let at = 32;
  for (const tlv of tlvs) {
    bytes.set(tlv, at);
    at += tlv.length;
  }
  view.setUint16(at + 2, 4);
  bytes.set(createHmac('sha1', key).update(bytes).digest(), 8);
  return bytes;
}

function plainTlv(entry: Entry): Uint8Array {
  const ip = entry.ip.split('.').map(Number);
  if (entry.type === 'grey') {
    const [from, to, helo] = [entry.from, entry.to, entry.helo].map((s) => Buffer.from(`${s}\0`)) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    const size = Math.ceil((18 + from.length + to.length + helo.length) / 16) * 16;
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 1);
    view.setUint16(2, size);
    view.setUint32(4, entry.timestamp);
    bytes.set(ip, 8);
    view.setUint16(12, from.length);
    view.setUint16(14, to.length);
    view.setUint16(16, helo.length);
    bytes.set(Buffer.concat([from, to, helo]), 18);
    return bytes;
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, entry.type === 'white' ? 2 : 3);
  view.setUint16(2, 16);
  view.setUint32(4, entry.timestamp);
  view.setUint32(8, 'expires' in entry ? entry.expires : 0);
  bytes.set(ip, 12);
  return bytes;
}
