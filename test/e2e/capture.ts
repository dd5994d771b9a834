import { createInterface } from 'node:readline';
import type { LabHost } from './lab.ts';

/** A UDP datagram as it came over the link. */
export interface Captured {
  readonly to: string;
  readonly port: number;
  readonly ttl: number;
}

/**
 * Prints every IPv4 packet that a host sees, in hexadecimal: what the IP header says is not to be had from Node.
 * 17 is AF_PACKET, 2 SOCK_DGRAM, 0x0800 IPv4. Every Debian has this perl.
 */
const SNIFFER = `
  $| = 1;
  socket(my $s, 17, 2, unpack("S", pack("n", 0x0800))) or die "packet socket: $!";
  print "ready\\n";
  while (defined(recv($s, my $packet, 65535, 0))) { print unpack("H*", $packet), "\\n" }
`;

const UDP = 17;

/** The UDP datagrams that a host sees from now on. */
export async function datagrams(host: LabHost): Promise<AsyncDisposable & { readonly list: readonly Captured[] }> {
  const list: Captured[] = [];
  const ending = new AbortController();
  const perl = host.start(['perl', '-e', SNIFFER], ending.signal);
  const ended = new Promise<void>((resolve) => {
    perl.once('close', () => resolve());
    // An abort is reported as an error too.
    perl.once('error', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: perl.stdout }).on('line', (line) => {
      if (line === 'ready') resolve();
      else note(Buffer.from(line, 'hex'), list);
    });
    void ended.then(() => reject(new Error('perl could not open a packet socket')));
  });
  return {
    list,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await ended;
    },
  };
}

function note(packet: Buffer, list: Captured[]): void {
  const headerSize = (packet.readUInt8(0) & 15) * 4;
  if (packet.readUInt8(9) !== UDP) return;
  const to = [...packet.subarray(16, 20)].join('.');
  list.push({ to, port: packet.readUInt16BE(headerSize + 2), ttl: packet.readUInt8(8) });
}
