import { Command, Option } from 'commander';
import { canonicalAddress } from '../address.ts';
import { RemotePeer } from '../socket/index.ts';
import { append, whole } from './options/arguments.ts';
import { controlOption } from './options/control.ts';
import { type GroupOptions, keyOptions, listenOptions, openPeer } from './options/group.ts';
import { UsageError } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { logTo } from './terminal/log.ts';
import { type Mark, Output } from './terminal/output.ts';
import { counted, entryWords, momentWords } from './terminal/words.ts';
import { LocalEvents } from './watch/local-events.ts';
import { LINE_TYPES, type Line, type LineType, linesIn } from './watch/traffic.ts';

interface Options extends GroupOptions {
  readonly control: string;
  readonly type?: readonly LineType[];
  readonly from?: readonly string[];
  readonly count?: number;
  readonly json?: boolean;
}

export function watchCommand(io: Io): Command {
  const command = new Command('watch')
    .description('shows the group live: a line for each entry received or sent, and each drop')
    .addOption(controlOption())
    .addOption(new Option('-t, --type <type...>', 'only lines of these types').choices(LINE_TYPES))
    .option('--from <address>', 'only what the host with this address sent; repeatable', append)
    .option('-n, --count <lines>', 'end after this many lines', whole(1, 1e9))
    .option('--json', 'one JSON object a line');
  return keyOptions(listenOptions(command))
    .addHelpText(
      'after',
      `
The command asks the daemon. With -y it listens by itself, and shows what a peer of the group receives there. On an
interface it can do so beside a running daemon. Ctrl-C ends it with 0.

Examples:
  spamd-sync watch --type trapped drop
  spamd-sync watch -y em0 -K /etc/mail/spamd.key --json | jq .entry.ip`,
    )
    .action((options: Options) => watch(io, options));
}

async function watch(io: Io, options: Options): Promise<void> {
  const { json = false, count = Number.POSITIVE_INFINITY } = options;
  const unknown = options.from?.find((address) => canonicalAddress(address) === undefined);
  if (unknown !== undefined) throw new UsageError(`--from: not an IP address: ${JSON.stringify(unknown)}`);
  const out = new Output(io.stdout, json);
  using interrupt = new Interrupt();
  const { signal } = interrupt;
  let left = count;
  try {
    for await (const line of linesIn(eventsOf(io, options, signal))) {
      if (!isWanted(line, options)) continue;
      await out.print(shown(line), () => [words(line, out)]);
      if (--left === 0) return;
    }
  } catch (error) {
    // The interrupt ends what was waited for. That is not an error.
    if (!signal.aborted) throw error;
  }
}

async function* eventsOf(io: Io, options: Options, signal: AbortSignal) {
  if (options.listen === undefined) {
    const { key, emptyKey, port, group, allow } = options;
    if (key ?? emptyKey ?? port ?? group ?? allow) {
      throw new UsageError('-K, --empty-key, -p, --group and --allow are for listening by itself: say -y');
    }
    await using remote = new RemotePeer(options.control);
    yield* remote.events({ signal });
    return;
  }
  await using peer = await openPeer(options, logTo(io.stderr), { signal });
  yield* new LocalEvents(peer, signal);
}

function isWanted(line: Line, { type, from }: Options): boolean {
  if (type !== undefined && !type.includes(line.type)) return false;
  return from === undefined || ('source' in line && from.map(canonicalAddress).includes(line.source.address));
}

/** What `--json` prints: without `type`, because the entry itself says what it is. */
function shown({ type: _type, ...line }: Line): object {
  return line;
}

const MARKS: Partial<Readonly<Record<LineType, Mark>>> = { white: 'good', trapped: 'bad', drop: 'dim', missed: 'bad' };

function words(line: Line, out: Output): string {
  const mark = MARKS[line.type];
  const text = wordsOf(line);
  return `${momentWords(line.time)} ${mark === undefined ? text : out.marked(mark, text)}`;
}

function wordsOf(line: Line): string {
  switch (line.event) {
    case 'received':
      return `from ${line.source.address} ${entryWords(line.entry)}`;
    case 'sent':
      return `to ${line.target} ${entryWords(line.entry)}`;
    case 'dropped':
      return `from ${line.source.address}:${line.source.port} DROP ${line.size} bytes, ${line.reason}: ${line.detail}`;
    case 'missed':
      return `MISSED ${counted(line.count, 'event')}: not read fast enough`;
  }
}
