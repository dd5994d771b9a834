import { dirname, resolve } from 'node:path';
import type { HttpCheck } from '../../adapters/http.ts';
import type { Exchange } from '../../exchange/index.ts';
import { Greylist, SpamdSyncError, SyncPeer } from '../../index.ts';
import { makeDirectory } from '../../make-directory.ts';
import { serveGreylist } from '../../socket/index.ts';
import { openStatus, type Status } from '../../status/index.ts';
import { linesOf } from '../options/arguments.ts';
import { keyFiles, placeOptions } from '../options/group.ts';
import { UsageError } from '../terminal/failure.ts';
import type { Log } from '../terminal/log.ts';
import { counted } from '../terminal/words.ts';
import { type Adapters, adapterWords, openAdapters } from './adapters.ts';
import { exchangeOf, exchangeWords } from './exchange.ts';
import { KeyFiles } from './key-files.ts';
import { policyOf, type ServeOptions } from './options.ts';
import { openStore, storePlace, storeWords } from './store.ts';
import { logTraffic } from './traffic-log.ts';

export interface Closable {
  close(): unknown;
}

/** The parts of a daemon. */
export interface Parts {
  readonly keys: KeyFiles;
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  /** What the daemon does, in words: where it listens, the control socket, and the page. */
  readonly words: string;
  /** Rejects when the peer fails, or the exchange cannot be opened. */
  readonly failed: Promise<never>;
}

/**
 * Opens all parts of a daemon, each of which needs those before it.
 *
 * @param open Gets the parts that were opened, also if it fails halfway.
 * @param stop Ends the waiting when it is aborted.
 */
export async function openParts(options: ServeOptions, open: Closable[], log: Log, stop: AbortSignal): Promise<Parts> {
  const policy = await policyOf(options);
  const keys = await KeyFiles.open(keyFiles(options), options.keyOverlap);
  open.push(keys);
  const place = storePlace(options.store);
  const store = await openStore(place, log, stop);
  open.push(store);
  const peer = await SyncPeer.open({ ...placeOptions(options), key: keys.keyring, signal: stop });
  open.push(peer);
  peer.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
  // The listener stays until the end: without it a second error would end the process before the store is closed.
  const peerFailed = new Promise<never>((_, reject) => peer.on('error', reject));
  peerFailed.catch(() => {});
  if (options.verbose) logTraffic(peer, log);
  const exchange = exchangeOf(options, { key: keys.keyring, group: peer, store: store.store }, log);
  const greylist = new Greylist({ store: exchange?.store ?? store.store, group: exchange ?? peer, policy });
  open.push(greylist);
  greylist.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
  await addSpamtraps(greylist, await spamtrapsOf(options));
  if (exchange !== undefined) open.push(exchange);
  // Needed when the daemon is started by hand. For a service the system has made the directory, for this user.
  await makeDirectory(dirname(resolve(options.control)), 0o750);
  const adapters = await openAdapters(options, greylist, open);
  const served = await serveGreylist(greylist, options.control, { peer, exchange, adapters: { ...adapters } });
  open.push(served);
  for (const words of adapterWords(adapters)) log(words);
  const status = await openPage(options, { peer, greylist, exchange, adapters }, log);
  if (status !== undefined) open.push(status);
  // This is not awaited: the exchange looks at all that the store holds, and mail is answered meanwhile.
  const failed = Promise.race([peerFailed, openExchange(exchange, greylist, options, log)]);
  failed.catch(() => {});
  const { tuples, addresses, spamtraps } = await store.store.stats();
  const held = [counted(tuples, 'tuple'), counted(addresses, 'address', 'addresses'), counted(spamtraps, 'spamtrap')];
  log(`${storeWords(place)}: ${held.join(', ')}`);
  const where = whereWords(peer, options);
  const page = status === undefined ? '' : `; ${status.url}`;
  return { keys, peer, greylist, words: `${where}; control socket ${served.path}${page}`, failed };
}

/**
 * Where the peer listens, in words. With an interface the socket is bound to all addresses, so the interface is named.
 */
function whereWords(peer: SyncPeer, { listen }: ServeOptions): string {
  const { address, port } = peer.address;
  if (listen === undefined) return `sending only, from port ${port}`;
  return address === listen ? `listening on ${address}:${port}` : `listening on ${listen}, port ${port}`;
}

/**
 * Reads keys, policy and lists again. If one of them cannot be read, nothing changes. The peer and the socket go on
 * meanwhile.
 */
export async function reloadParts(options: ServeOptions, { keys, greylist }: Parts): Promise<void> {
  const [policy, fresh, spamtraps] = await Promise.all([policyOf(options), keys.read(), spamtrapsOf(options)]);
  greylist.setPolicy(policy);
  keys.use(fresh);
  await addSpamtraps(greylist, spamtraps);
}

/**
 * Closes the parts in the reverse of the order in which they were opened, because each needs those before it. If one
 * fails, the others are closed all the same.
 *
 * @throws The error of the first part that failed.
 */
export async function closeAll(open: readonly Closable[]): Promise<void> {
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

/** Rejects if the exchange cannot be opened. Otherwise it never settles. */
async function openExchange(
  exchange: Exchange | undefined,
  greylist: Greylist,
  options: ServeOptions,
  log: Log,
): Promise<never> {
  if (exchange !== undefined) {
    await exchange.open(greylist);
    log(exchangeWords(exchange, options));
  }
  return new Promise(() => {});
}

/** Opens the page. For a demonstration, at another port if the usual one is taken. */
async function openPage(
  { http, httpName: names, demo = false }: ServeOptions,
  shown: {
    readonly peer: SyncPeer;
    readonly greylist: Greylist;
    readonly exchange: Exchange | undefined;
    readonly adapters: Adapters;
  },
  log: Log,
): Promise<Status | undefined> {
  const { http: check } = shown.adapters;
  if (http === undefined || check === undefined) return undefined;
  const local = new Map([['/check', (...asked: Parameters<HttpCheck['handle']>) => void check.handle(...asked)]]);
  try {
    return await openStatus({ ...shown, ...http, names, local });
  } catch (error) {
    if (!demo || !(error instanceof SpamdSyncError)) throw error;
    log(`${error.message}: taking another`);
    return openStatus({ ...shown, host: http.host, port: 0, names, local });
  }
}

/**
 * @throws {UsageError} For a line that is not a mail address. The error names the file. Nothing has been changed then.
 */
export async function spamtrapsOf({ spamtraps }: ServeOptions): Promise<readonly string[]> {
  if (spamtraps === undefined) return [];
  const addresses = await linesOf(spamtraps);
  await using tried = new Greylist();
  try {
    await addSpamtraps(tried, addresses);
  } catch (error) {
    throw new UsageError(`${spamtraps}: ${error instanceof Error ? error.message : error}`);
  }
  return addresses;
}

async function addSpamtraps(greylist: Greylist, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await greylist.spamtraps.add(address);
}
