import { Command } from 'commander';
import { parseSpamdb } from '../spamdb/index.ts';
import { inputFrom, notEmpty } from './input/input.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { LineReports } from './terminal/line-reports.ts';
import { Output } from './terminal/output.ts';
import { counted } from './terminal/words.ts';

export function importCommand(io: Io): Command {
  return new Command('import')
    .description('imports the output of spamdb(8) or greydb(8) into the daemon; nothing of it is announced')
    .argument('[file]', 'a file with the output; - or none: stdin', '-')
    .addOption(controlOption())
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExit status: 1 if a line could not be read.\n\nExample:\n  ssh gateway spamdb | spamd-sync import',
    )
    .action(async (path: string, { control, json = false }: { control: string; json?: boolean }) => {
      const bad = new LineReports(io);
      const onBadLine = ({ message }: Error): void => bad.add(message);
      const input = notEmpty(await inputFrom(path, io), path);
      const report = await askDaemon(control, (greylist) => greylist.import(parseSpamdb(input, { onBadLine })));
      bad.end();
      const { grey, white, trapped, spamtraps, ignored } = report;
      const taken = `${counted(grey, 'tuple')}, ${white} white, ${trapped} trapped, ${counted(spamtraps, 'spamtrap')}`;
      await new Output(io.stdout, json).print({ ...report, bad: bad.count }, () => [
        `${taken}; ${ignored} expired or of no address; ${counted(bad.count, 'bad line')}`,
      ]);
      if (bad.count > 0) io.exit = EXIT.no;
    });
}
