import type { Packet } from './packets.ts';

const PCAP_MICRO = 0xa1b2c3d4;
const PCAP_NANO = 0xa1b23c4d;
const PCAPNG = 0x0a0d0d0a;
const PCAPNG_ORDER = 0x1a2b3c4d;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
/** The option of an interface that gives the unit of its times. */
const OPTION_RESOLUTION = 9;
/** More than the packets of any link have. A larger length means that the file is damaged. */
const MAX_PACKET = 2 ** 20;

/** The format of a capture, as tcpdump(8) and Wireshark write it; `undefined` for other files. */
export function captureFormat(bytes: Buffer): 'pcap' | 'pcapng' | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes.readUInt32BE(0) === PCAPNG) return 'pcapng';
  const magic = [bytes.readUInt32BE(0), bytes.readUInt32LE(0)];
  return magic.includes(PCAP_MICRO) || magic.includes(PCAP_NANO) ? 'pcap' : undefined;
}

/**
 * The packets of a pcap file.
 *
 * @throws {Error} Where the file is cut or damaged, after the packets before that.
 */
export function* pcapPackets(bytes: Buffer): Generator<Packet, void> {
  const little = bytes.readUInt32LE(0) === PCAP_MICRO || bytes.readUInt32LE(0) === PCAP_NANO;
  const u32 = reader(bytes, little);
  const unit = u32(0) === PCAP_NANO ? 1e-9 : 1e-6;
  if (bytes.length < 24) throw damaged(0);
  // The upper bits of the link type say what else is in the packets.
  const linkType = u32(20) & 0xffff;
  let number = 0;
  for (let at = 24; at < bytes.length; ) {
    if (at + 16 > bytes.length) throw damaged(at);
    const size = u32(at + 8);
    if (size > MAX_PACKET || at + 16 + size > bytes.length) throw damaged(at);
    const time = u32(at) + u32(at + 4) * unit;
    yield { number: ++number, linkType, bytes: bytes.subarray(at + 16, at + 16 + size), time };
    at += 16 + size;
  }
}

interface Interface {
  readonly linkType: number;
  readonly unit: number;
}

/**
 * The packets of a pcapng file.
 *
 * @throws {Error} Where the file is cut or damaged, after the packets before that.
 */
export function* pcapngPackets(bytes: Buffer): Generator<Packet, void> {
  let u32 = reader(bytes, true);
  let interfaces: Interface[] = [];
  let number = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at + 12 > bytes.length) throw damaged(at);
    const type = u32(at);
    if (type === PCAPNG) {
      // A new section, with a byte order and interfaces of its own.
      u32 = reader(bytes, bytes.readUInt32LE(at + 8) === PCAPNG_ORDER);
      interfaces = [];
    }
    const size = u32(at + 4);
    if (size < 12 || size % 4 !== 0 || at + size > bytes.length) throw damaged(at);
    const block = bytes.subarray(at, at + size);
    if (type === INTERFACE) interfaces.push(interfaceOf(block, u32, at));
    if (type === ENHANCED_PACKET || type === SIMPLE_PACKET) {
      number++;
      const packet = packetOf(type, block, u32, at, interfaces);
      if (packet === undefined) throw damaged(at);
      yield { number, ...packet };
    }
    at += size;
  }
}

type ReadU32 = (at: number) => number;

function packetOf(
  type: number,
  block: Buffer,
  u32: ReadU32,
  at: number,
  interfaces: readonly Interface[],
): Omit<Packet, 'number'> | undefined {
  if (type === SIMPLE_PACKET) {
    const [first] = interfaces;
    if (first === undefined || block.length < 16) return undefined;
    const size = Math.min(u32(at + 8), block.length - 16);
    return { linkType: first.linkType, bytes: block.subarray(12, 12 + size), time: undefined };
  }
  if (block.length < 32) return undefined;
  const captured = interfaces[u32(at + 8)];
  const size = u32(at + 20);
  if (captured === undefined || size > block.length - 32) return undefined;
  const time = (u32(at + 12) * 2 ** 32 + u32(at + 16)) * captured.unit;
  return { linkType: captured.linkType, bytes: block.subarray(28, 28 + size), time };
}

function interfaceOf(block: Buffer, u32: ReadU32, at: number): Interface {
  const little = u32(at) === block.readUInt32LE(0);
  const u16 = (from: number): number => (little ? block.readUInt16LE(from) : block.readUInt16BE(from));
  if (block.length < 20) throw damaged(at);
  let unit = 1e-6;
  for (let option = 16; option + 4 <= block.length - 4; ) {
    const size = u16(option + 2);
    const value = block[option + 4] as number;
    if (u16(option) === OPTION_RESOLUTION && size === 1) {
      unit = (value & 0x80) === 0 ? 10 ** -value : 2 ** -(value & 0x7f);
    }
    option += 4 + Math.ceil(size / 4) * 4;
  }
  return { linkType: u16(8), unit };
}

function reader(bytes: Buffer, little: boolean): ReadU32 {
  return little ? (at) => bytes.readUInt32LE(at) : (at) => bytes.readUInt32BE(at);
}

function damaged(at: number): Error {
  return new Error(`the capture is cut or damaged at byte ${at}`);
}
