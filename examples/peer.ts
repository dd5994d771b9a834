/**
 * A member of a spamd sync group on the command line, with spamd's own options. `npm run peer` runs it; without arguments
 * it shows two peers that announce to each other on loopback.
 */
import { parseArgs } from 'node:util';
import { type Dialect, type Entry, Greylist, type Source, SpamdSyncError, SyncKey, SyncPeer } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import { demonstrate } from './demonstration.ts';
import { reasonOf } from './reason.ts';

const USAGE = `usage: npm run peer -- [-y listen] [-Y target]... [-K keyfile | --no-key] [-p port]
                    [--dialect spamd|greyd] [--group address] [--state directory]

  -y  where to listen: an interface (joins the multicast group there) or a local IPv4 address
  -Y  where to send: a host name, an IPv4 address, an interface (em0) or an interface with TTL (em0:2); repeatable
  -K  the group's key file, by default /etc/mail/spamd.key
  -p  UDP port, by default 8025
  --no-key   run without a key, as spamd does without a key file: authenticates nothing
  --dialect  what runs at the targets: spamd (default) or greyd
  --group    multicast group, by default 224.0.1.240 (greyd's own default is 224.0.1.241)
  --state    keeps what it receives as a greylist in this directory (LevelDB), over restarts

With no arguments: two peers on loopback that show each other signed GREY, WHITE and TRAPPED entries.`;

const OPTIONS = {
  listen: { type: 'string', short: 'y' },
  target: { type: 'string', short: 'Y', multiple: true },
  key: { type: 'string', short: 'K' },
  port: { type: 'string', short: 'p' },
  'no-key': { type: 'boolean' },
  dialect: { type: 'string' },
  group: { type: 'string' },
  state: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  // npm keeps options to itself that are not behind a --, and hands on what followed them.
  if (positionals.length > 0)
    throw new Error(`unexpected argument '${positionals[0]}'; with npm, options go behind --`);
  endOnClosedPipe();
  if (values.help) console.log(USAGE);
  else if (Object.keys(values).length === 0) await demonstrate(log, closeOnSignal);
  else await run(values);
}

async function run(values: Arguments): Promise<void> {
  if (values.key !== undefined && values['no-key']) throw new Error('-K and --no-key exclude each other');
  const key = values['no-key'] ? SyncKey.none() : await SyncKey.fromFile(values.key ?? '/etc/mail/spamd.key');
  const port = values.port === undefined ? undefined : portOf(values.port);
  const peer = await SyncPeer.open({
    key,
    listen: values.listen ?? false,
    targets: (values.target ?? []).map((host) => ({ host, dialect: (values.dialect ?? 'spamd') as Dialect })),
    port,
    group: values.group,
  });
  if (values.listen === undefined && values.target === undefined) {
    await peer.close();
    throw new Error('neither -y nor -Y: it would receive nothing and announce nothing');
  }
  log('', peer);
  const state = values.state === undefined ? undefined : await openState(values.state, peer);
  closeOnSignal(state === undefined ? [peer] : [state, peer]);
  const { address, port: bound } = peer.address;
  if (values.listen === undefined)
    console.log(`sending from ${address}:${bound}; without -y this peer receives nothing`);
  else console.log(`listening on ${address}:${bound}, receive buffer ${peer.stats().receiveBuffer} bytes`);
  for (const { target, address: to, dialect } of peer.health().targets) {
    if (to !== undefined) console.log(`target ${target} (${to}, ${dialect})`);
    else console.error(`warning: target ${target}: no such host or interface; looked up again every 30 seconds`);
  }
}

interface Closable {
  close(): Promise<void>;
}

/** A greylist that takes in what the peer receives, in a directory. */
async function openState(directory: string, peer: SyncPeer): Promise<Closable> {
  try {
    const store = await LevelStore.open(directory);
    const greylist = new Greylist({ store, group: peer });
    greylist.on('warning', ({ message }) => console.error(`warning: ${message}`));
    const { tuples, addresses, spamtraps } = await store.stats();
    console.log(`state in ${directory}: ${tuples} tuples, ${addresses} addresses, ${spamtraps} spamtraps`);
    return { close: () => greylist.close().then(() => store.close()) };
  } catch (error) {
    await peer.close();
    throw error;
  }
}

function portOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new SpamdSyncError('ERR_SPAMD_OPTION', `-p: not a port: ${quoted(text)}`);
}

/** Prints what a peer receives, an entry or a drop a line. */
function log(name: string, peer: SyncPeer): void {
  peer.on('entry', (entry, source) => {
    // A WHITE whose expiry is 0 is a freshness marker: it stands in front of old entries.
    if (entry.type !== 'white' || entry.expires > 0) console.log(`${name}${received(entry, source)}`);
  });
  peer.on('drop', ({ reason, detail, source, size }) => {
    console.log(`${name}dropped ${size} bytes from ${source.address}:${source.port}: ${reason}: ${detail}`);
  });
  peer.on('warning', ({ message }) => console.error(`${name}warning: ${message}`));
}

/** An entry in spamd's words. */
function received(entry: Entry, { address }: Source): string {
  const from = `from ${address}`;
  switch (entry.type) {
    case 'grey':
      return `received GREY ${from}: ip ${entry.ip} helo ${quoted(entry.helo)} from ${quoted(entry.from)} to ${quoted(entry.to)}`;
    case 'white':
    case 'trapped':
      return `received ${entry.type.toUpperCase()} ${from}: ip ${entry.ip} until ${new Date(entry.expires * 1000).toISOString()}`;
    default:
      return `received ${entry.type} ${from}: ip ${entry.ip}`;
  }
}

/** A client's string as a terminal may show it. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

let closeAll = async (): Promise<void> => {};

/** Closes them in turn, so that a greylist has what its peer received last. */
function closeOnSignal(open: readonly Closable[]): void {
  closeAll = async () => {
    for (const one of open) await one.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void closeAll());
}

/** A reader that has seen enough, as head(1), closes the pipe: that ends the program and is not a failure. */
function endOnClosedPipe(): void {
  let ending = false;
  const end = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (ending) return;
    ending = true;
    void closeAll().finally(() => process.exit());
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
}

main().catch((error: unknown) => {
  console.error(`spamd-sync: ${reasonOf(error)}; see --help`);
  process.exitCode = 1;
});
