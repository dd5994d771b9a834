import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { every, systemClock, type Timer } from '../../clock.ts';
import { type Greylist, SpamdSyncError, SyncKey, SyncPeer } from '../../index.ts';
import { SPAMD_PORT } from '../options/group.ts';
import type { Log } from '../terminal/log.ts';
import type { ServeOptions } from './options.ts';

const DAEMON = '127.0.0.1';
const HOSTS = ['127.0.0.2', '127.0.0.3'];
/** A host that has another key. */
const STRANGER = '127.0.0.4';
const HTTP_PORT = 8026;
const SPAMTRAP = 'sales-1999@example.net';
/** How often something happens, seconds. */
const PACE = 0.8;
/** The passtime, seconds. It is short, so that the user can see a retry pass. */
const PASSTIME = 15;

const SERVERS = [
  ['192.0.2.25', 'mail.example.org', '<alice@example.org>', '<bob@example.net>'],
  ['192.0.2.40', 'mx1.example.edu', '<registrar@example.edu>', '<carol@example.net>'],
  ['192.0.2.71', 'smtp.example.com', '<orders@example.com>', '<bob@example.net>'],
  ['203.0.113.9', 'out.lists.example', '<announce@lists.example>', '<dave@example.net>'],
] as const;
const SENDERS = ['bulk.example.com', 'friend', 'WIN-8K2QPJ', '[198.51.100.1]'] as const;

/**
 * A group on loopback with the daemon as a member. Made-up hosts announce made-up clients. The key is made when it
 * starts.
 */
export class Demonstration {
  readonly #directory: string;
  readonly #port: number;
  readonly #peers: SyncPeer[] = [];
  #timer: Timer | undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  /** Opens the hosts, on other ports than the usual ones if those are taken. */
  static async open(log: Log): Promise<Demonstration> {
    const bytes = randomBytes(64);
    const key = SyncKey.fromBytes(bytes);
    const port = await freePort(key, log);
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    const made = new Demonstration(directory, port);
    try {
      await writeFile(join(directory, 'key'), bytes, { mode: 0o600 });
      for (const host of HOSTS) made.#peers.push(await made.#host(host, key));
      made.#peers.push(await made.#host(STRANGER, SyncKey.fromBytes(randomBytes(64))));
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  /** The options of the daemon. */
  options(given: ServeOptions): ServeOptions {
    const target = HOSTS.filter((host) => this.#peers.some(({ address }) => address.address === host));
    return {
      ...{ ...given, key: [join(this.#directory, 'key')], listen: DAEMON, target, port: this.#port, store: 'memory' },
      ...{ control: join(this.#directory, 'control'), passtime: given.passtime ?? PASSTIME, verbose: true },
      http: given.http ?? { host: DAEMON, port: HTTP_PORT },
    };
  }

  /** Begins the traffic: hosts announce, and clients come to the greylist of the daemon. */
  async begin(greylist: Greylist): Promise<void> {
    await greylist.spamtraps.add(SPAMTRAP);
    let turn = 0;
    const next = (): void => void this.#happen(turn++, greylist).catch(() => {});
    next();
    this.#timer = every(systemClock, PACE, next);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #happen(turn: number, greylist: Greylist): Promise<void> {
    const now = Math.floor(systemClock.now());
    const [mx2, mx3, stranger] = this.#peers as [SyncPeer, SyncPeer, SyncPeer];
    const [ip, helo, from, to] = SERVERS[Math.floor(turn / 6) % SERVERS.length] as (typeof SERVERS)[number];
    const spammer = `198.51.100.${1 + (turn % 250)}`;
    const name = SENDERS[turn % SENDERS.length] as string;
    switch (turn % 6) {
      case 0:
        return void (await mx2.grey({ ip, helo, from, to }));
      case 1:
        return void (await greylist.check({ ip, helo, from, to }));
      case 2:
        return void (await mx3.trapped(spammer, now + 86_400));
      case 3:
        return void (await greylist.check({ ip: spammer, helo: name, from: '<win@example.com>', to: `<${SPAMTRAP}>` }));
      case 4:
        return void (await mx3.white(`203.0.113.${1 + (turn % 250)}`, now + 36 * 86_400));
      default:
        return void (await stranger.white('198.51.100.251', now + 86_400));
    }
  }

  /** Opens a host at its own address, or at a port of its own if the system has only 127.0.0.1. */
  async #host(listen: string, key: SyncKey): Promise<SyncPeer> {
    const targets = [{ host: DAEMON, port: this.#port }];
    try {
      return await SyncPeer.open({ key, listen, port: this.#port, targets });
    } catch (error) {
      if (!isTaken(error)) throw error;
      return SyncPeer.open({ key, listen: DAEMON, port: 0, targets });
    }
  }
}

async function freePort(key: SyncKey, log: Log): Promise<number> {
  try {
    await using _usual = await SyncPeer.open({ key, listen: DAEMON, port: SPAMD_PORT });
    return SPAMD_PORT;
  } catch (error) {
    if (!isTaken(error)) throw error;
    await using other = await SyncPeer.open({ key, listen: DAEMON, port: 0 });
    log(`port ${SPAMD_PORT} is in use: taking ${other.address.port}`);
    return other.address.port;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_LISTEN';
}
