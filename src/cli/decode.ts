import { Command, Option } from 'commander';
import { Keyring, SyncKey } from '../index.ts';
import { type InspectedTlv, type Inspection, inspectDatagram } from '../wire/index.ts';
import { datagramsIn, FORMATS, type Format, hexLines, readInput } from './decode/datagrams.ts';
import type { Datagram } from './decode/packets.ts';
import { append, port } from './options/arguments.ts';
import { SPAMD_PORT } from './options/group.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { entryWords, quoted } from './terminal/words.ts';

interface Options {
  readonly key?: readonly string[];
  readonly emptyKey?: boolean;
  readonly hex?: readonly string[];
  readonly format: Format;
  readonly port: number;
  readonly json?: boolean;
}

/** The names of the types of TLVs; see docs/protocol.md. */
const TLV_NAMES = ['END', 'GREY', 'WHITE', 'TRAPPED', 'DELETE WHITE', 'DELETE TRAPPED'];
/** The latest time that a `Date` can hold, Unix seconds. */
const MAX_TIME = 8.64e12;
/** How many bytes a line of a dump has. */
const WIDTH = 16;

export function decodeCommand(io: Io): Command {
  return new Command('decode')
    .description('shows what is in datagrams, and for a bad datagram what is wrong with which byte')
    .argument('[file...]', 'captures (pcap, pcapng), hexadecimal (a datagram a line) or raw bytes; - or none: stdin')
    .option('-K, --key <file>', 'a key file to verify the HMAC with; repeatable', append)
    .option('--empty-key', 'verify with the empty key, as a spamd without a key file does')
    .option('-x, --hex <digits>', 'a datagram in hexadecimal, in place of a file; repeatable', append)
    .addOption(new Option('--format <format>', 'what the files are').choices(FORMATS).default('auto'))
    .option('-p, --port <port>', 'the UDP port to look at in captures', port, SPAMD_PORT)
    .option('--json', 'one JSON object a datagram')
    .addHelpText(
      'after',
      `
Exit status: 1 if a datagram is not sound.

Examples:
  tcpdump -ni em0 -w - udp port 8025 -c 20 | spamd-sync decode -K /etc/mail/spamd.key -
  spamd-sync decode --json capture.pcapng | jq .refusal`,
    )
    .action(async (files: readonly string[], options: Options) => {
      const { json = false, emptyKey = false } = options;
      const keys = await keysOf(options.key ?? [], emptyKey);
      const out = new Output(io.stdout, json);
      let unsound = 0;
      for (const { name, datagrams, others } of await inputs(io, files, options)) {
        for (const datagram of datagrams) {
          const seen = inspectDatagram(datagram.bytes, { key: keys });
          if (seen.refusal !== undefined) unsound++;
          await out.print(asJson(name, datagram, seen, keys), () => linesOf(out, name, datagram, seen, keys));
        }
        if (others() > 0 && !json) {
          io.stderr.write(`${name}: ${others()} other packets, not UDP port ${options.port}\n`);
        }
      }
      if (unsound > 0) io.exit = EXIT.no;
    });
}

interface Input {
  readonly name: string;
  readonly datagrams: Iterable<Datagram>;
  readonly others: () => number;
}

async function inputs(io: Io, files: readonly string[], { hex = [], format, port }: Options): Promise<Input[]> {
  const given = hex.map((digits): Input => {
    // It is one datagram, also if it was copied from several lines.
    const line = digits.replaceAll(/#.*|\n/g, ' ');
    return { name: '-x', datagrams: [...hexLines(line)], others: () => 0 };
  });
  const names = files.length === 0 && given.length === 0 ? ['-'] : files;
  for (const name of names) given.push({ name, ...datagramsIn(await readInput(name, io), format, port) });
  return given;
}

async function keysOf(paths: readonly string[], none: boolean): Promise<Keyring | undefined> {
  const keys = await Promise.all(paths.map((path) => SyncKey.fromFile(path)));
  if (none) keys.push(SyncKey.none());
  return keys.length === 0 ? undefined : new Keyring(keys);
}

function asJson(input: string, { bytes, ...about }: Datagram, seen: Inspection, keys: Keyring | undefined): object {
  const authentic = keys === undefined ? undefined : seen.keyIndex !== undefined;
  return { input, ...about, size: bytes.length, authentic, ...seen };
}

function* linesOf(
  out: Output,
  input: string,
  datagram: Datagram,
  seen: Inspection,
  keys: Keyring | undefined,
): Generator<string, void> {
  const { bytes, where, time, from, to, cut } = datagram;
  // A damaged capture may have any time.
  const when = time === undefined || time > MAX_TIME ? '' : `${new Date(time * 1000).toISOString()} `;
  const route = from === undefined ? '' : ` ${from} > ${to}`;
  yield out.marked('bold', `${when}${input} ${where}:${route} ${bytes.length} bytes`);
  if (cut !== undefined) yield out.marked('bad', `  the capture left out its last ${cut} bytes`);
  const { header, tlvs, entries, refusal } = seen;
  if (header !== undefined) {
    const { version, family, length, counter, hmac } = header;
    yield `  version ${version}  family ${family}  length ${length}  counter ${counter}`;
    yield `  hmac ${hmac}  ${verdict(out, seen, keys)}`;
  }
  const announced = [...entries];
  for (const tlv of tlvs) yield `  byte ${tlv.offset}: ${tlvWords(tlv, announced)}`;
  if (refusal === undefined) return;
  yield out.marked('bad', `  ${refusal.reason}: ${refusal.detail} (at byte ${refusal.offset})`);
  yield* dumpAt(bytes, refusal.offset);
}

function verdict(out: Output, { keyIndex, header, refusal }: Inspection, keys: Keyring | undefined): string {
  if (keys === undefined) return out.marked('dim', 'not verified: no -K');
  // Bytes that are not a datagram of this protocol are not verified.
  if (refusal !== undefined && header !== undefined && !['auth', 'malformed'].includes(refusal.reason)) {
    return out.marked('dim', 'not verified');
  }
  if (keyIndex === undefined) return out.marked('bad', 'signed with another key, or changed');
  return out.marked('good', `verified, key ${keys.keys[keyIndex]?.fingerprint}`);
}

/** Takes the entry of the TLV, if it has one, from the front of `announced`. */
function tlvWords({ type, length }: InspectedTlv, announced: Inspection['entries'][number][]): string {
  const name = TLV_NAMES[type];
  if (name === undefined) return `type ${type}, unknown, ${length} bytes, stepped over`;
  const entry = name === 'END' ? undefined : announced.shift();
  return entry === undefined ? `${name}, ${length} bytes` : entryWords(entry);
}

/** The lines of a dump around a byte, with a mark below that byte. */
function* dumpAt(bytes: Uint8Array, offset: number): Generator<string, void> {
  const first = Math.max(0, Math.floor(offset / WIDTH) * WIDTH - WIDTH);
  const end = Math.min(Math.max(bytes.length, offset + 1), first + 3 * WIDTH);
  for (let at = first; at < end; at += WIDTH) {
    const row = bytes.subarray(at, at + WIDTH);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = quoted(String.fromCharCode(...row.map((byte) => (byte < 0x20 || byte > 0x7e ? 0x2e : byte))));
    yield `  ${at.toString(16).padStart(4, '0')}  ${hex.padEnd(WIDTH * 3 - 1)}  ${text.slice(1, -1)}`;
    if (offset >= at && offset < at + WIDTH) yield `        ${' '.repeat((offset - at) * 3)}^^`;
  }
}
