import { Command, Option } from 'commander';
import { checkHost } from './doctor/checks.ts';
import { checkExchange } from './doctor/exchange-checks.ts';
import type { Finding } from './doctor/finding.ts';
import { listenFor } from './doctor/listening.ts';
import { duration } from './options/arguments.ts';
import {
  checkExchangeOptions,
  type ExchangeCliOptions,
  exchangeOption,
  exchangeWithOption,
} from './options/exchange.ts';
import {
  type GroupOptions,
  keyOptions,
  listenOptions,
  SPAMD_GROUP,
  targetOptions,
  targetsOf,
} from './options/group.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { type Mark, Output } from './terminal/output.ts';

interface Options extends GroupOptions, ExchangeCliOptions {
  readonly for: number;
  readonly offline?: boolean;
  readonly json?: boolean;
}

const MARKS: Readonly<Record<Finding['severity'], Mark>> = { ok: 'good', warning: 'bold', bad: 'bad' };

export function doctorCommand(io: Io): Command {
  const command = new Command('doctor').description(
    'checks this host, then listens, and says for each host of the group what is wrong and what to do about it',
  );
  return keyOptions(targetOptions(listenOptions(command)))
    .addOption(exchangeOption())
    .addOption(exchangeWithOption())
    .addOption(new Option('--for <duration>', 'how long to listen').argParser(duration).default(60, '1m'))
    .option('--offline', 'check only this host: neither connect nor listen')
    .option('--json', 'one JSON object a finding')
    .addHelpText(
      'after',
      `
Give it the options of the daemon. It connects to each --exchange-with, unless --offline is given. It sends nothing else
that leaves this host. Ctrl-C ends the listening, and the doctor reports what it has heard so far.

Exit status: 1 if a finding is bad.

Example:
  spamd-sync doctor -y em0 -Y em0 -Y mx2.example.org --for 5m`,
    )
    .action((options: Options) => doctor(io, options));
}

async function doctor(io: Io, options: Options): Promise<void> {
  const { listen, json = false, offline = false, group = SPAMD_GROUP } = options;
  if (listen === undefined && targetsOf(options).length === 0)
    throw new UsageError('neither -y nor -Y: what should be checked?');
  checkExchangeOptions(options);
  const out = new Output(io.stdout, json);
  let printed = Promise.resolve();
  const report = (found: Finding): void => {
    if (found.severity === 'bad') io.exit = EXIT.no;
    printed = printed.then(() => out.print(found, () => lines(found, out)));
    // An error is thrown at the end, by `await printed`.
    printed.catch(() => {});
  };
  const { key, peer } = await checkHost(options, report);
  try {
    if (key !== undefined) await checkExchange(options, key, offline, report);
    if (peer !== undefined && listen !== undefined && !offline) {
      using interrupt = new Interrupt();
      if (io.stderr.isTTY) io.stderr.write(`listening for ${options.for} s\n`);
      for (const found of await listenFor(peer, group, options.for, interrupt.signal)) report(found);
    }
  } finally {
    await peer?.close();
  }
  await printed;
}

function* lines({ check, severity, message, remedy }: Finding, out: Output): Generator<string, void> {
  yield `${out.marked(MARKS[severity], severity.padEnd(7))} ${check}: ${message}`;
  if (remedy !== undefined) yield `        ${remedy}`;
}
