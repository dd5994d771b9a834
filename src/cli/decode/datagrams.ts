import { inputFrom } from '../input/input.ts';
import { UsageError } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { captureFormat, pcapngPackets, pcapPackets } from './captures.ts';
import { type Datagram, datagramIn, isKnownLink } from './packets.ts';

/** What a file with datagrams can be. */
export const FORMATS = ['auto', 'hex', 'raw', 'pcap'] as const;
export type Format = (typeof FORMATS)[number];

/** The largest file, bytes. A larger one has to be cut first, as with `tcpdump -r big -w small udp port 8025`. */
const MAX_INPUT = 2 ** 30;

/** The largest file that is not a capture, bytes. Such a file was typed, or is one datagram. */
const MAX_TEXT = 2 ** 26;

/** The datagrams that were found in an input, one after the other, and how many packets were passed over. */
export interface Found {
  readonly datagrams: Iterable<Datagram>;
  /** Packets that hold no datagram of the port; final when all datagrams were read. */
  readonly others: () => number;
}

/**
 * The datagrams in a file: a capture, lines of hexadecimal, or the bytes of one datagram.
 *
 * @throws {UsageError} For a line that is not hexadecimal.
 * @throws {Error} For a file that is too large to be hexadecimal or a datagram.
 */
export function datagramsIn(bytes: Buffer, format: Format, port: number): Found {
  const capture = captureFormat(bytes);
  if (format === 'pcap' && capture === undefined) throw new UsageError('not a pcap or pcapng file');
  if (capture !== undefined && (format === 'auto' || format === 'pcap')) return packetsIn(bytes, capture, port);
  if (bytes.length > MAX_TEXT) throw new Error(`not a capture, and more than ${MAX_TEXT} bytes`);
  const isHex = format === 'hex' || (format === 'auto' && looksHexadecimal(bytes));
  const datagrams = isHex ? [...hexLines(bytes.toString('latin1'))] : [{ bytes, where: 'as it is' }];
  return { datagrams, others: () => 0 };
}

/** The bytes of a file, or of stdin for `-`. */
export async function readInput(path: string, io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await inputFrom(path, io)) {
    size += (chunk as Buffer).length;
    if (size > MAX_INPUT) throw new Error(`${path}: over ${MAX_INPUT} bytes; cut out the port with tcpdump first`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** The datagrams of a text, one a line. Blanks and colons may be between the digits; `#` begins a comment. */
export function* hexLines(text: string): Generator<Datagram, void> {
  let line = 0;
  for (const written of text.split('\n')) {
    line++;
    const digits = written.replace(/#.*/, '').replaceAll(/[\s:]/g, '');
    if (digits === '') continue;
    if (!/^([0-9a-fA-F]{2})+$/.test(digits)) throw new UsageError(`line ${line}: not whole bytes in hexadecimal`);
    yield { bytes: Buffer.from(digits, 'hex'), where: `line ${line}` };
  }
}

/** Looks at the first line. No datagram begins like hexadecimal, because its first byte is the version. */
function looksHexadecimal(bytes: Buffer): boolean {
  const [first = ''] = bytes.toString('latin1').trimStart().split('\n', 1);
  return first.startsWith('#') || /^([0-9a-fA-F]{2}[\s:]*)+(#.*)?$/.test(first);
}

function packetsIn(bytes: Buffer, capture: 'pcap' | 'pcapng', port: number): Found {
  let others = 0;
  function* found(): Generator<Datagram, void> {
    for (const packet of capture === 'pcap' ? pcapPackets(bytes) : pcapngPackets(bytes)) {
      if (!isKnownLink(packet.linkType)) {
        throw new Error(`packet ${packet.number}: link type ${packet.linkType} is not known here`);
      }
      const datagram = datagramIn(packet, port);
      if (datagram === undefined) others++;
      else yield datagram;
    }
  }
  return { datagrams: found(), others: () => others };
}
