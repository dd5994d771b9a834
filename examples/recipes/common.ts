/** What the recipes share: where to send, given with spamd's own options, and one clear line when something cannot be done. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Dialect,
  type Entry,
  type SeedProgress,
  type SeedReport,
  SpamdSyncError,
  SyncKey,
  SyncPeer,
} from 'spamd-sync';
import { readAll, type TextChunks } from 'spamd-sync/spamdb';
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

export const SEND_OPTIONS = {
  target: { type: 'string', short: 'Y', multiple: true },
  key: { type: 'string', short: 'K' },
  port: { type: 'string', short: 'p' },
  dialect: { type: 'string' },
  rate: { type: 'string' },
  whites: { type: 'string' },
} as const;

export interface SendArguments {
  readonly target?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly port?: string | undefined;
  readonly dialect?: string | undefined;
  readonly rate?: string | undefined;
  readonly whites?: string | undefined;
}

/** Sends entries to the targets that the arguments name, and gives a summary of how many. */
export async function send(
  entries: AsyncIterable<Entry>,
  { target = [], key, port, dialect = 'spamd', rate, whites = '0' }: SendArguments,
  report: Surroundings['report'],
): Promise<string> {
  const datagramsPerSecond = rate === undefined ? undefined : whole('--rate', rate, 1, 10_000);
  const known = whole('--whites', whites, 0, 4_294_967_295);
  if (target.length === 0) throw new Error('no target: name one with -Y');
  const peer = await SyncPeer.open({
    key: await SyncKey.fromFile(key ?? '/etc/mail/spamd.key'),
    listen: false,
    targets: target.map((host) => ({ host, dialect: dialect as Dialect })),
    ...(port === undefined ? {} : { port: whole('-p', port, 1, 65_535) }),
  });
  // Unless a rate is given the seed goes by this number: a spamd that is sent too much while it scans hangs for good.
  peer.noteWhites(known);
  try {
    const unknown = peer.health().targets.find(({ address }) => address === undefined);
    if (unknown !== undefined) throw new Error(`target ${unknown.target}: no such host, and no such interface`);
    const onProgress = ({ entries: read, datagrams }: SeedProgress): void => {
      if (datagrams % 100 === 0) report(`${read} entries so far, in ${datagrams} datagrams`);
    };
    return summary(await peer.seed(entries, { rate: datagramsPerSecond, onProgress }));
  } finally {
    await peer.close();
  }
}

function summary({ entries, datagrams, targets, skipped }: SeedReport): string {
  for (const { error } of targets) if (error !== undefined) throw error;
  const reasons = Object.entries(skipped).filter(([, count]) => count > 0);
  const left = reasons.map(([why, count]) => `${count} skipped (${why})`);
  const names = targets.map(({ target }) => target).join(', ');
  const sent = `${counted(entries, 'entry', 'entries')} for ${names}`;
  return [sent, `${counted(datagrams, 'datagram', 'datagrams')} sent`, ...left].join(', ');
}

export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Standard input, if something is piped into it. */
function input({ input: piped }: Surroundings): AsyncIterable<string | Uint8Array> {
  if (piped === undefined) throw new Error('nothing on standard input');
  return piped;
}

/**
 * Standard input to its end, for a recipe that sends slowly: spamdb(8) holds the lock of its database while it waits
 * for its reader, and spamd answers nobody meanwhile. Held in memory, 256 MiB at the most.
 */
export async function wholeInput(surroundings: Surroundings): Promise<TextChunks> {
  try {
    return await readAll(input(surroundings));
  } catch (error) {
    if (!(error instanceof SpamdSyncError) || error.code !== 'ERR_SPAMD_TOO_LONG') throw error;
    throw new Error('more than 256 MiB on standard input: send it in parts');
  }
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
