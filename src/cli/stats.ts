import { Command } from 'commander';
import { askDaemon, controlOption } from './options/control.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

export function statsCommand(io: Io): Command {
  return new Command('stats')
    .description('shows what the daemon has counted since it was started')
    .addOption(controlOption())
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  spamd-sync stats | grep verdicts')
    .action(async ({ control, json = false }: { control: string; json?: boolean }) => {
      const stats = await askDaemon(control, (greylist) => greylist.stats());
      await new Output(io.stdout, json).print(stats, () => numbersIn(stats));
    });
}

/** A line for each number, with its path before it. */
function* numbersIn(value: object, path = ''): Generator<string, void> {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' && member !== null) yield* numbersIn(member, `${path}${name}.`);
    else yield `${path}${name} ${member}`;
  }
}
