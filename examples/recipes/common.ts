/** What the recipes share: where to send, told with spamd's own options, and one clear line when something cannot be done. */
import { type Dialect, type Entry, type SeedProgress, type SeedReport, SyncKey, SyncPeer } from 'spamd-sync';

export const SEND_OPTIONS = {
  target: { type: 'string', short: 'Y', multiple: true },
  key: { type: 'string', short: 'K' },
  port: { type: 'string', short: 'p' },
  dialect: { type: 'string' },
  rate: { type: 'string' },
} as const;

export interface SendArguments {
  readonly target?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly port?: string | undefined;
  readonly dialect?: string | undefined;
  readonly rate?: string | undefined;
}

/**
 * Datagrams a second, as the library's own default: a real spamd that is sent more than it can write while it
 * scans its database hangs for good.
 */
const RATE = '4';

/** Sends entries to the targets that the arguments name, and says how many. */
export async function send(
  entries: AsyncIterable<Entry>,
  { target = [], key, port, dialect = 'spamd', rate = RATE }: SendArguments,
): Promise<string> {
  if (target.length === 0) throw new Error('no target: name one with -Y');
  const peer = await SyncPeer.open({
    key: await SyncKey.fromFile(key ?? '/etc/mail/spamd.key'),
    listen: false,
    targets: target.map((host) => ({ host, dialect: dialect as Dialect })),
    ...(port === undefined ? {} : { port: whole('-p', port, 1, 65_535) }),
  });
  try {
    const unknown = peer.health().targets.find(({ address }) => address === undefined);
    if (unknown !== undefined) throw new Error(`target ${unknown.target}: no such host, and no such interface`);
    return summary(await peer.seed(entries, { rate: whole('--rate', rate, 1, 10_000), onProgress }));
  } finally {
    await peer.close();
  }
}

function onProgress({ entries, datagrams }: SeedProgress): void {
  if (datagrams % 100 === 0) console.error(`${entries} entries so far, in ${datagrams} datagrams`);
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
export function input(): NodeJS.ReadStream {
  if (process.stdin.isTTY) throw new Error('nothing on standard input');
  return process.stdin;
}

export function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw new Error(`${name}: not a whole number ${least}..${most}: ${JSON.stringify(text)}`);
}

/** Runs a recipe: what it cannot do it says in one line, and exits with 1. */
export function run(name: string, usage: string, recipe: (args: string[]) => Promise<void>): void {
  // Whoever reads the first lines only, as head(1) does, has seen enough.
  process.stdout.on('error', () => process.exit());
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) console.log(usage);
  else {
    recipe(args).catch((error: unknown) => {
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}; see --help`);
      process.exitCode = 1;
    });
  }
}
