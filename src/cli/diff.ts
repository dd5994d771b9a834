import { Command, Option } from 'commander';
import type { SpamdbRecord } from '../index.ts';
import { RemoteGreylist } from '../socket/index.ts';
import { formatSpamdb, parseSpamdb } from '../spamdb/index.ts';
import { canonicalMailbox, tupleKey } from '../store/index.ts';
import { only, TYPES } from './export.ts';
import { duration } from './options/arguments.ts';
import { wholeInput } from './options/bulk.ts';
import { controlOption } from './options/control.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { LineReports } from './terminal/line-reports.ts';
import { Output } from './terminal/output.ts';

interface Options {
  readonly control: string;
  readonly type?: string;
  readonly tolerance: number;
  readonly json?: boolean;
}

/** Where a record is: in only one of the two, or in both but not the same. */
type Difference =
  | { readonly in: 'a'; readonly a: SpamdbRecord }
  | { readonly in: 'b'; readonly b: SpamdbRecord }
  | { readonly in: 'both'; readonly a: SpamdbRecord; readonly b: SpamdbRecord };

const DAEMON = 'daemon';

export function diffCommand(io: Io): Command {
  return new Command('diff')
    .description('compares the records of two hosts: which only one of them has, and which differ')
    .argument('<a>', 'a file with the output of spamdb, greydb or "spamd-sync list"; - for stdin, or the word daemon')
    .argument('<b>', 'the same for the other host')
    .addOption(controlOption())
    .addOption(new Option('--type <type>', 'only records of this type').choices(TYPES))
    .option('--tolerance <duration>', 'how far apart the expiries of equal records may be', duration, 0)
    .option('--json', 'one JSON object a line, the summary last')
    .addHelpText(
      'after',
      `
A line begins with < for a record that only the first host has, with > for a record that only the second host has, and
with ! for two records that differ in their type or their expiry. Counters and earlier times are not compared, since
each host has its own.

Exit status: 1 if the hosts differ, or a line could not be read.

Example:
  ssh mx2 spamdb | spamd-sync diff daemon - --type trapped`,
    )
    .action((a: string, b: string, options: Options) => diff(io, a, b, options));
}

async function diff(io: Io, a: string, b: string, { control, type, tolerance, json = false }: Options): Promise<void> {
  if (a === b && (a === '-' || a === DAEMON)) throw new UsageError(`twice the same: ${a}`);
  const out = new Output(io.stdout, json);
  const counts = { onlyInA: 0, onlyInB: 0, differ: 0, same: 0 };
  await using greylist = new RemoteGreylist(control);
  const open = (source: string): AsyncIterable<SpamdbRecord> => only(recordsOf(source, greylist, io), type);
  const left = new Map<string, SpamdbRecord>();
  for await (const record of open(a)) left.set(keyOf(record), record);
  const print = async (found: Difference): Promise<void> => {
    const lines = json ? [] : await linesOf(found, out);
    await out.print(found, () => lines);
  };
  for await (const record of open(b)) {
    const key = keyOf(record);
    const other = left.get(key);
    left.delete(key);
    if (other === undefined) {
      counts.onlyInB++;
      await print({ in: 'b', b: record });
    } else if (isSame(other, record, tolerance)) counts.same++;
    else {
      counts.differ++;
      await print({ in: 'both', a: other, b: record });
    }
  }
  counts.onlyInA = left.size;
  for (const record of left.values()) await print({ in: 'a', a: record });
  const { onlyInA, onlyInB, differ, same } = counts;
  await out.print(counts, () => [
    `${onlyInA} only in ${a}, ${onlyInB} only in ${b}, ${differ} differ, ${same} the same`,
  ]);
  if (onlyInA + onlyInB + differ > 0) io.exit = EXIT.no;
}

async function* recordsOf(source: string, greylist: RemoteGreylist, io: Io): AsyncGenerator<SpamdbRecord, void> {
  if (source === DAEMON) {
    yield* greylist.export();
    return;
  }
  const bad = new LineReports(io);
  const onBadLine = ({ message }: Error): void => bad.add(`${source}: ${message}`);
  yield* parseSpamdb(await wholeInput(source, io), { onBadLine });
  bad.end();
  if (bad.count > 0) io.exit = EXIT.no;
}

/**
 * What a record is about: an address, a tuple, a spamtrap or a domain. The form is the same for records of spamd and
 * greyd.
 */
function keyOf(record: SpamdbRecord): string {
  if (record.type === 'GREY') return tupleKey(record.ip, record.helo, record.from, record.to);
  if (record.type === 'SPAMTRAP') return `spamtrap ${canonicalMailbox(record.address)}`;
  return record.type === 'DOMAIN' ? `domain ${record.domain}` : record.ip;
}

function isSame(a: SpamdbRecord, b: SpamdbRecord, tolerance: number): boolean {
  const [one, other] = [a, b].map((record) => ('expires' in record ? record.expires : 0));
  return a.type === b.type && Math.abs((one ?? 0) - (other ?? 0)) <= tolerance;
}

async function linesOf(found: Difference, out: Output): Promise<string[]> {
  if (found.in === 'a') return [out.marked('bad', `< ${await lineOf(found.a)}`)];
  if (found.in === 'b') return [out.marked('good', `> ${await lineOf(found.b)}`)];
  return [out.marked('bold', `! ${await lineOf(found.a)}  ${await lineOf(found.b)}`)];
}

async function lineOf(record: SpamdbRecord): Promise<string> {
  let text = '';
  for await (const chunk of formatSpamdb([record])) text += Buffer.from(chunk).toString();
  return text.trimEnd();
}
