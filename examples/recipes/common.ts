/** What the recipes share: one clear line when something cannot be done. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endOnClosedPipe } from '../pipe.ts';
import { reasonOf } from '../reason.ts';

/** What surrounds a recipe: a process, or a program that calls it. */
export interface Surroundings {
  /** Standard input; `undefined` where it is a terminal. */
  readonly input: AsyncIterable<string | Uint8Array> | undefined;
  /** Prints a line of the result. */
  readonly print: (line: string) => void;
  /** Reports a line beside the result. */
  readonly report: (line: string) => void;
  /** Has a task run once the user interrupts. */
  readonly onInterrupt: (task: () => void) => void;
}

export type Recipe = (args: string[], surroundings: Surroundings) => Promise<void>;

/** A recipe with its arguments. Resolves to its exit status: 1 after one line with the reason. */
export type Command = (args: string[], surroundings: Surroundings) => Promise<number>;

export function command(name: string, usage: string, recipe: Recipe): Command {
  return async (args, surroundings) => {
    if (args.includes('--help') || args.includes('-h')) {
      surroundings.print(usage);
      return 0;
    }
    try {
      await recipe(args, surroundings);
      return 0;
    } catch (error) {
      surroundings.report(`${name}: ${reasonOf(error)}; see --help`);
      return 1;
    }
  };
}

/** Runs a command where its file is the program that was started, not imported by another. */
export async function runProgram(url: string, name: string, main: Command): Promise<void> {
  const [, started] = process.argv;
  if (started === undefined || realpathSync(started) !== fileURLToPath(url)) return;
  endOnClosedPipe(name);
  process.exitCode = await main(process.argv.slice(2), {
    input: process.stdin.isTTY ? undefined : process.stdin,
    print: (line) => console.log(line),
    report: (line) => console.error(line),
    onInterrupt: (task) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, task);
    },
  });
}

export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Standard input, if something is piped into it. */
export function input({ input: piped }: Surroundings): AsyncIterable<string | Uint8Array> {
  if (piped === undefined) throw new Error('nothing on standard input');
  return piped;
}

/** Reports each line that cannot be read, and how many they were. Any client can spoil one, so they end nothing. */
export function badLines({ report }: Surroundings) {
  let count = 0;
  return {
    onBadLine: ({ message }: Error): void => {
      count++;
      report(`left out: ${message}`);
    },
    reportCount: (): void => {
      if (count > 0) report(`${counted(count, 'line', 'lines')} could not be read`);
    },
  };
}

export function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw new Error(`${name}: not a whole number ${min}..${max}: ${JSON.stringify(text)}`);
}
