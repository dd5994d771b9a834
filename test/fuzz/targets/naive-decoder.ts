/**
 * A second decoder of datagrams, written from docs/protocol.md alone: slow and plain, so that it can be held against that
 * page by reading it. It shares nothing with the first.
 */
import { createHash, createHmac } from 'node:crypto';

/** A datagram as the page says it is read: entries, or at which check and byte it is refused. */
export type Naive =
  | { readonly counter: number; readonly entries: readonly object[]; readonly unknownTlvs: number }
  | { readonly reason: string; readonly offset: number };

class Refused extends Error {
  readonly refused: Naive;

  constructor(reason: string, offset: number) {
    super(reason);
    this.refused = { reason, offset };
  }
}

/** @param keyFile What the key file holds. */
export function naiveDecode(datagram: Uint8Array, keyFile: Uint8Array): Naive {
  try {
    return decode(datagram, keyFile);
  } catch (error) {
    if (error instanceof Refused) return error.refused;
    throw error;
  }
}

function decode(datagram: Uint8Array, keyFile: Uint8Array): Naive {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (datagram.length < 36) throw new Refused('short', 0);
  if (datagram.length > 1408) throw new Refused('oversize', 1408);
  if (view.getUint8(0) !== 2) throw new Refused('version', 0);
  if (view.getUint8(1) !== 2) throw new Refused('family', 1);
  if (view.getUint16(2) !== datagram.length) throw new Refused('length', 2);
  const hmac = Buffer.from(datagram.slice(8, 28)).toString('hex');
  if (hmac !== hmacOf(datagram, keyFile)) throw new Refused('auth', 8);

  const entries: object[] = [];
  let unknownTlvs = 0;
  let at = 32;
  for (;;) {
    const left = datagram.length - at;
    if (left < 4) throw new Refused('malformed', at);
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    // What is wrong with a length is at the length field.
    if (type === 0 && length !== 4) throw new Refused('malformed', at + 2);
    if (type === 0 && left > 4) throw new Refused('malformed', at + 4);
    if (type === 0) break;
    if (length < 4 || length > left) throw new Refused('malformed', at + 2);
    const tlv = new DataView(datagram.buffer, datagram.byteOffset + at, length);
    if (type === 1) entries.push(grey(tlv, at));
    else if (type <= 5) {
      if (length !== 16) throw new Refused('malformed', at + 2);
      entries.push(ofAddress(type, tlv));
    } else unknownTlvs++;
    at += length;
  }
  return { counter: view.getUint32(4), entries, unknownTlvs };
}

function hmacOf(datagram: Uint8Array, keyFile: Uint8Array): string {
  const digits = createHash('sha1').update(keyFile).digest('hex');
  const zeroed = datagram.slice();
  zeroed.fill(0, 8, 28);
  return createHmac('sha1', digits).update(zeroed).digest('hex');
}

function ofAddress(type: number, tlv: DataView): object {
  const [timestamp, expires, ip] = [tlv.getUint32(4), tlv.getUint32(8), quad(tlv, 12)];
  if (type === 2) return { type: 'white', ip, timestamp, expires };
  if (type === 3) return { type: 'trapped', ip, timestamp, expires };
  return { type: type === 4 ? 'remove-white' : 'remove-trapped', ip, timestamp };
}

/** @param at Where the TLV begins in the datagram. */
function grey(tlv: DataView, at: number): object {
  if (tlv.byteLength < 18) throw new Refused('malformed', at + 2);
  const lengths = [tlv.getUint16(12), tlv.getUint16(14), tlv.getUint16(16)];
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (18 + total > tlv.byteLength) throw new Refused('malformed', at + 12);
  let from = 18;
  const strings = lengths.map((length) => {
    const bytes = Array.from({ length }, (_, i) => tlv.getUint8(from + i));
    // The NUL at its end is the only one.
    const isString = bytes.indexOf(0) === length - 1 && length > 0 && !bytes.includes(13) && !bytes.includes(10);
    if (!isString) throw new Refused('malformed', at + from);
    from += length;
    return textOf(bytes.slice(0, -1));
  });
  const [sender, recipient, helo] = strings;
  return { type: 'grey', ip: quad(tlv, 8), helo, from: sender, to: recipient, timestamp: tlv.getUint32(4) };
}

function quad(tlv: DataView, at: number): string {
  return [0, 1, 2, 3].map((i) => tlv.getUint8(at + i)).join('.');
}

/** UTF-8 if it is valid UTF-8, else Latin-1. */
function textOf(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return bytes.map((byte) => String.fromCharCode(byte)).join('');
  }
}
