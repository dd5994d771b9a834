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
 * The real daemons store the others if told to, so they must never be told (greyd says 255.255.255.255 for IPv6).
 */
export function isUnicastIPv4(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && (first < 224 || first > 239) && address !== U32_MAX;
}

/** Whether a number can be a time on the wire: whole Unix seconds, 0..2^32-1. */
export function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= U32_MAX;
}
