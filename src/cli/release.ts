import { Command } from 'commander';
import type { Attempt, Released } from '../index.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { EXIT, UsageError } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

interface Options {
  readonly control: string;
  readonly helo?: string;
  readonly from?: string;
  readonly to?: string;
  readonly endsTrap?: boolean;
  readonly json?: boolean;
}

const WORDS: Readonly<Record<Released, string>> = {
  released: 'is white from now on',
  white: 'is white already',
  trapped: 'is trapped, and stays so: see --ends-trap',
  unknown: 'does not wait: no such tuple is remembered',
};

/** Lets a waiting client pass. */
export function releaseCommand(io: Io): Command {
  return new Command('release')
    .description('lets a client that waits for its passtime pass at once, on this host and in the group')
    .argument('<address>', 'the IPv4 or IPv6 address of the client')
    .option('--helo <helo>', 'the HELO of a tuple: release the client only if this tuple waits')
    .option('--from <sender>', 'the sender of that tuple; "<>" for the null sender')
    .option('--to <recipient>', 'the recipient of that tuple')
    .option('--ends-trap', 'end a trap of the client, as allow does')
    .addOption(controlOption())
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
--helo, --from and --to have to be given together.

Exit status: 1 if the client is trapped, or does not wait.

Examples:
  spamd-sync release 198.51.100.7
  spamd-sync release 198.51.100.7 --helo mx.example.org --from alice@example.org --to bob@example.net`,
    )
    .action(async (ip: string, options: Options) => {
      const { control, endsTrap = false, json = false } = options;
      const waiting = waitingOf(ip, options);
      const outcome = await askDaemon(control, (greylist) => greylist.release(waiting, { endsTrap }));
      await new Output(io.stdout, json).print({ ip, outcome }, () => [`${ip} ${WORDS[outcome]}`]);
      if (outcome === 'trapped' || outcome === 'unknown') io.exit = EXIT.no;
    });
}

/** @throws {UsageError} For an incomplete tuple. */
function waitingOf(ip: string, { helo, from, to }: Options): string | Attempt {
  if (helo === undefined && from === undefined && to === undefined) return ip;
  if (helo === undefined || from === undefined || to === undefined) {
    throw new UsageError('a tuple has --helo, --from and --to');
  }
  return { ip, helo, from, to };
}
