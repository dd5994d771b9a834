import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { RemoteGreylist } from '../socket/index.ts';
import { duration, ipAddresses } from './options/arguments.ts';
import { askDaemon, controlOption } from './options/control.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { timeWords } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly for?: number;
  readonly by?: string;
  readonly json?: boolean;
}

type Claim = (greylist: RemoteGreylist, ip: string, expires: number | undefined, options: Options) => Promise<void>;

/** Makes addresses white. */
export function allowCommand(io: Io): Command {
  const allow: Claim = (greylist, ip, expires) => greylist.allow(ip, { expires });
  return claimCommand(io, 'allow', 'makes addresses white, on this host and in the group', 'white', allow).addHelpText(
    'after',
    '\nExample:\n  spamd-sync allow --for 90d 192.0.2.25',
  );
}

/** Traps addresses. */
export function trapCommand(io: Io): Command {
  const trap: Claim = (greylist, ip, expires, { by }) => greylist.trap(ip, { expires, by });
  return claimCommand(io, 'trap', 'traps addresses, on this host and in the group', 'trapped', trap)
    .option('--by <text>', 'who traps the addresses and why; kept as evidence, shown by why')
    .addHelpText('after', '\nExample:\n  spamd-sync trap 198.51.100.66 --by "alice: report 17"');
}

/** Forgets that addresses are white or trapped. */
export function forgetCommand(io: Io): Command {
  return new Command('forget')
    .description(
      'forgets that addresses are white or trapped, on this host and on the hosts of the group that know removals',
    )
    .argument('<address...>', 'IPv4 or IPv6 addresses', ipAddresses)
    .addOption(controlOption())
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  spamd-sync forget 198.51.100.66')
    .action(async (ips: readonly string[], { control, json = false }: Options) => {
      const out = new Output(io.stdout, json);
      await askDaemon(control, async (greylist) => {
        for (const ip of ips) {
          await greylist.forget(ip);
          await out.print({ ip, forgotten: true }, () => [`${ip} is forgotten`]);
        }
      });
    });
}

function claimCommand(io: Io, name: string, what: string, becomes: string, claim: Claim): Command {
  return new Command(name)
    .description(what)
    .argument('<address...>', 'IPv4 or IPv6 addresses', ipAddresses)
    .option(
      '--for <duration>',
      'how long the decision holds, as 4h or 36d; without it, as long as the policy of the daemon says',
      duration,
    )
    .addOption(controlOption())
    .option('--json', 'one JSON object a line')
    .action(async (ips: readonly string[], options: Options) => {
      const { control, for: seconds, json = false } = options;
      const out = new Output(io.stdout, json);
      const expires = seconds === undefined ? undefined : Math.floor(systemClock.now()) + seconds;
      await askDaemon(control, async (greylist) => {
        for (const ip of ips) {
          await claim(greylist, ip, expires, options);
          const holds = expires === undefined ? '' : ` until ${timeWords(expires)}`;
          await out.print({ ip, becomes, expires }, () => [`${ip} is ${becomes}${holds}`]);
        }
      });
    });
}
