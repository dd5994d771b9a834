import { Command, CommanderError } from 'commander';
import { allowCommand, forgetCommand, trapCommand } from './addresses.ts';
import { bridgeCommand } from './bridge.ts';
import { candidatesCommand } from './candidates.ts';
import { decodeCommand } from './decode.ts';
import { diffCommand } from './diff.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { fingerprintCommand } from './fingerprint.ts';
import { followLogCommand } from './follow-log.ts';
import { importCommand } from './import.ts';
import { keygenCommand } from './keygen.ts';
import { keysCommand } from './keys.ts';
import { listCommand } from './list.ts';
import { opensmtpdFilterCommand } from './opensmtpd-filter.ts';
import { peersCommand } from './peers.ts';
import { probesCommand } from './probes.ts';
import { releaseCommand } from './release.ts';
import { repairCommand } from './repair.ts';
import { seedCommand } from './seed.ts';
import { sendCommand } from './send.ts';
import { serveCommand } from './serve.ts';
import { spamtrapCommand } from './spamtrap.ts';
import { statsCommand } from './stats.ts';
import { tableCommand } from './table.ts';
import { tarpitCommand } from './tarpit.ts';
import { EXIT, failureOf } from './terminal/failure.ts';
import { wrapped } from './terminal/help-text.ts';
import type { Io } from './terminal/io.ts';
import { reportLine } from './terminal/report-line.ts';
import { escaped } from './terminal/words.ts';
import { traplistCommand } from './traplist.ts';
import { watchCommand } from './watch.ts';
import { whyCommand } from './why.ts';

const EXITS = `
Exit status: 0 all is well; 1 the answer is no, as the command's own help says; 2 the command line is wrong;
3 something that the command needs is not available: a file, a port, a daemon.`;

/** The whole command line. */
function program(version: string, io: Io): Command {
  const command = new Command('spamd-sync')
    .description(
      'Joins a spamd(8) sync group: keeps a greylist with the group, shows what it announces, and announces to it.',
    )
    .version(version, '-V, --version')
    .helpCommand('help [command]', 'shows the help of a command')
    .addHelpText('after', EXITS)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(wrapped(text, io.stdout.columns)),
      writeErr: (text) => void io.stderr.write(wrapped(text, io.stderr.columns)),
      // One line, in the same form as every other error.
      outputError: (text) =>
        void io.stderr.write(
          `${escaped(text)
            .trim()
            .replace(/^error: /, 'spamd-sync: ')
            .replaceAll('\n', ' ')}\n`,
        ),
    });
  const commands = [
    serveCommand,
    listCommand,
    statsCommand,
    whyCommand,
    watchCommand,
    peersCommand,
    keysCommand,
    doctorCommand,
    sendCommand,
    seedCommand,
    bridgeCommand,
    diffCommand,
    allowCommand,
    trapCommand,
    forgetCommand,
    releaseCommand,
    spamtrapCommand,
    importCommand,
    exportCommand,
    tableCommand,
    traplistCommand,
    candidatesCommand,
    probesCommand,
    opensmtpdFilterCommand,
    followLogCommand,
    tarpitCommand,
    decodeCommand,
    repairCommand,
    keygenCommand,
    fingerprintCommand,
  ];
  for (const make of commands) command.addCommand(withSettings(make(io), command));
  return command;
}

/** Gives a command, and those below it, the settings that say how errors are reported. */
function withSettings(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const sub of command.commands) withSettings(sub, from);
  return command;
}

/** Runs the command line. Resolves to the exit status of the process. */
export async function run(version: string, io: Io, args: readonly string[]): Promise<number> {
  let options: readonly string[] = [];
  try {
    await program(version, io)
      .hook('preAction', (_, command) => {
        options = command.options.flatMap(({ long }) => long ?? []);
      })
      .parseAsync(args, { from: 'user' });
    return io.exit;
  } catch (error) {
    // Commander has reported the error, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { line, exit } = failureOf(error, options);
    reportLine(io, line);
    return exit;
  }
}
