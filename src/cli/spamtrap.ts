import { Command } from 'commander';
import type { RemoteGreylist } from '../socket/index.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

interface Options {
  readonly control: string;
  readonly json?: boolean;
}

export function spamtrapCommand(io: Io): Command {
  const command = new Command('spamtrap').description(
    'lists, adds and deletes spamtraps: recipients that trap every client that writes to them',
  );
  command.addHelpText('after', '\nExample:\n  spamd-sync spamtrap add sales-1999@example.net');
  for (const sub of [listCommand(io), addCommand(io), deleteCommand(io)]) command.addCommand(sub);
  return command;
}

function listCommand(io: Io): Command {
  return common('list', 'lists the spamtraps').action(async ({ control, json = false }: Options) => {
    const out = new Output(io.stdout, json);
    await askDaemon(control, async (greylist) => {
      for await (const address of greylist.spamtraps.list()) await out.print({ address }, () => [address]);
    });
  });
}

function addCommand(io: Io): Command {
  return common('add', 'adds spamtraps')
    .argument('<address...>', 'mail addresses')
    .action((addresses: readonly string[], options: Options) =>
      each(io, addresses, options, async (greylist, address) => {
        await greylist.spamtraps.add(address);
        return 'is a spamtrap';
      }),
    );
}

function deleteCommand(io: Io): Command {
  return common('delete', 'deletes spamtraps; exit status 1 if an address was no spamtrap')
    .argument('<address...>', 'mail addresses')
    .action((addresses: readonly string[], options: Options) =>
      each(io, addresses, options, async (greylist, address) => {
        if (await greylist.spamtraps.delete(address)) return 'is no spamtrap any more';
        io.exit = EXIT.no;
        return 'was no spamtrap';
      }),
    );
}

function common(name: string, what: string): Command {
  return new Command(name).description(what).addOption(controlOption()).option('--json', 'one JSON object a line');
}

async function each(
  io: Io,
  addresses: readonly string[],
  { control, json = false }: Options,
  change: (greylist: RemoteGreylist, address: string) => Promise<string>,
): Promise<void> {
  const out = new Output(io.stdout, json);
  await askDaemon(control, async (greylist) => {
    for (const address of addresses) {
      const outcome = await change(greylist, address);
      await out.print({ address, outcome }, () => [`${address} ${outcome}`]);
    }
  });
}
