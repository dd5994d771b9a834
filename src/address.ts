import { isIPv6, SocketAddress } from 'node:net';

/** The most an unsigned 32-bit field holds: times, counters and addresses on the wire. */
export const U32_MAX = 0xffff_ffff;

/**
 * An IPv4 address as a number, or -1 if the text is not a dotted quad of plain decimal octets.
 * By character code: this runs for every entry sent, and splitting costs more than everything else together.
 * Leading zeros are refused, since some readers take them for octal.
 */
export function parseIPv4(text: string): number {
  const end = text.length;
  if (end < 7 || end > 15) return -1;
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else if (digit === -2 && octet >= 0 && dots < 3) {
      address = (address << 8) | octet;
      octet = -1;
      dots++;
    } else return -1;
  }
  return dots === 3 && octet >= 0 ? ((address << 8) | octet) >>> 0 : -1;
}

const octets = Array.from({ length: 256 }, (_, octet) => `${octet}`);
const octetsDot = Array.from({ length: 256 }, (_, octet) => `${octet}.`);

/**
 * The dotted quad of an address, joined in pairs from prepared octets. Tables of all halves would be joined once
 * instead of three times, but do not fit in the processor's cache and are slower for it.
 */
export function formatIPv4(address: number): string {
  const upper = (octetsDot[address >>> 24] as string) + (octetsDot[(address >>> 16) & 255] as string);
  return upper + ((octetsDot[(address >>> 8) & 255] as string) + (octets[address & 255] as string));
}

/**
 * Whether an address can be a mail client's: not in 0/8, not multicast (224/4), not the broadcast address.
 * The real daemons store the others if they receive them, so these are never announced (greyd says 255.255.255.255 for IPv6).
 */
export function isUnicastIPv4(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && (first < 224 || first > 239) && address !== U32_MAX;
}

/** Whether a number can be a time on the wire: whole Unix seconds, 0..2^32-1. */
export function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= U32_MAX;
}

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
export function networkOf(
  ip: string,
  subnet: { readonly ipv4?: number | undefined; readonly ipv6?: number | undefined },
): string {
  if (ip.includes(':')) {
    const { ipv6 = 128 } = subnet;
    return ipv6 === 128 ? ip : `${networkIPv6(ip, ipv6)}/${ipv6}`;
  }
  const { ipv4 = 32 } = subnet;
  if (ipv4 === 32) return ip;
  // A shift by 32 is one by 0.
  const mask = ipv4 === 0 ? 0 : 0xffff_ffff << (32 - ipv4);
  return `${formatIPv4((parseIPv4(ip) & mask) >>> 0)}/${ipv4}`;
}

/** A network as {@link networkOf} writes it, or `undefined` for anything else. */
export function canonicalNetwork(text: string): string | undefined {
  const parts = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = canonicalAddress(parts?.[1] ?? '');
  const prefix = Number(parts?.[2]);
  if (ip === undefined || prefix > (isIPv6(ip) ? 128 : 32)) return undefined;
  return networkOf(ip, { ipv4: prefix, ipv6: prefix });
}

/** One group of 16 bits, or the two of a dotted quad: `::192.0.2.1` is how an address in ::/96 is written. */
function groupsOf(part: string): number[] {
  const quad = parseIPv4(part);
  return quad < 0 ? [Number.parseInt(part, 16)] : [quad >>> 16, quad & 0xffff];
}

function networkIPv6(address: string, prefix: number): string {
  const kept = groupsOfIPv6(address).map(
    (group, at) => group & (0xffff << Math.min(16, Math.max(0, (at + 1) * 16 - prefix))) & 0xffff,
  );
  if (prefix <= 64) {
    // No run of zeros is longer than the second half, so it is the one that RFC 5952 leaves out.
    const end = 1 + kept.findLastIndex((group) => group !== 0);
    return `${kept
      .slice(0, end)
      .map((group) => group.toString(16))
      .join(':')}::`;
  }
  const text = kept.map((group) => group.toString(16)).join(':');
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/**
 * An IPv6 address as four 32-bit words, the first the highest.
 *
 * @param ip Canonical.
 */
export function wordsOfIPv6(ip: string): number[] {
  const groups = groupsOfIPv6(ip);
  return [0, 2, 4, 6].map((at) => (((groups[at] as number) << 16) | (groups[at + 1] as number)) >>> 0);
}

/** The eight 16-bit groups of an IPv6 address in canonical form. */
export function groupsOfIPv6(address: string): number[] {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').flatMap(groupsOf));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
