import { Command } from 'commander';
import { OpensmtpdFilter } from '../adapters/opensmtpd.ts';
import type { Verdict } from '../index.ts';
import { askDaemon, controlOption } from './options/control.ts';
import type { Io } from './terminal/io.ts';
import { counted } from './terminal/words.ts';

/**
 * smtpd ends a filter by closing its input. A signal that is meant for a daemon must not end the filter, and smtpd with
 * it.
 */
const IGNORED = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

export function opensmtpdFilterCommand(io: Io): Command {
  return new Command('opensmtpd-filter')
    .description('asks the daemon about each recipient, as a filter that smtpd(8) of OpenSMTPD starts')
    .addOption(controlOption())
    .addHelpText(
      'after',
      `
If the daemon does not answer in five seconds, mail passes. The filter ignores signals, and ends only when smtpd ends.

Example, in smtpd.conf(5):
  filter "greylist" proc-exec "/usr/bin/spamd-sync opensmtpd-filter" user spamd-sync group spamd-sync
  listen on em0 filter "greylist"`,
    )
    .action(({ control }: { readonly control: string }) => filter(io, control));
}

async function filter(io: Io, control: string): Promise<void> {
  io.isServing = true;
  const ignore = (): void => {};
  for (const signal of IGNORED) process.on(signal, ignore);
  io.stdin.on('error', ignore);
  io.stdout.on('error', ignore);
  try {
    await askDaemon(control, async (greylist) => {
      const write = (line: string): void => void io.stdout.write(line);
      const filter = new OpensmtpdFilter(greylist, { write, onVerdict: troubleLog(io) });
      io.stdin.on('data', (chunk: Buffer) => filter.push(chunk));
      await new Promise<void>((resolve) => io.stdin.on('end', resolve).on('close', resolve));
    });
  } finally {
    for (const signal of IGNORED) process.off(signal, ignore);
  }
}

/**
 * Writes a line when the daemon does not answer any more, and one when it answers again. smtpd logs the stderr of a
 * filter.
 */
function troubleLog(io: Io): (verdict: Verdict) => void {
  let passed = 0;
  return ({ reason, error }) => {
    if (reason === 'error') {
      if (passed++ === 0) io.stderr.write(`mail passes without greylisting: ${error.message}\n`);
    } else if (passed > 0) {
      io.stderr.write(`greylisting again; ${counted(passed, 'recipient')} passed without\n`);
      passed = 0;
    }
  };
}
