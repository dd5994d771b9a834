import { Command, Option } from 'commander';
import { sleep, systemClock } from '../clock.ts';
import type { RemoteGreylist } from '../socket/index.ts';
import { duration } from './options/arguments.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { NoProgramError, runProgram } from './table/child.ts';
import { type Firewall, KINDS, type Kind, nftFirewall, pfFirewall } from './table/firewall.ts';
import { Mirror, type Plan, type Wanted, wantedOf } from './table/mirror.ts';
import { failureOf, UsageError } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { logTo } from './terminal/log.ts';
import { Output } from './terminal/output.ts';
import { timeWords } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly nft?: readonly string[];
  readonly pf?: string;
  readonly type?: Kind;
  readonly networks?: boolean;
  readonly interval: number;
  readonly full: number;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** How long to wait after a failure, seconds. The pause doubles with each failure, up to the last one here. */
const FIRST_RETRY = 1;
const LAST_RETRY = 60;
/**
 * A large greylist takes long to ask, and is asked less often: the pause is at least this many times as long as the
 * update.
 */
const SHARE = 10;

export function tableCommand(io: Io): Command {
  return new Command('table')
    .description('keeps sets of nftables, or tables of pf, in step with the white and trapped addresses of the daemon')
    .option('--nft <table...>', 'TABLE SET: the sets SET-white, SET-white6, SET-trapped and SET-trapped6 of TABLE')
    .option('--pf <table>', 'TABLE: the tables TABLE-white and TABLE-trapped')
    .addOption(new Option('--type <type>', 'only addresses of this type').choices(KINDS))
    .option('--networks', 'IPv4 networks too; the IPv4 sets of --nft then need "flags interval"')
    .addOption(controlOption())
    .addOption(
      new Option('--interval <duration>', 'how often to ask the daemon').argParser(duration).default(10, '10s'),
    )
    .addOption(
      new Option('--full <duration>', 'how often to write the whole sets, in case somebody else has changed them')
        .argParser(duration)
        .default(600, '10m'),
    )
    .option('--once', 'write the whole sets, and end')
    .option('--dry-run', 'print the commands that would write the whole sets, and end')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
The command runs until SIGTERM or SIGINT. At SIGHUP it writes the whole sets: send it after the ruleset was loaded
again. If something fails, the command tries again, and meanwhile the sets stay as they are. With --once it ends with
status 3.

Examples:
  spamd-sync table --nft "inet filter" spamd
  spamd-sync table --pf spamd --once`,
    )
    .action((options: Options) => table(io, options));
}

async function table(io: Io, options: Options): Promise<void> {
  const { control, interval, full, type, json = false } = options;
  if (interval === 0 || full === 0)
    throw new UsageError(`--${interval === 0 ? 'interval' : 'full'}: must be more than 0`);
  const firewall = firewallOf(options);
  const kinds = type === undefined ? KINDS : [type];
  const out = new Output(io.stdout, json);
  const ask = (): Promise<Wanted> =>
    askDaemon(control, (greylist: RemoteGreylist) => {
      return wantedOf(greylist.export(), firewall, kinds, Math.floor(systemClock.now()));
    });
  if (options.dryRun) {
    const plan = new Mirror(firewall).full(await ask(), Math.floor(systemClock.now()));
    for (const { argv, input } of plan.calls) {
      await out.print({ argv, input }, () => [`# ${argv.join(' ')}`, ...input.split('\n').slice(0, -1)]);
    }
    return;
  }
  await follow(firewall, ask, options, io, out);
}

/** @throws {UsageError} */
function firewallOf({ nft, pf, networks = false }: Options): Firewall {
  if (nft !== undefined && pf === undefined) return nftFirewall(nft, { networks });
  if (pf !== undefined && nft === undefined) return pfFirewall(pf);
  throw new UsageError('say --nft TABLE SET, or --pf TABLE');
}

async function follow(
  firewall: Firewall,
  ask: () => Promise<Wanted>,
  { interval, full, once = false }: Options,
  io: Io,
  out: Output,
): Promise<void> {
  using interrupt = new Interrupt();
  const stop = interrupt.signal;
  const log = logTo(io.stderr);
  const mirror = new Mirror(firewall);
  // Aborted by SIGHUP, to end the pause early.
  let woken = new AbortController();
  stop.addEventListener('abort', () => woken.abort());
  // When the sets are to be written whole again, Unix seconds.
  let renewed = 0;
  const onHangUp = (): void => {
    renewed = 0;
    woken.abort();
  };
  process.on('SIGHUP', onHangUp);
  let retry = FIRST_RETRY;
  let trouble = '';
  try {
    while (!stop.aborted) {
      woken = new AbortController();
      const begin = systemClock.monotonic();
      let pause: number;
      try {
        const now = Math.floor(systemClock.now());
        if (now >= renewed) mirror.forget();
        if (mirror.isUnknown) renewed = now + full;
        // Two intervals more, so that no element ends before its new time is written.
        await update(mirror, await ask(), renewed + 2 * interval, out);
        if (once) return;
        if (trouble !== '') log('all is well again');
        trouble = '';
        retry = FIRST_RETRY;
        pause = Math.max(interval, SHARE * (systemClock.monotonic() - begin));
      } catch (error) {
        if (once || error instanceof NoProgramError) throw error;
        // It is not known what a command that failed halfway has done.
        mirror.forget();
        const { line } = failureOf(error);
        if (line !== trouble) log(`${line}; trying again`);
        trouble = line;
        pause = retry;
        retry = Math.min(LAST_RETRY, retry * 2);
      }
      await sleep(systemClock, pause, woken.signal);
    }
  } finally {
    process.off('SIGHUP', onHangUp);
  }
}

async function update(mirror: Mirror, wanted: Wanted, renewed: number, out: Output): Promise<void> {
  const now = Math.floor(systemClock.now());
  if (mirror.isUnknown) {
    const plan = mirror.full(wanted, now);
    await run(plan);
    mirror.noteFull(wanted, now);
    await report(out, plan, wanted.leftOut, true, now);
    return;
  }
  const plan = mirror.changes(wanted, now, renewed);
  await run(plan);
  mirror.noteChanges(plan.changes, now);
  if (plan.differences.some(({ added, deleted }) => added + deleted > 0)) await report(out, plan, 0, false, now);
}

async function run({ calls }: Plan): Promise<void> {
  for (const call of calls) await runProgram(call);
}

function report(out: Output, { differences }: Plan, leftOut: number, isFull: boolean, now: number): Promise<void> {
  const sets = Object.fromEntries(differences.map(({ kind, ...counts }) => [kind, counts]));
  return out.print({ time: now, full: isFull, ...sets, leftOut }, () => {
    const parts = differences.map(({ kind, held, added, deleted }) => {
      return isFull ? `${held} ${kind}` : `${kind} +${added} -${deleted}, now ${held}`;
    });
    const left = leftOut === 0 ? '' : `; ${leftOut} left out: no single address`;
    return [`${timeWords(now)} ${isFull ? 'written whole: ' : ''}${parts.join(isFull ? ', ' : '; ')}${left}`];
  });
}
