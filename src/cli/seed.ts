import { Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import type { Entry, SeedReport, SpamdbRecord, SyncPeer } from '../index.ts';
import { type LeftOutReason, parseSpamdb, toEntries } from '../spamdb/index.ts';
import { nothingIn } from './input/input.ts';
import { append } from './options/arguments.ts';
import { type BulkOptions, bulkOptions, openSender, wholeInput } from './options/bulk.ts';
import { keyOptions } from './options/group.ts';
import { EXIT } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { LineReports } from './terminal/line-reports.ts';
import { Output } from './terminal/output.ts';
import { Progress } from './terminal/progress.ts';
import { counted, countsWords } from './terminal/words.ts';

interface Options extends BulkOptions {
  readonly to: readonly string[];
  readonly grey: boolean;
  readonly json?: boolean;
}

/** The entries of a dump that can be sent. */
interface Dump {
  readonly entries: () => AsyncGenerator<Entry, void>;
  readonly total: number;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly badLines: number;
}

export function seedCommand(io: Io): Command {
  const command = new Command('seed')
    .description('sends the greylist of an old host to a new host, from the output of spamdb(8)')
    .argument('<file>', 'the output of spamdb, greydb or "spamd-sync list"; - for stdin')
    .requiredOption('--to <host>', 'the new host: a name, an IPv4 address or an interface; repeatable', append)
    .option('--no-grey', 'leave out the tuples, which are most of a greylist and of the least use');
  return keyOptions(bulkOptions(command))
    .addOption(
      new Option('--dialect <dialect>', 'what runs at the hosts of --to').choices(['spamd', 'greyd']).default('spamd'),
    )
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
The command sends three datagrams a second, of some 84 addresses each. A spamd that receives more while it scans its
database hangs for good. If the command is interrupted, it reports how far it got.

Exit status: 1 if it was interrupted, or a line could not be read.

Example:
  spamdb | spamd-sync seed - --to mx3.example.org --no-grey`,
    )
    .action((path: string, options: Options) => seed(io, path, options));
}

async function seed(io: Io, path: string, options: Options): Promise<void> {
  const { json = false, to, rate } = options;
  const text = await wholeInput(path, io);
  if (text.every(({ length }) => length === 0)) throw nothingIn(path);
  const dump = await dumpOf(text, options.grey, io);
  using interrupt = new Interrupt();
  const peer = await openSender(io, { ...options, target: to });
  try {
    const report = await sendAll(io, peer, dump, rate, interrupt.signal);
    const { total, leftOut, badLines } = dump;
    await new Output(io.stdout, json).print({ ...report, total, leftOut, badLines }, () => lines(report, dump));
    if (report.aborted || badLines > 0) io.exit = EXIT.no;
    for (const { error } of report.targets) if (error !== undefined) throw error;
  } finally {
    await peer.close();
  }
}

/** Reads the dump twice, because the progress bar needs the number of entries before the first is sent. */
async function dumpOf(text: readonly Uint8Array[], withGrey: boolean, io: Io): Promise<Dump> {
  const now = systemClock.now();
  const leftOut: { [why in LeftOutReason | 'grey']?: number } = {};
  let total = 0;
  const bad = new LineReports(io);
  const onLeftOut = (_record: SpamdbRecord, why: LeftOutReason): void => {
    leftOut[why] = (leftOut[why] ?? 0) + 1;
  };
  const onBadLine = ({ message }: Error): void => bad.add(message);
  for await (const { type } of toEntries(parseSpamdb(text, { onBadLine }), { now, onLeftOut })) {
    if (withGrey || type !== 'grey') total++;
    else leftOut.grey = (leftOut.grey ?? 0) + 1;
  }
  bad.end();
  async function* entries(): AsyncGenerator<Entry, void> {
    for await (const entry of toEntries(parseSpamdb(text, { onBadLine: 'skip' }), { now })) {
      if (withGrey || entry.type !== 'grey') yield entry;
    }
  }
  return { entries, total, leftOut, badLines: bad.count };
}

async function sendAll(
  io: Io,
  peer: SyncPeer,
  { entries, total }: Dump,
  rate: number | undefined,
  signal: AbortSignal,
): Promise<SeedReport> {
  const progress = new Progress(io.stderr, total);
  const onProgress = (so: { entries: number; datagrams: number }): void => {
    progress.show(so.entries, counted(so.datagrams, 'datagram'));
  };
  try {
    return await peer.seed(entries(), { rate, signal, onProgress });
  } finally {
    progress.end();
  }
}

function* lines(report: SeedReport, { total, leftOut, badLines }: Dump): Generator<string, void> {
  const { datagrams, targets, skipped, aborted } = report;
  if (aborted) yield 'interrupted';
  for (const { target, sent, failed } of targets) {
    const failures = failed > 0 ? `, ${failed} failed` : '';
    yield `${sent} of ${counted(total, 'entry', 'entries')} sent to ${target}${failures}; ${counted(datagrams, 'datagram')} in all`;
  }
  if (Object.keys(leftOut).length > 0) yield `left out: ${countsWords(leftOut)}`;
  const unsent = countsWords({ ...skipped });
  if (unsent !== '-') yield `not sent: ${unsent}`;
  if (badLines > 0) yield `lines that could not be read: ${badLines}`;
}
