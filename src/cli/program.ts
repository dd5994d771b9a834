import { Command, CommanderError } from 'commander';
import { decodeCommand } from './decode.ts';
import { EXIT, failureOf } from './failure.ts';
import { fingerprintCommand } from './fingerprint.ts';
import type { Io } from './io.ts';
import { keygenCommand } from './keygen.ts';

const EXITS = `
Exit status: 0 all is well; 1 the answer is no, as the command's own help says; 2 the command line is wrong;
3 what the command needs cannot be had: a file, a port, a daemon.`;

/** The whole command line. */
function program(version: string, io: Io): Command {
  const command = new Command('spamd-sync')
    .description('Joins a spamd(8) sync group: shows, explains, sends and keeps what the group announces.')
    .version(version, '-V, --version')
    .helpCommand('help [command]', 'the help of a command')
    .addHelpText('after', EXITS)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // One line, in the form of every other mistake.
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'spamd-sync: ')
            .replaceAll('\n', ' ')}\n`,
        ),
    });
  for (const sub of [decodeCommand(io), keygenCommand(io), fingerprintCommand(io)]) {
    command.addCommand(sub.copyInheritedSettings(command));
  }
  return command;
}

/** Runs the command line, and says how the process is to end. */
export async function run(version: string, io: Io, args: readonly string[]): Promise<number> {
  try {
    await program(version, io).parseAsync(args, { from: 'user' });
    return io.exit;
  } catch (error) {
    // Commander has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { line, exit } = failureOf(error);
    io.stderr.write(`spamd-sync: ${line}\n`);
    return exit;
  }
}
