import { constants } from 'node:fs';
import { access, lstat, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Greylist, type Keyring, SyncPeer } from '../../index.ts';
import { LevelStore } from '../../level/index.ts';
import { RemoteGreylist } from '../../socket/index.ts';
import { exchangePort } from '../doctor/exchange-checks.ts';
import { keyFiles, placeOptions, SPAMD_PORT } from '../options/group.ts';
import { type ListenAddress, listenWords } from '../options/listen-address.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { counted } from '../terminal/words.ts';
import { KeyFiles } from './key-files.ts';
import { policyOf, type ServeOptions } from './options.ts';
import { spamtrapsOf } from './parts.ts';
import { openStore, type StorePlace, storePlace, storeWords } from './store.ts';

/**
 * Checks all that a daemon would need, and says what the daemon would do. Does not disturb a running daemon: it takes
 * another port, and opens neither the directory nor the socket.
 *
 * @throws The error with which the daemon would end.
 */
export async function check(io: Io, options: ServeOptions): Promise<void> {
  const out = new Output(io.stdout, false);
  const say = (what: string, words: string): Promise<void> => out.write(`${`${what}:`.padEnd(9)} ${words}\n`);
  const keys = await KeyFiles.open(keyFiles(options), options.keyOverlap);
  await say('key', keys.words);
  for (const warning of keys.warnings) await say('warning', warning);
  await checkLists(options);
  await say('lists', options.learn ? 'all can be read; passes all mail' : 'all can be read');
  const place = storePlace(options.store);
  await say('store', `${storeWords(place)}: ${await checkedPlace(place)}`);
  await using peer = await SyncPeer.open({ ...placeOptions(options), key: keys.keyring, port: 0 });
  const port = options.port ?? SPAMD_PORT;
  await say(
    'peer',
    options.listen === undefined
      ? `sends only, from ${peer.address.address}`
      : `listens on ${options.listen}, port ${port}`,
  );
  for (const { target, address, dialect } of peer.health().targets) {
    const where = address ?? 'no such host or interface; looked up again every half minute';
    await say('target', `${target} (${dialect}): ${where}`);
  }
  await say('control', `${options.control}: ${await controlWords(options.control)}`);
  if (options.policy !== undefined) await say('policy', await adapterWords(options.policy));
  if (options.milter !== undefined) await say('milter', await adapterWords(options.milter));
  if (options.exchange !== undefined) await say('exchange', await exchangeWords(options.exchange, keys.keyring));
  for (const peer of options.exchangeWith ?? []) await say('exchange', `with ${peer}`);
  if (options.http !== undefined) await say('http', `${options.http.host} port ${options.http.port}`);
}

async function checkLists(options: ServeOptions): Promise<void> {
  await using _greylist = new Greylist({ policy: await policyOf(options) });
  await spamtrapsOf(options);
}

/** The state of a store, in words. A directory is not opened, because a daemon may have it. */
async function checkedPlace(place: StorePlace): Promise<string> {
  if (place.kind === 'memory') return 'lost at the end';
  if (place.kind === 'redis') {
    const { store, close } = await openStore(place, () => {}, new AbortController().signal);
    const { tuples } = await store.stats();
    await close();
    return `answers; ${counted(tuples, 'tuple')}`;
  }
  await openLevelElsewhere();
  const { directory } = place;
  const isThere = await checkDirectory(directory);
  if (isThere) await access(directory, constants.R_OK);
  return isThere ? 'is there' : 'would be made';
}

/**
 * Checks that a directory can be written, or made.
 *
 * @returns Whether it exists.
 */
async function checkDirectory(directory: string): Promise<boolean> {
  const found = await nearest(directory);
  if (!(await stat(found)).isDirectory()) throw new Error(`${found}: not a directory`);
  await access(found, constants.W_OK | constants.X_OK);
  return found === directory;
}

/** Checks that LevelDB is installed and can be loaded, by a store in a directory of its own. */
async function openLevelElsewhere(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-check-'));
  try {
    const store = await LevelStore.open(directory);
    await store.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The directory itself, or the nearest above it that is there. */
async function nearest(directory: string): Promise<string> {
  const parent = dirname(directory);
  const isThere = await stat(directory).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
  return isThere || parent === directory ? directory : nearest(parent);
}

async function controlWords(path: string): Promise<string> {
  await checkDirectory(dirname(resolve(path)));
  await checkSocket(path);
  await using daemon = new RemoteGreylist(path);
  return await daemon.stats().then(
    () => 'a daemon serves on it now',
    () => 'would be served on',
  );
}

/** @throws If it is not possible to listen there, unless a daemon of the group listens there now. */
async function exchangeWords(where: string, key: Keyring): Promise<string> {
  const found = await exchangePort(where, key);
  if (typeof found === 'object')
    throw new Error(`cannot listen on ${where} (TCP): the port is in use: ${found.takenBy} has it`);
  return `${where}: ${found === 'free' ? 'would be listened on' : 'a daemon listens on it now'}`;
}

/** @throws If something other than a socket is there. Listening replaces a socket only. */
async function checkSocket(path: string): Promise<void> {
  const about = await lstat(path).catch(() => undefined);
  if (about?.isSocket() === false) throw new Error(`${path}: something that is not a socket is there`);
}

/** Where a mail server would ask. The directory of a socket belongs to that server, and is not made. */
async function adapterWords(where: ListenAddress): Promise<string> {
  if ('path' in where) {
    await access(dirname(resolve(where.path)), constants.W_OK | constants.X_OK);
    await checkSocket(where.path);
  }
  return `${listenWords(where)}: would be served on`;
}
