import { isIPv6, SocketAddress } from 'node:net';

/** The largest number in an unsigned 32-bit field. On the wire these fields are times, counters and addresses. */
export const U32_MAX = 0xffff_ffff;

/**
 * An IPv4 address as a number, or -1 if the text is not a dotted quad of plain decimal octets. It reads character
 * codes, since it runs for every entry sent: splitting the text would cost more than everything else together. Leading
 * zeros are refused, since some programs read such an octet as octal.
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
 * The dotted quad of an address, joined from prepared octets, two by two. Tables of all halves would need one join
 * instead of three, but they do not fit in the processor's cache, so they are slower.
 */
export function formatIPv4(address: number): string {
  const upper = (octetsDot[address >>> 24] as string) + (octetsDot[(address >>> 16) & 255] as string);
  return upper + ((octetsDot[(address >>> 8) & 255] as string) + (octets[address & 255] as string));
}

/**
 * Whether an address can be a mail client's: not in 0/8, not multicast (224/4), not the broadcast address. The real
 * daemons store the other addresses too if they receive them, so this library never announces those (greyd announces an
 * IPv6 client as 255.255.255.255).
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
 * An address in canonical form, the one form in which it is kept: a dotted quad for IPv4 and for IPv4-mapped IPv6, the
 * form of RFC 5952 for other IPv6. `undefined` for a text that is not an IP address.
 */
export function canonicalAddress(ip: string): string | undefined {
  if (parseIPv4(ip) >= 0) return ip;
  if (!isIPv6(ip)) return undefined;
  const { address } = new SocketAddress({ address: ip.replace(/%.*$/, ''), family: 'ipv6' });
  const mapped = /^::ffff:([\d.]+)$/.exec(address);
  return mapped?.[1] ?? address;
}

/**
 * The network of an address, such as `192.0.2.0/24`, if a prefix length is given for its family; otherwise the address
 * itself. All addresses of the network are known by this name. The prefix length is part of it, so that it cannot be
 * mistaken for the first address of the network.
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
  // A shift by 32 would be a shift by 0.
  const mask = ipv4 === 0 ? 0 : 0xffff_ffff << (32 - ipv4);
  return `${formatIPv4((parseIPv4(ip) & mask) >>> 0)}/${ipv4}`;
}

/** A network as {@link networkOf} writes it, or `undefined` for a text that is not a network. */
export function canonicalNetwork(text: string): string | undefined {
  const parts = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = canonicalAddress(parts?.[1] ?? '');
  const prefix = Number(parts?.[2]);
  if (ip === undefined || prefix > (isIPv6(ip) ? 128 : 32)) return undefined;
  return networkOf(ip, { ipv4: prefix, ipv6: prefix });
}

/**
 * The 16-bit groups of a part of an IPv6 address: one group, or two if the part is a dotted quad. An address in ::/96
 * is written `::192.0.2.1`.
 */
function groupsOf(part: string): number[] {
  const quad = parseIPv4(part);
  return quad < 0 ? [Number.parseInt(part, 16)] : [quad >>> 16, quad & 0xffff];
}

function networkIPv6(address: string, prefix: number): string {
  const kept = groupsOfIPv6(address).map(
    (group, at) => group & (0xffff << Math.min(16, Math.max(0, (at + 1) * 16 - prefix))) & 0xffff,
  );
  if (prefix <= 64) {
    // The lower 64 bits are zero, and no other run of zeros can be longer. So RFC 5952 replaces this run by `::`.
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
 * An IPv6 address as four 32-bit words, the highest first.
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
