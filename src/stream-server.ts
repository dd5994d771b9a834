import { chmod, lstat, unlink } from 'node:fs/promises';
import { type AddressInfo, createConnection, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { every, type TimedClock, type Timer, within } from './clock.ts';
import { portReason, SpamdSyncError, shown, systemCode } from './errors.ts';
import { badOption, checkedWhole } from './validate.ts';

/** Where a server can be reached. */
export type StreamAddress =
  | {
      /** The path of a Unix socket. */
      readonly path: string;
    }
  | {
      /** A local IP address. */
      readonly host: string;
      /** A TCP port. */
      readonly port: number;
    };

/** Where a server is to listen: a path and the mode of its file, or a local address and a port. */
export type ListenAddress =
  | { readonly path: string; readonly mode: number }
  | { readonly host: string; readonly port: number };

/** One connection, as the code that speaks its protocol handles it. */
export interface StreamConnection {
  /** Takes no more requests. Resolves when each request that came is answered and the answer is sent. */
  finish(): Promise<void>;
  destroy(): void;
  /**
   * Called every few seconds: ends the connection if its client took too long.
   *
   * @param now Monotonic seconds.
   */
  checkTime?(now: number): void;
}

export interface StreamServerOptions {
  readonly maxConnections: number;
  readonly clock: TimedClock;
  /** Whether a connection that the client has ended can still be written to. */
  readonly allowHalfOpen?: boolean;
  readonly connect: (socket: Socket) => StreamConnection;
}

/** How often the time that clients take is checked, seconds. */
const CHECK_INTERVAL = 5;
/** How long a server that closes waits for its requests to be answered, seconds. */
const DRAIN = 2;
/** The longest Unix socket path that every system accepts, bytes: macOS and the BSDs have room for 104 with the NUL. */
const MAX_PATH = 103;

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedPath(path: string): string {
  if (typeof path === 'string' && path !== '' && Buffer.byteLength(path) <= MAX_PATH) return path;
  throw badOption('path', `not a path of at most ${MAX_PATH} bytes`, path);
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedMode(mode: number): number {
  return checkedWhole('mode', mode, 0, 0o777);
}

/** A server with a bounded number of connections. It owns the address that it listens on. */
export class StreamServer {
  readonly #server: Server;
  readonly #clock: TimedClock;
  readonly #connections = new Set<StreamConnection>();
  readonly #checking: Timer;
  #refused = 0;
  #closing: Promise<void> | undefined;

  private constructor({ maxConnections, clock, allowHalfOpen = false, connect }: StreamServerOptions) {
    this.#clock = clock;
    this.#server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
      const connection = connect(socket);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', () => {
      this.#refused++;
    });
    this.#checking = every(clock, CHECK_INTERVAL, () => {
      const now = clock.monotonic();
      for (const connection of this.#connections) connection.checkTime?.(now);
    });
  }

  /**
   * Listens. A Unix socket that exists already is replaced only if no process answers on it.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` if another process answers there, if the path is not a socket, or if
   * listening fails.
   */
  static async listen(at: ListenAddress, options: StreamServerOptions): Promise<StreamServer> {
    if ('path' in at) await removeStale(at.path);
    const server = new StreamServer(options);
    await server.#listen(at);
    return server;
  }

  get address(): StreamAddress {
    const address = this.#server.address() as AddressInfo | string;
    return typeof address === 'string' ? { path: address } : { host: address.address, port: address.port };
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many connections were refused because there was no room for them. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes no more connections and no more requests, answers the requests that came, for two seconds at most, and then
   * ends every connection. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #listen(at: ListenAddress): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.on('error', reject);
        // The `error` listener stays: a connection that cannot be accepted later must not end the process.
        const where = 'path' in at ? { path: at.path } : { host: at.host, port: at.port };
        this.#server.listen({ ...where, exclusive: true }, () => resolve());
      });
      // Until here the umask of the process decides who may connect. Unless it is an unusual umask, it admits nobody
      // whom the mode would refuse.
      if ('path' in at) await chmod(at.path, at.mode);
    } catch (cause) {
      this.#checking.cancel();
      this.#server.close();
      throw listenError(at, await reasonOf(at, cause), cause);
    }
  }

  async #close(): Promise<void> {
    this.#checking.cancel();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const answered = Promise.all([...this.#connections].map((connection) => connection.finish()));
    const late = () => new Error('not answered in time');
    await within(this.#clock, answered, DRAIN, late).catch(() => {});
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }
}

/** Removes a socket on which no process listens. The removal of one in use would make its process unreachable. */
async function removeStale(path: string): Promise<void> {
  const about = await lstat(path).catch(() => undefined);
  // A connection to a file that is not a socket is refused as well, but such a file must not be deleted. It stays, and
  // listening fails.
  if (about?.isSocket() !== true) return;
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(systemCode(error)));
  });
  if (code === undefined) throw listenError({ path }, 'another process answers on it');
  if (code === 'ECONNREFUSED') await unlink(path).catch(() => {});
  // A process may listen there, but this one cannot connect to find out.
  else if (code !== 'ENOENT') throw listenError({ path }, PATH_REASONS[code] ?? code);
}

/** The reason why listening there failed, in words. */
async function reasonOf(at: StreamAddress, cause: unknown): Promise<string> {
  if (!('path' in at)) return portReason(cause);
  const code = systemCode(cause) ?? String(cause);
  // libuv says EACCES for a missing directory, too.
  const isMissing = code === 'EACCES' && (await lstat(dirname(at.path)).catch(() => undefined)) === undefined;
  return PATH_REASONS[isMissing ? 'ENOENT' : code] ?? code;
}

const PATH_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'something that is not a socket is there',
  ENOENT: 'there is no such directory',
  EROFS: 'the file system is read-only',
};

function listenError(at: StreamAddress, why: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${whereOf(at)}: ${why}`, { cause });
}

function whereOf(at: StreamAddress): string {
  if ('path' in at) return shown(at.path);
  return isIPv6(at.host) ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}

/** Resolves when more may be written to a connection, or when the connection has ended. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle);
      socket.off('close', settle);
      resolve();
    };
    socket.on('drain', settle);
    socket.on('close', settle);
  });
}
