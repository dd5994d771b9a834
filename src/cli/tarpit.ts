import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { serveTarpit, type TarpitReport, type TarpitStats } from '../adapters/tarpit.ts';
import { systemClock } from '../clock.ts';
import type { Attempt, Verdict } from '../index.ts';
import { duration, number, whole } from './options/arguments.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { type ListenAddress, listenAddress, listenWords } from './options/listen-address.ts';
import { UsageError } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { counted, durationWords, momentWords, quoted } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly listen: ListenAddress;
  readonly stutter: number;
  readonly greyStall: number;
  readonly max: number;
  readonly maxTrapped?: number;
  readonly maxTime: number;
  readonly permanent?: boolean;
  readonly hostname: string;
  readonly json?: boolean;
}

export function tarpitCommand(io: Io): Command {
  return new Command('tarpit')
    .description(
      'holds up clients as spamd(8) does, one byte a second, and takes no mail; the daemon records tuples and traps',
    )
    .addOption(
      new Option('-l, --listen <address>', 'where to listen, inet:HOST:PORT')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 8025 } satisfies ListenAddress, 'inet:127.0.0.1:8025'),
    )
    .addOption(controlOption())
    .option('-s, --stutter <seconds>', 'seconds for each byte, 0..10', number(0, 10), 1)
    .option(
      '-S, --grey-stall <seconds>',
      'how many seconds a client that is neither trapped nor white is held up, 0..90',
      number(0, 90),
      10,
    )
    .option(
      '-c, --max <connections>',
      'the most connections at once, 1..10000; further ones are closed',
      whole(1, 10_000),
      800,
    )
    .option(
      '-b, --max-trapped <connections>',
      'the most trapped clients held up at once; further ones are refused without delay (default: 7/8 of --max)',
      whole(0, 10_000),
    )
    .addOption(
      new Option('--max-time <duration>', 'how long a connection may take').argParser(duration).default(3600, '1h'),
    )
    .option('-5, --permanent', 'refuse trapped clients with 550 in place of 450')
    .option('-n, --hostname <name>', 'the host name that the tarpit gives itself', hostname())
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
The tarpit prints a line for each recipient and for each connection that has ended. At SIGTERM or SIGINT it prints how
much it held up in all, and ends. While the daemon does not answer, clients are deferred.

Example:
  spamd-sync tarpit --listen inet:192.0.2.25:8025`,
    )
    .action((options: Options) => tarpit(io, options));
}

async function tarpit(io: Io, options: Options): Promise<void> {
  const { listen, stutter, greyStall, max, maxTrapped, maxTime, permanent, json = false } = options;
  if ('path' in listen) throw new UsageError('--listen: a client of a Unix socket has no address; inet:HOST:PORT');
  using interrupt = new Interrupt();
  io.isServing = true;
  const out = new Output(io.stdout, json);
  const ended = new Promise<void>((resolve, reject) => {
    interrupt.signal.addEventListener('abort', () => resolve());
    io.stdout.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EPIPE') resolve();
      else reject(new Error(`cannot print: ${cause.message}`, { cause }));
    });
  });
  ended.catch(() => {});
  const print = (value: object, words: string): void => {
    const time = systemClock.now();
    const line = () => [`${momentWords(time)} ${words}`];
    // An error of printing ends the command, see above.
    out.print({ time, ...value }, line).catch(() => {});
  };
  await askDaemon(options.control, async (greylist) => {
    // Fails at the start if no daemon answers, because a tarpit without a daemon knows no trapped clients.
    await greylist.stats();
    await using server = await serveTarpit(greylist, {
      ...listen,
      stutter,
      greyStall,
      maxConnections: max,
      maxTrapped,
      maxTime,
      trappedCode: permanent ? 550 : 450,
      hostname: options.hostname,
      onVerdict: (verdict, attempt) =>
        print({ event: 'recipient', ...recipient(verdict, attempt) }, verdictWords(verdict, attempt)),
      onEnd: (report) => print({ event: 'end', ...report }, reportWords(report)),
    });
    const { address } = server;
    print({ event: 'listen', ...address }, `holding up clients on ${listenWords(address)}`);
    await ended;
    await server.close();
    const stats = server.stats();
    print({ event: 'stop', ...stats }, totalWords(stats));
  });
}

function recipient({ action, reason }: Verdict, { ip, helo, from, to }: Attempt): object {
  return { ip, helo, from, to, action, reason };
}

/** A verdict in the form of spamd's log. */
function verdictWords(verdict: Verdict, { ip, helo, from, to }: Attempt): string {
  const tag = verdict.action === 'reject' ? 'BLACK' : 'GREY';
  const trouble = verdict.reason === 'error' ? `: ${verdict.error.message}` : '';
  return `(${tag}) ${ip}: helo ${quoted(helo)} ${quoted(from)} -> ${quoted(to)}, ${verdict.reason}${trouble}`;
}

function reportWords({ ip, trapped, seconds, bytesSent, end }: TarpitReport): string {
  const who = `${ip ?? 'a client without an address'}${trapped ? ', trapped,' : ''}`;
  return `${who} disconnected after ${seconds.toFixed(1)} seconds and ${counted(bytesSent, 'byte')} (${end})`;
}

function totalWords({ held, seconds, bytesSent, refused, unheld }: TarpitStats): string {
  const kinds = (['trapped', 'grey'] as const).map((kind) => {
    return `${held[kind]} ${kind} for ${durationWords(Math.round(seconds[kind]))}`;
  });
  return `held up ${kinds.join(', ')}, by ${counted(bytesSent, 'byte')}; ${refused} refused, ${unheld} trapped not held up`;
}
