import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Greylist, SyncPeer } from '../../index.ts';
import { RemoteGreylist } from '../../socket/index.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { KeyFiles } from './key-files.ts';
import { keyFilesOf, peerOptionsOf, policyOf, type ServeOptions } from './options.ts';
import { addSpamtraps, spamtrapsOf } from './parts.ts';
import { openStore, type StorePlace, storePlace, storeWords } from './store.ts';

/**
 * Looks at all that a daemon would need, and says what it would do. Harms no daemon that runs: it takes another port, and
 * neither directory nor socket.
 *
 * @throws What the daemon would end with.
 */
export async function check(io: Io, options: ServeOptions): Promise<void> {
  const out = new Output(io.stdout, false);
  const say = (what: string, words: string): Promise<void> => out.write(`${`${what}:`.padEnd(9)} ${words}\n`);
  const keys = await KeyFiles.open(keyFilesOf(options), options.keyOverlap);
  await say('key', keys.words);
  for (const warning of keys.warnings) await say('warning', warning);
  await checkLists(options);
  await say('policy', options.learn ? 'all its files can be read; passes all mail' : 'all its files can be read');
  const place = storePlace(options.store);
  await say('store', `${storeWords(place)}: ${await checkedPlace(place)}`);
  await using peer = await SyncPeer.open({ ...peerOptionsOf(options), key: keys.keyring, port: 0 });
  const port = options.port ?? 8025;
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
  if (options.exchange !== undefined) await say('exchange', options.exchange);
  for (const peer of options.exchangeWith ?? []) await say('exchange', `with ${peer}`);
  if (options.http !== undefined) await say('http', `${options.http.host} port ${options.http.port}`);
}

async function checkLists(options: ServeOptions): Promise<void> {
  await using greylist = new Greylist({ policy: await policyOf(options) });
  await addSpamtraps(greylist, await spamtrapsOf(options));
}

/** In words, what is there; a directory is not opened, since a daemon may have it. */
async function checkedPlace(place: StorePlace): Promise<string> {
  if (place.kind === 'memory') return 'lost at the end';
  if (place.kind === 'redis') {
    const { store, close } = await openStore(place, () => {}, new AbortController().signal);
    const { tuples } = await store.stats();
    await close();
    return `answers; ${tuples} tuples`;
  }
  const { directory } = place;
  const there = await stat(directory).catch(() => undefined);
  if (there === undefined) {
    await access(await nearest(dirname(directory)), constants.W_OK | constants.X_OK);
    return 'would be made';
  }
  if (!there.isDirectory()) throw new Error(`${directory}: not a directory`);
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  return 'is there';
}

/** The directory itself, or the nearest above it that is there. */
async function nearest(directory: string): Promise<string> {
  const parent = dirname(directory);
  const isThere = await stat(directory).then(
    () => true,
    () => false,
  );
  return isThere || parent === directory ? directory : nearest(parent);
}

async function controlWords(path: string): Promise<string> {
  await using daemon = new RemoteGreylist(path);
  return daemon.stats().then(
    () => 'a daemon serves on it now',
    () => 'would be served on',
  );
}
