import { Command, Option } from 'commander';
import { serveMilter } from '../adapters/milter.ts';
import { servePolicy } from '../adapters/postfix.ts';
import { sleep, systemClock, within } from '../clock.ts';
import { Greylist, MemoryStore, type PolicyOptions, SpamdSyncError, SyncKey, SyncPeer } from '../index.ts';
import { LevelStore } from '../level/index.ts';
import { serveGreylist } from '../socket/index.ts';
import type { Store } from '../store/index.ts';
import { append, duration, linesOf, port } from './arguments.ts';
import { controlOption } from './control.ts';
import { UsageError } from './failure.ts';
import type { Io } from './io.ts';
import { type ListenAddress, listenAddress, listenWords } from './listen-address.ts';
import { entryWords } from './words.ts';

interface Options {
  readonly listen?: string;
  readonly target?: readonly string[];
  readonly key: string;
  readonly emptyKey?: boolean;
  readonly port?: number;
  readonly group?: string;
  readonly dialect: 'spamd' | 'greyd';
  readonly allow?: readonly string[];
  readonly store: string;
  readonly control: string;
  readonly policy?: ListenAddress;
  readonly milter?: ListenAddress;
  readonly passtime?: number;
  readonly greyexp?: number;
  readonly whiteexp?: number;
  readonly trapexp?: number;
  readonly exempt?: readonly string[];
  readonly alloweddomains?: string;
  readonly spamtraps?: string;
  readonly learn?: boolean;
  readonly stopTimeout: number;
  readonly verbose?: boolean;
}

/** How long the daemon before this one may take to let go of its directory, seconds. */
const LOCK_PATIENCE = 10;
const STATE = '/var/lib/spamd-sync';

export function serveCommand(io: Io): Command {
  return new Command('serve')
    .description(
      'the daemon: keeps the greylist in step with the group, and answers whoever asks on its control socket',
    )
    .option('-y, --listen <where>', 'an interface (joins the group there) or a local IPv4 address, as spamd -y')
    .option('-Y, --target <where>', 'a host, an address or an interface, also em0:2, as spamd -Y; repeatable', append)
    .option('-K, --key <file>', "the group's key file", '/etc/mail/spamd.key')
    .option('--empty-key', 'as spamd runs without a key file: authenticates nothing')
    .option('-p, --port <port>', 'the UDP port (default: 8025)', port)
    .option('--group <address>', 'the multicast group (default: 224.0.1.240)')
    .addOption(
      new Option('--dialect <dialect>', 'what runs at the targets').choices(['spamd', 'greyd']).default('spamd'),
    )
    .option('--allow <network>', 'accept from this address or prefix alone; repeatable', append)
    .option('--store <store>', 'memory, or level:DIRECTORY', `level:${STATE}`)
    .addOption(controlOption())
    .option('--policy <where>', 'answer Postfix and Exim there: unix:PATH or inet:HOST:PORT', listenAddress)
    .option('--milter <where>', 'answer Postfix, Sendmail and others there, as a milter', listenAddress)
    .option('--passtime <duration>', 'after how long a retry passes (default: 25m)', duration)
    .option('--greyexp <duration>', 'how long a tuple is remembered (default: 4h)', duration)
    .option('--whiteexp <duration>', 'how long an address stays white (default: 36d)', duration)
    .option('--trapexp <duration>', 'how long an address stays trapped (default: 24h)', duration)
    .option('--exempt <file>', 'a file of addresses and prefixes that always pass; repeatable', append)
    .option('--alloweddomains <file>', 'a file of the domains that mail is taken for, as spamd.alloweddomains')
    .option('--learn', 'pass all mail, and count, record and announce what it would be; see docs/greylist.md')
    .option('--spamtraps <file>', 'a file of spamtraps, which are added to those known')
    .option('--stop-timeout <duration>', 'how long to take to stop', duration, 10)
    .option('-v, --verbose', 'a line for each entry and drop')
    .addHelpText(
      'after',
      `
The daemon runs until SIGTERM or SIGINT, and then answers what was asked and writes what is left.

Example:
  spamd-sync serve -y em0 -Y em0 -Y mx2.example.org --store level:/var/lib/spamd-sync`,
    )
    .action((options: Options) => serve(io, options));
}

async function serve(io: Io, options: Options): Promise<void> {
  if (options.listen === undefined && options.target === undefined) {
    throw new UsageError('neither -y nor -Y: it would receive nothing and announce nothing');
  }
  const log = (line: string): void => {
    io.stdout.write(`${new Date(systemClock.now() * 1000).toISOString()} ${line}\n`);
  };
  const open: Closable[] = [];
  io.isServing = true;
  const stop = stopSignal();
  stop.addEventListener('abort', () => log(`${stop.reason}: stopping`));
  const ended = new Promise<void>((resolve, reject) => {
    stop.addEventListener('abort', () => resolve());
    io.stdout.once('error', (cause) => reject(new Error(`cannot print: ${cause.message}`, { cause })));
  });
  ended.catch(() => {});
  try {
    const { failed } = await start(options, open, log, stop);
    await Promise.race([ended, failed]);
  } catch (error) {
    // What it waited for while it started was given up.
    if (!stop.aborted) throw error;
  } finally {
    const late = (): Error => new Error(`not stopped in ${options.stopTimeout} s`);
    await within(systemClock, closeAll(open), options.stopTimeout, late);
  }
  log('stopped');
}

interface Closable {
  close(): unknown;
}

/**
 * In the reverse of the order in which they were opened: each needs those before it. One that fails leaves none open.
 *
 * @throws What the first threw that failed.
 */
async function closeAll(open: readonly Closable[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of open.toReversed()) {
    try {
      await one.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * @param open Takes what was opened, also where that fails halfway.
 * @returns What rejects when the peer fails.
 */
async function start(
  options: Options,
  open: Closable[],
  log: (line: string) => void,
  stop: AbortSignal,
): Promise<{ failed: Promise<never> }> {
  const rules = await policyOf(options);
  const key = options.emptyKey ? SyncKey.none() : await SyncKey.fromFile(options.key);
  const store = await openStore(options.store, log, stop);
  open.push(store);
  const peer = await SyncPeer.open({
    key,
    listen: options.listen ?? false,
    targets: (options.target ?? []).map((host) => ({ host, dialect: options.dialect })),
    port: options.port,
    group: options.group,
    allow: options.allow,
    signal: stop,
  });
  open.push(peer);
  peer.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
  // Listened to until the end: without a listener a second error would end the process before the store is closed.
  const failed = new Promise<never>((_, reject) => peer.on('error', reject));
  failed.catch(() => {});
  if (options.verbose) logTraffic(peer, log);
  const greylist = new Greylist({ store, group: peer, policy: rules });
  open.push(greylist);
  greylist.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
  if (options.spamtraps !== undefined) {
    for (const address of await linesOf(options.spamtraps)) await greylist.spamtraps.add(address);
  }
  const served = await serveGreylist(greylist, options.control);
  open.push(served);
  if (options.policy !== undefined) {
    const policy = await servePolicy(greylist, options.policy);
    open.push(policy);
    log(`policy server on ${listenWords(policy.address)}`);
  }
  if (options.milter !== undefined) {
    const milter = await serveMilter(greylist, options.milter);
    open.push(milter);
    log(`milter on ${listenWords(milter.address)}`);
  }
  const { tuples, addresses, spamtraps } = await store.stats();
  log(`${options.store}: ${tuples} tuples, ${addresses} addresses, ${spamtraps} spamtraps`);
  const { address, port: bound } = peer.address;
  const where = options.listen === undefined ? 'sending from' : 'listening on';
  log(`${where} ${address}:${bound}; control socket ${served.path}`);
  return { failed };
}

async function policyOf(options: Options): Promise<PolicyOptions> {
  const { passtime, greyexp, whiteexp, trapexp, exempt = [], alloweddomains } = options;
  const allowedDomains = alloweddomains === undefined ? undefined : await linesOf(alloweddomains);
  // A path that does not look like one would be taken for an address.
  const files = exempt.map((path) => (/^\.{0,2}\//.test(path) ? path : `./${path}`));
  const mode = options.learn ? 'learn' : 'enforce';
  return { passtime, greyexp, whiteexp, trapexp, exempt: files, allowedDomains, mode };
}

/** @throws {UsageError} For what is not a store. */
async function openStore(store: string, log: (line: string) => void, stop: AbortSignal): Promise<Store> {
  if (store === 'memory') return new MemoryStore();
  const [, directory] = /^level:(.+)$/.exec(store) ?? [];
  if (directory === undefined) throw new UsageError(`--store: not memory or level:DIRECTORY: ${store}`);
  const begin = systemClock.monotonic();
  for (let tries = 0; ; tries++) {
    try {
      return await LevelStore.open(directory);
    } catch (error) {
      const locked = error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_STORE_LOCKED';
      if (!locked || systemClock.monotonic() - begin > LOCK_PATIENCE) throw error;
      if (tries === 0) log(`another process has ${directory}; waiting ${LOCK_PATIENCE} s for it to end`);
      await sleep(systemClock, 0.2, stop);
      stop.throwIfAborted();
    }
  }
}

function logTraffic(peer: SyncPeer, log: (line: string) => void): void {
  peer.on('entry', (entry, source) => {
    // A WHITE whose expiry is 0 is a freshness marker: it stands in front of old entries.
    if (entry.type !== 'white' || entry.expires > 0) log(`received ${entryWords(entry)} from ${source.address}`);
  });
  peer.on('drop', ({ reason, detail, source, size }) => {
    log(`dropped ${size} bytes from ${source.address}:${source.port}: ${reason}: ${detail}`);
  });
}

/** Aborted by the first signal that asks the daemon to stop; the reason is its name. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(name));
  return stop.signal;
}
