import { Command } from 'commander';
import { LevelStore } from '../level/index.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { counted } from './terminal/words.ts';

export function repairCommand(io: Io): Command {
  return new Command('repair')
    .description('saves what can be read of a damaged store, the directory of --store level:DIRECTORY')
    .argument('<directory>', 'the directory of the store; no daemon may have it open')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Copy the directory first. The command moves damaged files to the folder "lost" in the directory.

Example:
  cp -a /var/lib/spamd-sync /var/lib/spamd-sync.damaged && spamd-sync repair /var/lib/spamd-sync`,
    )
    .action(async (directory: string, { json = false }: { json?: boolean }) => {
      const { lost, dropped, ...kept } = await LevelStore.repair(directory);
      await new Output(io.stdout, json).print({ directory, kept, dropped, lost }, () => [
        `${directory}: kept ${countsWords(kept)}`,
        `${counted(dropped, 'record')} could not be read and ${dropped === 1 ? 'is' : 'are'} gone`,
        lost === undefined
          ? 'how many there were before cannot be known'
          : `${countsWords(lost)} fewer than were acknowledged last`,
      ]);
    });
}

interface Counts {
  readonly tuples: number;
  readonly addresses: number;
  readonly spamtraps: number;
}

function countsWords({ tuples, addresses, spamtraps }: Counts): string {
  return `${counted(tuples, 'tuple')}, ${counted(addresses, 'address', 'addresses')}, ${counted(spamtraps, 'spamtrap')}`;
}
