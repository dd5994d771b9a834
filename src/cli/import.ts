import { Command } from 'commander';
import { parseSpamdb } from '../spamdb/index.ts';
import { inputFrom } from './input/input.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { Output } from './terminal/output.ts';
import { reportLine } from './terminal/report-line.ts';
import { counted } from './terminal/words.ts';

export function importCommand(io: Io): Command {
  return new Command('import')
    .description('takes in what spamdb(8) or greydb(8) printed; nothing of it is announced')
    .argument('[file]', 'its output; - or none: stdin', '-')
    .addOption(controlOption())
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExit status: 1 where a line could not be read.\n\nExample:\n  ssh gateway spamdb | spamd-sync import',
    )
    .action(async (path: string, { control, json = false }: { control: string; json?: boolean }) => {
      let bad = 0;
      const onBadLine = ({ message }: Error): void => {
        bad++;
        reportLine(io, message);
      };
      const input = await inputFrom(path, io);
      const report = await askDaemon(control, (greylist) => greylist.import(parseSpamdb(input, { onBadLine })));
      const { grey, white, trapped, spamtraps, ignored } = report;
      const taken = `${counted(grey, 'tuple')}, ${white} white, ${trapped} trapped, ${counted(spamtraps, 'spamtrap')}`;
      await new Output(io.stdout, json).print({ ...report, bad }, () => [
        `${taken}; ${ignored} expired or of no address; ${counted(bad, 'bad line')}`,
      ]);
      if (bad > 0) io.exit = EXIT.no;
    });
}
