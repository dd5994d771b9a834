import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { parseAddressList } from '../spamdb/index.ts';
import { fileStream, fileText } from './input/input.ts';
import { FROM_HELP, readGreylist } from './input/records.ts';
import { controlOption } from './options/control.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { counted } from './terminal/words.ts';
import { type Place, Places } from './traplist/places.ts';
import { ReplacedFiles } from './traplist/replaced-files.ts';
import { headerOf, lines, summaryLines, VERBOSE_COLUMNS, verboseLine } from './traplist/text.ts';
import { type TrappedAddress, type Traps, trapsIn } from './traplist/trapped.ts';

interface Options {
  readonly control: string;
  readonly from?: string;
  readonly header?: string;
  readonly contact?: string;
  readonly verbose?: string;
  readonly recipients?: boolean;
  readonly summary?: string;
  readonly new?: string;
  readonly previous?: string;
  readonly spamtraps?: string;
  readonly countryDb?: string;
  readonly asnDb?: string;
  readonly json?: boolean;
}

export function traplistCommand(io: Io): Command {
  return new Command('traplist')
    .description('publishes the trapped addresses as a list that others fetch, and a list with the evidence')
    .argument('<file>', 'the list to write: a header, then an address a line')
    .addOption(controlOption())
    .option('--from <file>', FROM_HELP)
    .option('--header <file>', 'a file with the terms of use, for the header of each list')
    .option('--contact <text>', 'whom to ask about an address, for the header of each list')
    .option('--verbose <file>', 'also write this file: for each address until when, from where, and the evidence')
    .option('--recipients', 'name the recipients in the evidence; they may be your users, or spamtraps')
    .option('--summary <file>', 'also write this file: how many addresses of each country and family there are')
    .option('--new <file>', 'also write this file: the addresses that were not in the list before')
    .option('--previous <file>', 'the list to compare with for --new (default: the list that is replaced)')
    .option('--spamtraps <file>', 'also write this file: the spamtraps')
    .option(
      '--country-db <file>',
      'a database of countries, mmdb (default: that of @ip-location-db/geo-whois-asn-country-mmdb, if installed)',
    )
    .option('--asn-db <file>', 'a database of autonomous systems, mmdb')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Each file is replaced whole. If anything fails, all files stay as they are: the greylist cannot be read to its end, for
example, or a TRAPPED line of a dump cannot be read.

Exit status: 1 if any other line of a dump could not be read.

Example:
  spamd-sync traplist --contact postmaster@example.org --verbose traps.txt /var/www/htdocs/traplist.txt`,
    )
    .action((file: string, options: Options) => traplist(io, file, options));
}

async function traplist(io: Io, file: string, options: Options): Promise<void> {
  const { control, from, contact, previous = file, json = false } = options;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line of it would be taken for an address.
  if (contact !== undefined && /[\x00-\x1f\x7f]/.test(contact)) throw new UsageError('--contact: more than a line');
  checkAreDifferent([file, options.verbose, options.summary, options.new, options.spamtraps]);
  const terms = options.header === undefined ? [] : await termsIn(options.header);
  const placesWanted = options.verbose !== undefined || options.summary !== undefined;
  const places = placesWanted ? await Places.open(options) : undefined;
  if (options.summary !== undefined && !places?.knowsCountries) throw new UsageError('--summary: say --country-db');
  const now = Math.floor(systemClock.now());
  const settings = { now, evidence: options.verbose !== undefined, recipients: options.recipients === true };
  const isVital = (line: string): boolean => line.startsWith('TRAPPED');
  const source = { control, from };
  const { result: traps, bad } = await readGreylist(
    io,
    source,
    (records, greylist) => trapsIn(records, settings, greylist),
    isVital,
  );
  const before = options.new === undefined ? undefined : await addressesIn(previous);
  const added = before === undefined ? undefined : traps.addresses.filter(({ ip }) => !before.has(ip));

  await using files = new ReplacedFiles();
  const header = (what: string): string => headerOf(what, now, terms, contact);
  const place = remembered(places);
  await writeLists(files, traps, added, { ...options, file, header, place });
  await files.replace();
  const { length } = traps.addresses;
  const { leftOut } = traps;
  await new Output(io.stdout, json).print({ file, addresses: length, new: added?.length, leftOut, bad }, () => [
    [
      `${counted(length, 'trapped address', 'trapped addresses')} in ${file}`,
      ...(added === undefined ? [] : [`${added.length} new`]),
      ...(leftOut === 0 ? [] : [`${leftOut} left out: no single address`]),
      ...(bad === 0 ? [] : [counted(bad, 'bad line')]),
    ].join('; '),
  ]);
  if (bad > 0) io.exit = EXIT.no;
}

interface Lists {
  readonly file: string;
  readonly verbose?: string;
  readonly summary?: string;
  readonly new?: string;
  readonly spamtraps?: string;
  readonly header: (what: string) => string;
  readonly place: (ip: string) => Place;
}

async function writeLists(
  files: ReplacedFiles,
  { addresses, spamtraps }: Traps,
  added: readonly TrappedAddress[] | undefined,
  lists: Lists,
): Promise<void> {
  const { header, place } = lists;
  const what = counted(addresses.length, 'trapped address', 'trapped addresses');
  const list = function* (title: string, of: Iterable<string>): Generator<string, void> {
    yield header(title);
    yield* of;
  };
  if (lists.verbose !== undefined) {
    const each = addresses.map((address) => verboseLine(address, place(address.ip)));
    const columns = `# ${VERBOSE_COLUMNS.replaceAll(' ', '\t')}`;
    await files.draft(lists.verbose, list(what, lines([columns, ...each])));
  }
  if (lists.summary !== undefined) await files.draft(lists.summary, list(what, summaryLines(addresses, place)));
  if (lists.spamtraps !== undefined) {
    await files.draft(lists.spamtraps, list(counted(spamtraps.length, 'spamtrap'), lines(spamtraps)));
  }
  if (lists.new !== undefined && added !== undefined) {
    const title = `${counted(added.length, 'address', 'addresses')} trapped since the list before`;
    await files.draft(lists.new, list(title, lines(added.map(({ ip }) => ip))));
  }
  // Comes last: new addresses are found by a comparison with this file. So the next run makes up for one that was cut
  // short.
  await files.draft(lists.file, list(what, lines(addresses.map(({ ip }) => ip))));
}

/** @throws {UsageError} */
function checkAreDifferent(files: readonly (string | undefined)[]): void {
  const named = files.filter((file) => file !== undefined);
  const paths = named.map((file) => resolve(file));
  const twice = named.find((_, at) => paths.indexOf(paths[at] as string) !== at);
  if (twice !== undefined) throw new UsageError(`${twice} is named for two lists`);
}

/** The lines of a file, to be put into comments. */
async function termsIn(path: string): Promise<string[]> {
  const text = (await fileText(path)).trimEnd();
  return text.split(/\r?\n|\r/).map((line) => line.replace(/^# ?/, ''));
}

/** The addresses that were published before; none if there is no list yet. */
async function addressesIn(path: string): Promise<Set<string>> {
  const addresses = new Set<string>();
  let input: Readable;
  try {
    input = await fileStream(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return addresses;
    throw error;
  }
  // If somebody has written into the list, only that line is left out.
  for await (const { address, prefix } of parseAddressList(input, { onBadLine: 'skip' })) {
    addresses.add(prefix === (address.includes(':') ? 128 : 32) ? address : `${address}/${prefix}`);
  }
  return addresses;
}

/** Remembers the places, because two lists ask about each address. */
function remembered(places: Places | undefined): (ip: string) => Place {
  const known = new Map<string, Place>();
  return (ip) => {
    const place = known.get(ip) ?? places?.of(ip) ?? { country: '', as: '' };
    known.set(ip, place);
    return place;
  };
}
