import { BlockList, isIPv4 } from 'node:net';
import { Argument, Command } from 'commander';
import { canonicalAddress } from '../address.ts';
import { systemClock } from '../clock.ts';
import type { Entry, EntryType, SeedReport, SendReport, SyncPeer } from '../index.ts';
import { type AddressListItem, parseAddressList, parseSpamdb } from '../spamdb/index.ts';
import { fileStream } from './input/input.ts';
import { append, duration, whole } from './options/arguments.ts';
import { type BulkOptions, bulkOptions, openSender, wholeInput } from './options/bulk.ts';
import { keyOptions, targetOptions, targetsOf } from './options/group.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { LineReports } from './terminal/line-reports.ts';
import { Output } from './terminal/output.ts';
import { counted, countsWords } from './terminal/words.ts';

interface Options extends BulkOptions {
  readonly for?: number;
  readonly expand: number;
  readonly except?: readonly string[];
  readonly json?: boolean;
}

const TYPES = ['white', 'trapped', 'grey', 'remove-white', 'remove-trapped'] as const satisfies readonly EntryType[];
type Type = (typeof TYPES)[number];

/** How long entries hold unless `--for` is given, seconds: spamd's whiteexp and trapexp. */
const LIFETIMES = { white: 36 * 86_400, trapped: 86_400 } as const;

export function sendCommand(io: Io): Command {
  const command = new Command('send')
    .description('announces entries to a group, from the command line or a list on stdin')
    .addArgument(new Argument('<type>', 'the type of the entries').choices(TYPES))
    .argument('[what...]', 'addresses and networks; for grey: ip, helo, from and to; - or none: stdin');
  return keyOptions(bulkOptions(targetOptions(command)))
    .option('--for <duration>', 'how long the entries hold (default: 36d for white, 24h for trapped)', duration)
    .option(
      '--expand <count>',
      'announce a network of up to this many addresses address by address',
      whole(1, 65_536),
      1,
    )
    .option('--except <file>', 'a file of addresses and networks that are never announced; repeatable', append)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
From stdin the command reads addresses and networks, one a line, as "pfctl -T show" and traplists have them; for grey it
reads the GREY lines of spamdb(8). It reads all of stdin before it sends. Only greyd knows removals.

Exit status: 1 if it was interrupted, a line could not be read, or an entry from the command line could not be
announced.

Examples:
  spamd-sync send trapped 198.51.100.7 -Y em0
  pfctl -t bruteforce -T show | spamd-sync send trapped -Y mx2.example.org --except /etc/mail/nospamd
  spamd-sync send grey 192.0.2.7 mail.example.org "<a@example.org>" "<b@example.net>" -Y em0`,
    )
    .action((type: Type, what: readonly string[], options: Options) => send(io, type, what, options));
}

async function send(io: Io, type: Type, what: readonly string[], options: Options): Promise<void> {
  if (options.for !== undefined && !(type in LIFETIMES)) throw new UsageError(`--for: a ${type} does not expire`);
  const isRemoval = type === 'remove-white' || type === 'remove-trapped';
  if (isRemoval && !targetsOf(options).some(({ dialect }) => dialect === 'greyd')) {
    throw new UsageError(`${type} is known to greyd alone: say --dialect greyd, or --greyd-target`);
  }
  const isStdin = what.length === 0 || (what.length === 1 && what[0] === '-');
  const left = new LeftOut(io, isStdin);
  const given = isStdin ? await wholeInput('-', io) : what;
  const listed = isStdin ? entriesIn(given, type, options, left) : typed(what, type, options, left);
  // An error on the command line is found before anything is sent. A list may be long: its errors are found meanwhile.
  const entries = isStdin ? listed : await collected(listed);
  using interrupt = new Interrupt();
  const peer = await openSender(io, options);
  try {
    const report = isRemoval
      ? await announce(peer, await collected(entries))
      : await peer.seed(entries, { rate: options.rate, signal: interrupt.signal });
    left.end();
    const out = new Output(io.stdout, options.json ?? false);
    await out.print({ ...report, badLines: left.badLines }, () => lines(report));
    const unsent = isStdin ? 0 : Object.values(report.skipped).reduce((sum, count) => sum + count, 0);
    if (report.aborted || left.badLines + unsent > 0) io.exit = EXIT.no;
    for (const { error } of report.targets) if (error !== undefined) throw error;
  } finally {
    await peer.close();
  }
}

type Report = Pick<SeedReport, 'entries' | 'targets' | 'skipped' | 'aborted'>;

/** Announces removals, which cannot be part of a seed. */
async function announce(peer: SyncPeer, entries: readonly Entry[]): Promise<Report> {
  const { targets, skipped }: SendReport = await peer.announce(entries);
  const counts: Record<string, number> = {};
  for (const { why } of skipped) counts[why] = (counts[why] ?? 0) + 1;
  return { entries: entries.length, targets, skipped: counts as SeedReport['skipped'], aborted: false };
}

async function collected(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<Entry[]> {
  const list: Entry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

function* lines({ entries, targets, skipped, aborted }: Report): Generator<string, void> {
  if (aborted) yield 'interrupted';
  for (const { target, sent, failed } of targets) {
    yield `${sent} of ${counted(entries, 'entry', 'entries')} sent to ${target}${failed > 0 ? `, ${failed} failed` : ''}`;
  }
  const unsent = countsWords({ ...skipped });
  if (unsent !== '-') yield `not sent: ${unsent}`;
}

/** Reports the entries that are not sent, line by line. */
class LeftOut {
  readonly #reports: LineReports;
  readonly #isList: boolean;
  badLines = 0;

  /**
   * @param isList Whether a list is read. A list may have items that cannot be announced; on the command line they are
   * errors.
   */
  constructor(io: Io, isList: boolean) {
    this.#reports = new LineReports(io);
    this.#isList = isList;
  }

  readonly onBadLine = ({ message }: Error): void => {
    this.badLines++;
    this.note(message);
  };

  /** @throws {UsageError} If the item was given on the command line. */
  noteImpossible(why: string): void {
    if (!this.#isList) throw new UsageError(why);
    this.note(why);
  }

  note(why: string): void {
    this.#reports.add(`left out: ${why}`);
  }

  /** To be called at the end of the list. */
  end(): void {
    this.#reports.end();
  }
}

/** The entries of the arguments. An argument that is not an address is an error. */
async function* typed(
  what: readonly string[],
  type: Type,
  options: Options,
  left: LeftOut,
): AsyncGenerator<Entry, void> {
  if (type !== 'grey') {
    const onBadLine = (_error: Error, text: string): never => refuse(text);
    yield* addressEntries(
      what.map((one) => `${one}\n`),
      type,
      options,
      left,
      onBadLine,
    );
    return;
  }
  const [ip = '', helo = '', from = '', to] = what;
  if (to === undefined || what.length > 4) throw new UsageError('a grey is four arguments: ip, helo, from, to');
  yield { type, ip, helo, from, to, timestamp: Math.floor(systemClock.now()) };
}

/** The entries of a list. A line of it that cannot be read is left out. */
async function* entriesIn(
  text: readonly (string | Uint8Array)[],
  type: Type,
  options: Options,
  left: LeftOut,
): AsyncGenerator<Entry, void> {
  if (type !== 'grey') {
    yield* addressEntries(text, type, options, left, left.onBadLine);
    return;
  }
  const timestamp = Math.floor(systemClock.now());
  for await (const record of parseSpamdb(text, { onBadLine: left.onBadLine })) {
    if (record.type !== 'GREY') continue;
    const { ip, helo, from, to } = record;
    yield { type, ip, helo, from, to, timestamp };
  }
}

async function* addressEntries(
  text: readonly (string | Uint8Array)[],
  type: Exclude<Type, 'grey'>,
  options: Options,
  left: LeftOut,
  onBadLine: (error: Error, text: string) => void,
): AsyncGenerator<Entry, void> {
  const timestamp = Math.floor(systemClock.now());
  const spared = await addressesOf(options.except ?? []);
  for await (const item of parseAddressList(text, { onBadLine })) {
    for (const ip of expanded(item, options.expand, left)) {
      if (spared.check(ip)) left.note(`${ip} is excepted`);
      else yield addressEntry(type, ip, timestamp, options.for);
    }
  }
}

function refuse(text: string): never {
  throw new UsageError(`not an IP address or network: ${text.trim()}`);
}

function addressEntry(type: Exclude<Type, 'grey'>, ip: string, timestamp: number, seconds: number | undefined): Entry {
  if (type !== 'white' && type !== 'trapped') return { type, ip, timestamp };
  return { type, ip, timestamp, expires: timestamp + (seconds ?? LIFETIMES[type]) };
}

async function addressesOf(files: readonly string[]): Promise<BlockList> {
  const list = new BlockList();
  for (const file of files) {
    const onBadLine = ({ message }: Error): never => {
      throw new Error(`${file}: ${message}`);
    };
    for await (const { address, prefix } of parseAddressList(await fileStream(file), { onBadLine })) {
      list.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
    }
  }
  return list;
}

/** The addresses of a network, if they are not too many. The protocol has a form for IPv4 addresses only. */
function expanded(item: AddressListItem, max: number, left: LeftOut): string[] {
  // An IPv4 address may come as IPv6, as ::ffff:192.0.2.1/128.
  const address = canonicalAddress(item.address) ?? item.address;
  const prefix = address === item.address ? item.prefix : item.prefix - 96;
  if (!isIPv4(address)) {
    left.noteImpossible(`${address} is IPv6, which has no form on the wire`);
    return [];
  }
  const size = 2 ** (32 - prefix);
  if (size > max) {
    left.noteImpossible(`${address}/${prefix} has ${size} addresses, more than --expand`);
    return [];
  }
  const octets = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = octets - (octets % size);
  return Array.from({ length: size }, (_, at) => {
    const next = first + at;
    return [next >>> 24, (next >>> 16) & 255, (next >>> 8) & 255, next & 255].join('.');
  });
}
