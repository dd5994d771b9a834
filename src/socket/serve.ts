import { chmod, lstat, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Clock, type TimedClock, timedClock, within } from '../clock.ts';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import { badOption, checkedWhole, checkMembers, checkMethods } from '../validate.ts';
import { ServedConnection, type SocketCounts } from './connection.ts';
import type { ServedGreylist } from './served.ts';

/** Options of `serveGreylist`. */
export interface ServeOptions {
  /** Who may connect, as the mode of the socket's file. Default `0o660`: owner and group. */
  readonly mode?: number | undefined;
  /** How many processes may be connected at once, 1..10000. Default 256; those beyond are closed at once, and counted. */
  readonly maxConnections?: number | undefined;
  /** For timers. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** What a served greylist counted since it was served; they only ever grow, but for `connections`. */
export interface ServeStats extends Readonly<SocketCounts> {
  /** Connections that are open; a gauge. */
  readonly connections: number;
  /** Connections that `maxConnections` left no room for. */
  readonly refused: number;
}

/** A greylist that other processes can ask. */
export interface ServedSocket extends AsyncDisposable {
  /** The path of the socket. */
  readonly path: string;
  /** What was asked so far. */
  stats(): ServeStats;
  /**
   * Takes no more connections nor requests, answers what was asked, for two seconds at most, and ends all connections. The
   * greylist is left as it is. Idempotent.
   */
  close(): Promise<void>;
}

/** How long what was asked may take to be answered when the socket closes, seconds. */
const DRAIN = 2;
/** The longest path that every system takes for a Unix socket, bytes: macOS and the BSDs have room for 104 with a NUL. */
const MAX_PATH = 103;

const METHODS = [
  'check',
  'trap',
  'allow',
  'delivered',
  'forget',
  'release',
  'why',
  'export',
  'import',
  'snapshot',
  'sweep',
  'stats',
] as const;

/**
 * Lets any process that may open the socket ask a greylist, see {@link RemoteGreylist}. A socket that is there already is
 * replaced only when nobody answers on it.
 *
 * @param path Of the socket, at most 103 bytes.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option and what is not a greylist; `ERR_SPAMD_LISTEN` when
 * another process answers on the path, something else is there, or the socket cannot be made.
 */
export async function serveGreylist(
  greylist: ServedGreylist,
  path: string,
  options: ServeOptions = {},
): Promise<ServedSocket> {
  checkMethods('greylist', greylist, METHODS);
  if (typeof path !== 'string' || path === '' || Buffer.byteLength(path) > MAX_PATH) {
    throw badOption('path', `not a path of at most ${MAX_PATH} bytes`, path);
  }
  checkMembers('options', options, { mode: true, maxConnections: true, clock: true });
  const { mode = 0o660, maxConnections = 256 } = options;
  checkedWhole('mode', mode, 0, 0o777);
  checkedWhole('maxConnections', maxConnections, 1, 10_000);
  const served = new Served(greylist, path, timedClock(options.clock), maxConnections);
  await removeStale(path);
  await served.listen(mode);
  return served;
}

class Served implements ServedSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #clock: TimedClock;
  readonly #connections = new Set<ServedConnection>();
  readonly #counts: SocketCounts = { requests: 0, malformed: 0 };
  #refused = 0;
  #closing: Promise<void> | undefined;

  constructor(greylist: ServedGreylist, path: string, clock: TimedClock, maxConnections: number) {
    this.path = path;
    this.#clock = clock;
    this.#server = createServer((socket) => this.#connected(socket, greylist));
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', () => {
      this.#refused++;
    });
  }

  async listen(mode: number): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.on('error', reject);
        // The listener stays: a connection that cannot be accepted later is no trouble of ours.
        this.#server.listen({ path: this.path, exclusive: true }, () => resolve());
      });
      // Until here the process's umask holds, which lets nobody in that the mode would not, unless it is odd.
      await chmod(this.path, mode);
    } catch (cause) {
      this.#server.close();
      throw listenError(this.path, await reasonOf(this.path, cause), cause);
    }
  }

  stats(): ServeStats {
    return { ...this.#counts, connections: this.#connections.size, refused: this.#refused };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connected(socket: Socket, greylist: ServedGreylist): void {
    const connection = new ServedConnection(socket, greylist, this.#counts);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const answered = Promise.all([...this.#connections].map((connection) => connection.finish()));
    const late = () => new Error('not answered in time');
    await within(this.#clock, answered, DRAIN, late).catch(() => {});
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }
}

/** Unlinking a socket on which a process listens would take it away from that. */
async function removeStale(path: string): Promise<void> {
  const about = await lstat(path).catch(() => undefined);
  // A connection to any other file is refused as well, and that must not be deleted: listening will fail.
  if (about?.isSocket() !== true) return;
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(systemCode(error)));
  });
  if (code === undefined) throw listenError(path, 'another process answers on it');
  if (code === 'ECONNREFUSED') await unlink(path).catch(() => {});
  // Somebody may serve there, who cannot be asked.
  else if (code !== 'ENOENT') throw listenError(path, code);
}

/** libuv says EACCES for a directory that is not there, too. */
async function reasonOf(path: string, cause: unknown): Promise<string> {
  const code = systemCode(cause) ?? String(cause);
  if (code !== 'EACCES') return code;
  return (await lstat(dirname(path)).catch(() => undefined)) === undefined ? 'ENOENT' : code;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'something that is not a socket is there',
  ENOENT: 'there is no such directory',
};

function listenError(path: string, why: string, cause?: unknown): SpamdSyncError {
  const reason = REASONS[why] ?? why;
  return new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${shown(path)}: ${reason}`, { cause });
}
