import { isIPv6, SocketAddress } from 'node:net';
import { formatIPv4, parseIPv4 } from '../address.ts';

/** Between the parts of a tuple's key: no string that is kept holds one. */
const SEPARATOR = 0;
/** Long enough for every string that fits in a datagram; what is longer is cut, so that no client fills the memory. */
const MAX_KEY = 4096;

/** What becomes of each ASCII character in a key: lower case, controls as `?`; 0 leaves it out. */
const TEXT = Uint8Array.from({ length: 128 }, (_, code) =>
  printable(String.fromCharCode(code).toLowerCase()).charCodeAt(0),
);
/** In mail addresses greyd leaves out these, wherever they stand; so a tuple told by greyd is found again. */
const MAILBOX = TEXT.map((byte) => ('<>"\\'.includes(String.fromCharCode(byte)) ? 0 : byte));

const scratch = Buffer.alloc(MAX_KEY * 4 + 4);

/**
 * An address in the one form that it is kept in: dotted quad for IPv4, also when it came as IPv4-mapped IPv6, else
 * IPv6 as RFC 5952 writes it. `undefined` for anything else.
 */
export function canonicalAddress(ip: string): string | undefined {
  if (parseIPv4(ip) >= 0) return ip;
  if (!isIPv6(ip)) return undefined;
  const { address } = new SocketAddress({ address: ip.replace(/%.*$/, ''), family: 'ipv6' });
  const mapped = /^::ffff:([\d.]+)$/.exec(address);
  return mapped?.[1] ?? address;
}

/**
 * The network that an address is in, `192.0.2.0/24`, where a prefix length is given for its family: what its addresses
 * are known by together. With its length, lest it be taken for the address that it begins with.
 *
 * @param ip Canonical.
 */
export function networkOf(ip: string, subnet: { readonly ipv4?: number; readonly ipv6?: number }): string {
  const number = parseIPv4(ip);
  const [prefix, widest] = number >= 0 ? [subnet.ipv4, 32] : [subnet.ipv6, 128];
  if (prefix === undefined || prefix === widest) return ip;
  const network = number >= 0 ? formatIPv4((number & (0xffff_ffff << (32 - prefix))) >>> 0) : networkIPv6(ip, prefix);
  return `${network}/${prefix}`;
}

/** A network as {@link networkOf} writes it, or `undefined` for anything else. */
export function canonicalNetwork(text: string): string | undefined {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const ip = canonicalAddress(parts?.[1] ?? '');
  const prefix = Number(parts?.[2]);
  if (ip === undefined || prefix > (isIPv6(ip) ? 128 : 32)) return undefined;
  return networkOf(ip, { ipv4: prefix, ipv6: prefix });
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
 * `<User@Example.org>` and greyd `user@example.org` is one tuple. Lower case (ASCII), mail addresses without brackets,
 * quotes and backslashes, controls as `?`. Written into one buffer and cut out whole: a string put together from parts stays a tree of them,
 * three times the size.
 */
export function tupleKey(ip: string, helo: string, from: string, to: string): string {
  let at = writeCanonical(ip, 0, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(helo, at, TEXT);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(from, at, MAILBOX);
  scratch[at++] = SEPARATOR;
  at = writeCanonical(to, at, MAILBOX);
  return scratch.toString('latin1', 0, at);
}

/** A mail address as spamtraps are kept: lower case, without brackets. */
export function canonicalMailbox(address: string): string {
  const end = writeCanonical(address, 0, MAILBOX);
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
  return flat([helo, from, to].map((text) => printable(text.slice(0, MAX_KEY))).join('\0'));
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
function writeCanonical(text: string, start: number, table: Uint8Array): number {
  const end = Math.min(text.length, MAX_KEY);
  let at = start;
  for (let i = 0; i < end; i++) {
    const byte = table[text.charCodeAt(i)];
    if (byte === undefined) return writeUnicode(text, start, table);
    if (byte !== 0) scratch[at++] = byte;
  }
  return at;
}

function writeUnicode(text: string, start: number, table: Uint8Array): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is looked for.
  const canonical = text.slice(0, MAX_KEY).replace(/[\x00-\x7f]/g, (ascii) => {
    const byte = table[ascii.charCodeAt(0)] ?? 0;
    return byte === 0 ? '' : String.fromCharCode(byte);
  });
  return start + scratch.write(canonical, start, MAX_KEY, 'utf8');
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}
