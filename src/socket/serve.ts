import { type Clock, timedClock } from '../clock.ts';
import { checkedMode, checkedPath, StreamServer } from '../stream-server.ts';
import { checkedWhole, checkMembers, checkMethods } from '../validate.ts';
import { ServedConnection, type SocketCounts } from './connection.ts';
import type { ServedBeside, ServedGreylist } from './served.ts';
import { PeerAnswers, type ServedPeer } from './served-peer.ts';

/** Options of `serveGreylist`. */
export interface ServeOptions extends ServedBeside {
  /** The mode of the socket's file, which says who may connect. Default `0o660`: owner and group. */
  readonly mode?: number | undefined;
  /**
   * How many processes may be connected at once, 1..10000. Default 256. Further ones are closed at once, and counted.
   */
  readonly maxConnections?: number | undefined;
  /** The peer whose health, counters and traffic may be asked for too, see `RemotePeer`. Default: none. */
  readonly peer?: ServedPeer | undefined;
  /** The clock, for timers. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** Counters of a served greylist since it was served. They only ever grow, except for `connections`. */
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
  /** The counters so far. */
  stats(): ServeStats;
  /**
   * Takes no more connections or requests. Answers the requests under way, for two seconds at most, and ends all
   * connections. Does not close the greylist. Idempotent.
   */
  close(): Promise<void>;
}

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
const PEER_METHODS = ['health', 'stats', 'on', 'off'] as const;

/**
 * Lets any process that may open the socket ask a greylist, see {@link RemoteGreylist}, and the peer beside it. If the
 * socket exists already, it is replaced only if no process answers on it.
 *
 * @param path The path of the socket, at most 103 bytes.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option, greylist or peer; `ERR_SPAMD_LISTEN` if another
 * process answers on the path, something else than a socket is there, or the socket cannot be made.
 */
export async function serveGreylist(
  greylist: ServedGreylist,
  path: string,
  options: ServeOptions = {},
): Promise<ServedSocket> {
  checkMethods('greylist', greylist, METHODS);
  checkedPath(path);
  const known = { mode: true, maxConnections: true, peer: true, exchange: true, adapters: true, clock: true };
  checkMembers('options', options, known);
  const { mode = 0o660, maxConnections = 256, peer, exchange, adapters } = options;
  if (peer !== undefined) checkMethods('peer', peer, PEER_METHODS);
  if (exchange !== undefined) checkMethods('exchange', exchange, ['stats']);
  for (const [name, adapter] of Object.entries(adapters ?? {})) {
    if (adapter !== undefined) checkMethods(`adapters.${name}`, adapter, ['stats']);
  }
  checkedMode(mode);
  checkedWhole('maxConnections', maxConnections, 1, 10_000);
  const clock = timedClock(options.clock);
  const counts: SocketCounts = { requests: 0, malformed: 0 };
  const answers = new PeerAnswers(peer, clock);
  const server = await StreamServer.listen(
    { path, mode },
    {
      maxConnections,
      clock,
      connect: (socket) => new ServedConnection(socket, greylist, { exchange, adapters }, answers, counts),
    },
  );
  return new Served(path, server, counts);
}

class Served implements ServedSocket {
  readonly path: string;
  readonly #server: StreamServer;
  readonly #counts: SocketCounts;

  constructor(path: string, server: StreamServer, counts: SocketCounts) {
    this.path = path;
    this.#server = server;
    this.#counts = counts;
  }

  stats(): ServeStats {
    const { connections, refused } = this.#server;
    return { ...this.#counts, connections, refused };
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
