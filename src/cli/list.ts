import { Command, Option } from 'commander';
import { formatSpamdb } from '../spamdb/index.ts';
import { only, TYPES } from './export.ts';
import { askDaemon, controlOption } from './options/control.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';

interface Options {
  readonly control: string;
  readonly type?: string;
  readonly json?: boolean;
}

export function listCommand(io: Io): Command {
  return new Command('list')
    .description('lists the records that the daemon holds, as spamdb(8) does')
    .addOption(controlOption())
    .addOption(new Option('--type <type>', 'only records of this type').choices(TYPES))
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  spamd-sync list --type trapped | cut -d "|" -f 2')
    .action(async ({ control, type, json = false }: Options) => {
      const out = new Output(io.stdout, json);
      await askDaemon(control, async (greylist) => {
        const wanted = only(greylist.export(), type);
        if (json) for await (const record of wanted) await out.print(record, () => []);
        else for await (const chunk of formatSpamdb(wanted)) await out.write(chunk);
      });
    });
}
