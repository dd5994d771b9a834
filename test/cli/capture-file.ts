/** Capture files as tcpdump(8) and Wireshark write them, made here byte by byte. */

/** A UDP datagram over IPv4 over Ethernet. */
export function ethernetFrame(payload: Uint8Array, port = 8025, vlan = false): Buffer {
  const link = Buffer.alloc(vlan ? 18 : 14);
  if (vlan) link.writeUInt16BE(0x8100, 12);
  link.writeUInt16BE(0x0800, link.length - 2);
  return Buffer.concat([link, ipv4(payload, port)]);
}

/** A UDP datagram over IPv4, from 192.0.2.1:8025 to 192.0.2.2. */
export function ipv4(payload: Uint8Array, port = 8025): Buffer {
  const head = Buffer.alloc(28);
  head[0] = 0x45;
  head.writeUInt16BE(28 + payload.length, 2);
  head[9] = 17;
  head.set([192, 0, 2, 1], 12);
  head.set([192, 0, 2, 2], 16);
  head.writeUInt16BE(port, 20);
  head.writeUInt16BE(port, 22);
  head.writeUInt16BE(8 + payload.length, 24);
  return Buffer.concat([head, payload]);
}

/** Each packet at second 1767225600 and half. */
export function pcap(linkType: number, packets: readonly Buffer[], { little = true, nano = false } = {}): Buffer {
  const u32 = (...values: readonly number[]) => words(values, little);
  const version = little ? Buffer.from([2, 0, 4, 0]) : Buffer.from([0, 2, 0, 4]);
  const header = [u32(nano ? 0xa1b23c4d : 0xa1b2c3d4), version, u32(0, 0, 65_535, linkType)];
  const records = packets.map((packet) =>
    Buffer.concat([u32(1_767_225_600, nano ? 500_000_000 : 500_000, packet.length, packet.length), packet]),
  );
  return Buffer.concat([...header, ...records]);
}

/** The same, times in units of 2^-10 seconds, after a block of a type that readers pass over. */
export function pcapng(linkType: number, packets: readonly Buffer[], { little = true } = {}): Buffer {
  const u32 = (...values: readonly number[]) => words(values, little);
  const u16 = (...values: readonly number[]) =>
    Buffer.concat(
      values.map((value) => (little ? Buffer.from([value, value >> 8]) : Buffer.from([value >> 8, value]))),
    );
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    return Buffer.concat([u32(type, padded.length + 12), padded, u32(padded.length + 12)]);
  };
  const section = block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d), u16(1, 0), u32(0xffffffff, 0xffffffff)]));
  const resolution = Buffer.concat([u16(9, 1), Buffer.from([0x80 | 10, 0, 0, 0]), u16(0, 0)]);
  const link = block(1, Buffer.concat([u16(linkType, 0), u32(65_535), resolution]));
  const time = 1_767_225_600 * 1024 + 512;
  const records = packets.map((packet) => {
    const head = u32(0, Math.floor(time / 2 ** 32), time % 2 ** 32, packet.length, packet.length);
    return block(6, Buffer.concat([head, packet]));
  });
  return Buffer.concat([section, link, block(0xbad, Buffer.alloc(8)), ...records]);
}

function words(values: readonly number[], little: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach(
    (value, at) => void (little ? bytes.writeUInt32LE(value, at * 4) : bytes.writeUInt32BE(value, at * 4)),
  );
  return bytes;
}
