import { spawn } from 'node:child_process';

/** A program with its arguments, no shell between, and what it reads. */
export interface ProgramCall {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
}

/** A program that hangs is ended after so long, milliseconds. */
const TIMEOUT_MS = 60_000;
/** So much is kept of what a program says about its failure, characters; nft(8) repeats a whole script. */
const MAX_WORDS = 200;

/** The program is not there, or is not for this user to run: another try comes to the same. */
export class NoProgramError extends Error {}

/**
 * Runs a program to its end.
 *
 * @throws {NoProgramError} When it cannot be run at all.
 * @throws {Error} When it fails, with what it said.
 */
export function runProgram({ argv: [name, ...args], input }: ProgramCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: TIMEOUT_MS });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (words.length < MAX_WORDS) words += text.slice(0, MAX_WORDS);
    });
    // A program that ends before it has read everything says by its status why.
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
