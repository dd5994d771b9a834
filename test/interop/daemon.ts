import { execFile } from 'node:child_process';
import { chmod, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Dialect, Tuple } from 'spamd-sync';
import type { Program } from '../e2e/program.ts';

const run = promisify(execFile);
/** A database of 100,000 tuples is printed in some 10 MB. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Where a daemon lives and whom it talks to. */
export interface Place {
  /** The address of its SMTP port. */
  readonly address: string;
  /** As its `-y` would have it: an address for unicast, an interface for multicast. */
  readonly listen: string;
  /** As its `-Y` would have it. */
  readonly target: string;
  /** The command that runs another one there. */
  readonly inside: readonly string[];
  /** Whether it has started and listens. */
  ready(daemon: Daemon): Promise<boolean>;
}

/** An entry of a database, as spamdb(8) and greydb(8) print it; times are Unix seconds, 0 where there are none. */
export interface Row {
  readonly type: string;
  readonly ip: string;
  /** `helo|from|to`, in one piece: any of them may hold a bar. */
  readonly text: string;
  readonly first: number;
  readonly expires: number;
}

/** A real daemon, running. */
export interface Daemon extends AsyncDisposable {
  readonly dialect: Dialect;
  readonly address: string;
  readonly smtpPort: number;
  readonly syncPort: number;
  /** What is in its key file; `null`: it has none. */
  readonly key: string | null;
  readonly program: Program;
  /** The database, as its own program prints it. */
  rows(): Promise<Row[]>;
  /** Has its database program run, inside its place: prints nothing that is of interest. */
  database(...args: string[]): Promise<void>;
}

export type Start = (place: Place) => Promise<Daemon>;

/** What a database holds of one address. */
export async function rowsOf(daemon: Daemon, ip: string): Promise<Row[]> {
  return (await daemon.rows()).filter((row) => row.ip === ip);
}

export async function output(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [program = '', ...args] = command;
  const { stdout } = await run(program, args, { env, timeout: 30_000, maxBuffer: MAX_OUTPUT });
  return stdout;
}

export function parseRows(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [type = '', ip = '', ...rest] = line.split('|');
      if (type === 'GREY' || type === 'WHITE') {
        const [first, , expires] = rest.slice(-5).map(Number);
        return { type, ip, text: rest.slice(0, -5).join('|'), first: first ?? 0, expires: expires ?? 0 };
      }
      return { type, ip, text: '', first: 0, expires: Number(rest[0] ?? 0) };
    });
}

export function textOf({ helo, from, to }: Omit<Tuple, 'ip'>): string {
  return `${helo}|${from}|${to}`;
}

/** Waits until a daemon that was started listens. */
export async function ready(daemon: Daemon, place: Place): Promise<Daemon> {
  for (let tries = 0; tries < 100; tries++) {
    if (await place.ready(daemon)) return daemon;
    if (!daemon.program.running) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await daemon[Symbol.asyncDispose]();
  throw new Error(`the daemon did not start:\n${daemon.program.stdout}${daemon.program.stderr}`);
}

/** One that a daemon reaches after it has given up root, which it does not below a `TMPDIR` that is private. */
export async function temporaryDirectory(): Promise<string> {
  for (const place of [tmpdir(), '/tmp', '/var/tmp']) {
    if (!(await isReachable(place))) continue;
    const directory = await mkdtemp(join(place, 'spamd-sync-'));
    await chmod(directory, 0o711);
    return directory;
  }
  throw new Error(`no temporary directory that every user reaches: set TMPDIR, now ${tmpdir()}`);
}

/** Whether all users may pass through a directory and those above it. */
async function isReachable(directory: string): Promise<boolean> {
  const others = await stat(directory).then(
    ({ mode }) => (mode & 0o001) !== 0,
    () => false,
  );
  return others && (dirname(directory) === directory || isReachable(dirname(directory)));
}
