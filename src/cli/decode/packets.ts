/** A UDP datagram, and where it was found. */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** Where in the input: `line 3`, `packet 12`. */
  readonly where: string;
  /** When it was captured, Unix seconds with a fraction. */
  readonly time?: number;
  /** `address:port`. */
  readonly from?: string;
  /** `address:port`. */
  readonly to?: string;
  /** How many of its bytes the capture left out. */
  readonly cut?: number;
}

/** A packet as a capture file has it. */
export interface Packet {
  readonly number: number;
  /** See https://www.tcpdump.org/linktypes.html. */
  readonly linkType: number;
  readonly bytes: Buffer;
  /** Unix seconds with a fraction. */
  readonly time: number | undefined;
}

const IPV4 = 0x0800;
const VLAN = 0x8100;
const QINQ = 0x88a8;
const UDP = 17;
const UDP_HEADER = 8;

/** For each link type, a function that finds where the IPv4 packet begins; -1 if there is none. */
const LINKS: ReadonlyMap<number, (bytes: Buffer) => number> = new Map([
  // BSD loopback: the address family in the byte order of the host that captured.
  [0, (bytes) => (bytes.length >= 4 && (bytes.readUInt32BE(0) === 2 || bytes.readUInt32LE(0) === 2) ? 4 : -1)],
  [1, ethernet],
  [12, () => 0],
  [14, () => 0],
  [101, () => 0],
  // OpenBSD loopback: the address family in network byte order.
  [108, (bytes) => (bytes.length >= 4 && bytes.readUInt32BE(0) === 2 ? 4 : -1)],
  // Linux "any", version 1 and 2.
  [113, (bytes) => (bytes.length >= 16 && bytes.readUInt16BE(14) === IPV4 ? 16 : -1)],
  [228, () => 0],
  [276, (bytes) => (bytes.length >= 20 && bytes.readUInt16BE(0) === IPV4 ? 20 : -1)],
]);

/** Whether packets of this link type can be read. */
export function isKnownLink(linkType: number): boolean {
  return LINKS.has(linkType);
}

/** The UDP datagram in a packet, to or from a port; `undefined` if the packet has another content, or a fragment. */
export function datagramIn({ number, linkType, bytes, time }: Packet, port: number): Datagram | undefined {
  const at = LINKS.get(linkType)?.(bytes) ?? -1;
  if (at < 0) return undefined;
  const ip = bytes.subarray(at);
  if (ip.length < 20 || (ip[0] as number) >>> 4 !== 4 || ip[9] !== UDP) return undefined;
  const isFragment = (ip.readUInt16BE(6) & 0x3fff) !== 0;
  const udp = ip.subarray(((ip[0] as number) & 0x0f) * 4);
  if (isFragment || udp.length < UDP_HEADER) return undefined;
  const ports = [udp.readUInt16BE(0), udp.readUInt16BE(2)] as const;
  if (!ports.includes(port)) return undefined;
  const size = udp.readUInt16BE(4) - UDP_HEADER;
  const payload = udp.subarray(UDP_HEADER, UDP_HEADER + Math.max(size, 0));
  const found = {
    bytes: payload,
    where: `packet ${number}`,
    from: `${quad(ip, 12)}:${ports[0]}`,
    to: `${quad(ip, 16)}:${ports[1]}`,
    ...(time === undefined ? {} : { time }),
  };
  return size > payload.length ? { ...found, cut: size - payload.length } : found;
}

function ethernet(bytes: Buffer): number {
  let at = 12;
  while (bytes.length >= at + 4 && [VLAN, QINQ].includes(bytes.readUInt16BE(at))) at += 4;
  return bytes.length >= at + 2 && bytes.readUInt16BE(at) === IPV4 ? at + 2 : -1;
}

function quad(ip: Buffer, at: number): string {
  return ip.subarray(at, at + 4).join('.');
}
