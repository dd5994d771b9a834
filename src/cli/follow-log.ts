import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { deliveredTo } from './follow-log/delivery-log.ts';
import { followFile } from './follow-log/follow-file.ts';
import { textLines } from './follow-log/text-lines.ts';
import { inputFrom } from './input/input.ts';
import { askDaemon, controlOption } from './options/control.ts';
import { failureOf } from './terminal/failure.ts';
import { Interrupt } from './terminal/interrupt.ts';
import type { Io } from './terminal/io.ts';
import { logTo } from './terminal/log.ts';
import { counted } from './terminal/words.ts';

interface Options {
  readonly control: string;
  readonly verbose?: boolean;
}

export function followLogCommand(io: Io): Command {
  return new Command('follow-log')
    .description("makes the hosts white that mail was delivered to, by a mail server's log, as spamlogd(8) does")
    .argument(
      '[file]',
      'the log, followed from its end, even if it is rotated or truncated; without it stdin, read to its end',
    )
    .addOption(controlOption())
    .option('-v, --verbose', 'a line for each delivery')
    .addHelpText(
      'after',
      `
The command reads the lines of Postfix and of OpenSMTPD, and ignores all others.

Examples:
  spamd-sync follow-log /var/log/mail.log
  journalctl -fu postfix@- -n 0 -o short | spamd-sync follow-log`,
    )
    .action((file: string | undefined, options: Options) => followLog(io, file, options));
}

async function followLog(io: Io, file: string | undefined, { control, verbose = false }: Options): Promise<void> {
  await askDaemon(control, async (greylist) => {
    let lost = 0;
    const log = logTo(io.stderr);
    for await (const line of textLines(file === undefined ? await inputFrom('-', io) : followUntilSignal(file))) {
      const ip = deliveredTo(line);
      if (ip === undefined) continue;
      try {
        const isWhite = await greylist.delivered(ip);
        if (lost > 0) log(`the daemon answers again; ${counted(lost, 'delivery was', 'deliveries were')} lost`);
        lost = 0;
        if (verbose) io.stdout.write(`${ip} is ${isWhite ? 'white' : 'trapped, and stays so'}\n`);
      } catch (error) {
        if (lost++ === 0) log(`deliveries are lost: ${failureOf(error).line}`);
      }
    }
  });
}

async function* followUntilSignal(file: string): AsyncGenerator<Buffer, void> {
  using interrupt = new Interrupt();
  yield* followFile(file, systemClock, interrupt.signal);
}
