import { isIPv6, SocketAddress } from 'node:net';
import { formatIPv4, parseIPv4 } from '../address.ts';

/** Between the parts of a tuple's key: no string that is kept holds one. */
const SEPARATOR = 0;
const QUESTION_MARK = 63;
/** Long enough for every string that fits in a datagram; what is longer is cut, for the key alone. */
const MAX_KEY = 4096;

const scratch = Buffer.alloc(MAX_KEY * 4 + 4);

/**
 * An address in the one form that it is kept in: dotted quad for IPv4, also when it came as IPv4-mapped IPv6, else
 * IPv6 as RFC 5952 writes it. With `subnet`, the network's address. `undefined` for anything else.
 */
export function canonicalAddress(
  ip: string,
  subnet?: { readonly ipv4?: number; readonly ipv6?: number },
): string | undefined {
  const number = parseIPv4(ip);
  if (number >= 0) return subnet?.ipv4 === undefined ? ip : networkIPv4(number, subnet.ipv4);
  const mapped = /^::ffff:([\d.]+)$/i.exec(ip);
  if (mapped !== null) return canonicalAddress(mapped[1] as string, subnet);
  if (!isIPv6(ip)) return undefined;
  const { address } = new SocketAddress({ address: ip.replace(/%.*$/, ''), family: 'ipv6' });
  return subnet?.ipv6 === undefined ? address : networkIPv6(address, subnet.ipv6);
}

function networkIPv4(address: number, prefix: number): string {
  return formatIPv4((address & (0xffff_ffff << (32 - prefix))) >>> 0);
}

function networkIPv6(address: string, prefix: number): string {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const kept = all.map((group, at) => group & (0xffff << Math.min(16, Math.max(0, (at + 1) * 16 - prefix))) & 0xffff);
  const text = kept.map((group) => group.toString(16)).join(':');
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/**
 * The key of a tuple: address, helo, sender and recipient in canonical form, so that what spamd writes
 * `<User@Example.org>` and greyd `user@example.org` is one tuple. Lower case (ASCII), addresses without brackets,
 * controls as `?`. Written into one buffer and cut out whole: a string put together from parts stays a tree of them,
 * three times the size.
 */
export function tupleKey(ip: string, helo: string, from: string, to: string): string {
  let at = writeCanonical(ip, 0, false);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(helo, at, false);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(from, at, true);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(to, at, true);
  return scratch.toString('latin1', 0, at);
}

/** A mail address as spamtraps are kept: lower case, without brackets. */
export function canonicalMailbox(address: string): string {
  const end = writeCanonical(address, 0, true);
  return scratch.toString('utf8', 0, end);
}

/** The parts of a key. */
export function splitKey(key: string): { ip: string; helo: string; from: string; to: string } {
  const [ip = '', helo = '', from = '', to = ''] = Buffer.from(key, 'latin1').toString('utf8').split('\0');
  return { ip, helo, from, to };
}

/**
 * The strings of a tuple in the one form that spamdb(8) and the wire have them, where the key cannot tell it: as the
 * client typed them, controls as `?`. `undefined` when they are the canonical ones in brackets, as is usual.
 */
export function spelling(key: string, helo: string, from: string, to: string): string | undefined {
  const parts = splitKey(key);
  if (helo === parts.helo && from === bracketed(parts.from) && to === bracketed(parts.to)) return undefined;
  return flat([helo, from, to].map(printable).join('\0'));
}

/** The strings of a tuple as they were typed. */
export function spelled(key: string, spelling: string | undefined): { helo: string; from: string; to: string } {
  if (spelling === undefined) {
    const { helo, from, to } = splitKey(key);
    return { helo, from: bracketed(from), to: bracketed(to) };
  }
  const [helo = '', from = '', to = ''] = spelling.split('\0');
  return { helo, from, to };
}

function bracketed(address: string): string {
  return `<${address}>`;
}

/** A copy in one piece: what was cut out of a line or joined would hold on to the whole. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

/** @returns Where the next part may be written. */
function writeCanonical(text: string, start: number, mailbox: boolean): number {
  let from = 0;
  let to = Math.min(text.length, MAX_KEY);
  if (mailbox && text.charCodeAt(0) === 60 && text.charCodeAt(to - 1) === 62) {
    from = 1;
    to--;
  }
  let at = start;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return writeUnicode(text.slice(from, to), start);
    if (code >= 65 && code <= 90) scratch[at++] = code + 32;
    else scratch[at++] = code < 0x20 || code === 0x7f ? QUESTION_MARK : code;
  }
  return at;
}

function writeUnicode(text: string, start: number): number {
  const canonical = printable(text).replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
  return start + scratch.write(canonical, start, MAX_KEY, 'utf8');
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}
