import { Command, Option } from 'commander';
import type { SpamdbRecord } from '../index.ts';
import { formatSpamdb } from '../spamdb/index.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { UsageError } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { json } from './terminal/words.ts';

export const TYPES = ['grey', 'white', 'trapped', 'spamtrap'] as const;
const FORMATS = ['spamdb', 'json', 'csv', 'list', 'pf', 'nft', 'ipset'] as const;
type Format = (typeof FORMATS)[number];

/** The formats for a firewall or for another list. They have addresses of one type only. */
const OF_ADDRESSES: readonly Format[] = ['list', 'pf', 'nft', 'ipset'];

interface Options {
  readonly control: string;
  readonly type?: (typeof TYPES)[number];
  readonly format: Format;
  readonly set?: string;
  readonly evidence?: boolean;
}

export function exportCommand(io: Io): Command {
  return new Command('export')
    .description('writes the records that the daemon holds, in a format for other programs')
    .addOption(controlOption())
    .addOption(new Option('--format <format>', 'the format').choices(FORMATS).default('spamdb'))
    .addOption(
      new Option('--type <type>', 'only records of this type; list, pf, nft and ipset need white or trapped').choices(
        TYPES,
      ),
    )
    .option('--set <name>', 'the name of the set of nft, with its table ("inet filter spamd"), or of ipset')
    .option('--evidence', 'with each trapped address, the reason of the trap; only for json and csv')
    .addHelpText(
      'after',
      `
list and pf are an address a line, pf for a table of pf. nft and ipset are commands for "nft -f -" and "ipset restore".

Examples:
  spamd-sync export --format csv --type white > white.csv
  spamd-sync export --format nft --type trapped --set "inet filter spamd" | nft -f -`,
    )
    .action(async (options: Options) => {
      const { control, type, format, evidence = false } = options;
      if (OF_ADDRESSES.includes(format) && type !== 'white' && type !== 'trapped') {
        throw new UsageError(`--format ${format} is of addresses: say --type white or --type trapped`);
      }
      if ((format === 'nft' || format === 'ipset') && options.set === undefined) {
        throw new UsageError(`--format ${format} needs the name of a set: say --set`);
      }
      if (options.set !== undefined) checkSet(format, options.set);
      if (evidence && format !== 'json' && format !== 'csv') {
        throw new UsageError(`--format ${format} has no place for --evidence: say json or csv`);
      }
      const out = new Output(io.stdout, false);
      await askDaemon(control, async (greylist) => {
        for await (const text of formatted(only(greylist.export({ evidence }), type), options)) await out.write(text);
      });
    });
}

/** Names of sets, as nft(8) and ipset(8) take them. Any other text would be read as a part of the command. */
const SETS: Partial<Readonly<Record<Format, readonly [RegExp, string]>>> = {
  nft: [/^(?:\w+ )?[A-Za-z_][\w./-]* [A-Za-z_][\w./-]*$/, 'a table and a set, as "inet filter spamd"'],
  ipset: [/^[\w.:-]{1,31}$/, 'the name of a set'],
};

/** @throws {UsageError} For a text that is not the name of a set, and for a format without sets. */
function checkSet(format: Format, set: string): void {
  const [form, words] = SETS[format] ?? [];
  if (form === undefined) throw new UsageError(`--format ${format} has no --set`);
  if (!form.test(set)) throw new UsageError(`--set: not ${words}: ${JSON.stringify(set)}`);
}

/** Records of one type, or all. */
export async function* only(
  records: AsyncIterable<SpamdbRecord>,
  type: string | undefined,
): AsyncGenerator<SpamdbRecord, void> {
  for await (const record of records) if (type === undefined || record.type === type.toUpperCase()) yield record;
}

async function* formatted(
  records: AsyncIterable<SpamdbRecord>,
  { format, set = '', evidence = false }: Options,
): AsyncGenerator<string, void> {
  if (format === 'spamdb') yield* formatSpamdb(records);
  else if (format === 'json') for await (const record of records) yield `${json(record)}\n`;
  else if (format === 'csv') yield* csv(records, evidence ? [...COLUMNS, 'evidence'] : COLUMNS);
  else {
    for await (const record of records) {
      if ('ip' in record) yield addressLine(record.ip, format, set);
    }
  }
}

function addressLine(ip: string, format: Format, set: string): string {
  if (format === 'nft') return `add element ${set} { ${ip} }\n`;
  return format === 'ipset' ? `add ${set} ${ip}\n` : `${ip}\n`;
}

const COLUMNS = [
  'type',
  'ip',
  'helo',
  'from',
  'to',
  'first',
  'pass',
  'expires',
  'blocked',
  'passed',
  'address',
] as const;

/** Text as in RFC 4180. Times are Unix seconds, evidence is JSON. */
async function* csv(records: AsyncIterable<SpamdbRecord>, columns: readonly string[]): AsyncGenerator<string, void> {
  yield `${columns.join(',')}\r\n`;
  for await (const record of records) {
    const members = record as unknown as Readonly<Record<string, string | number | object | undefined>>;
    yield `${columns.map((name) => field(members[name])).join(',')}\r\n`;
  }
}

/**
 * A cell. A value that begins like a formula is quoted: a client chooses its HELO, and a spreadsheet would run the
 * formula.
 */
function field(value: string | number | object | undefined): string {
  if (typeof value === 'object') return field(JSON.stringify(value));
  if (typeof value !== 'string') return `${value ?? ''}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
