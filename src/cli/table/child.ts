import { spawn } from 'node:child_process';

/** A program with its arguments, run without a shell, and its standard input. */
export interface ProgramCall {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
}

/** After how long a program that hangs is ended, milliseconds. */
const TIMEOUT_MS = 60_000;
/** How many characters of the error output of a program are kept. nft(8) repeats a whole script. */
const MAX_WORDS = 200;

/** The program does not exist, or this user may not run it. Another try would fail too. */
export class NoProgramError extends Error {}

/**
 * Runs a program to its end.
 *
 * @throws {NoProgramError} When it cannot be run at all.
 * @throws {Error} When it fails, with its error output.
 */
export function runProgram({ argv: [name, ...args], input }: ProgramCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: TIMEOUT_MS });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (words.length < MAX_WORDS) words += text.slice(0, MAX_WORDS);
    });
    // If a program ends before it has read everything, its exit status says why.
    child.stdin.on('error', () => {});
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(new NoProgramError(`cannot run ${name}: ${code === 'ENOENT' ? 'no such program' : code}`));
    });
    child.once('close', (status, signal) => {
      if (status === 0) return resolve();
      const said = words.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_WORDS);
      const ended = signal === null ? `exit status ${status}` : `ended by ${signal}`;
      reject(new Error(`${name}: ${said === '' ? ended : said}`));
    });
    child.stdin.end(input);
  });
}
