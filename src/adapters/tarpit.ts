import type { Socket } from 'node:net';
import { timedClock } from '../clock.ts';
import type { Attempt, Greylist, Verdict } from '../index.ts';
import { type StreamAddress, StreamServer } from '../stream-server.ts';
import { badOption, checkedNumber, checkedWhole, checkFunction, checkMembers, checkMethods } from '../validate.ts';
import { checkedListenAt, LISTEN_MEMBERS, type ListenAt } from './common/listen.ts';
import { servedBy } from './common/served.ts';
import { Dialogue } from './tarpit/dialogue.ts';
import { HeldConnection, type Keeper, type TarpitEnd } from './tarpit/held.ts';

export type { StreamAddress } from '../stream-server.ts';
export type { ListenAt } from './common/listen.ts';
export type { TarpitEnd } from './tarpit/held.ts';

/** The report on a connection that has ended. */
export interface TarpitReport {
  /** The client's address; `undefined` if it has none. */
  readonly ip: string | undefined;
  /** Whether the client was trapped, at the start or during the connection. */
  readonly trapped: boolean;
  /** How long the connection took, seconds. */
  readonly seconds: number;
  /** Bytes sent to the client. */
  readonly bytesSent: number;
  /** Bytes received from the client. */
  readonly bytesReceived: number;
  /** Recipients that the client named. */
  readonly recipients: number;
  /** Who ended the connection, or why. */
  readonly end: TarpitEnd;
}

/** Options of `serveTarpit`. Those of spamd(8) have its defaults. */
export interface ServeTarpitOptions extends ListenAt {
  /**
   * How many connections there may be at once, 1..10000, as spamd's `-c`. Default 800. Further ones are closed, and
   * counted.
   */
  readonly maxConnections?: number | undefined;
  /**
   * How many trapped clients are held up at once, 0..`maxConnections`, as spamd's `-b`. Further ones are answered
   * without delay, so that there is room for other clients. Default 7/8 of `maxConnections`.
   */
  readonly maxTrapped?: number | undefined;
  /** Seconds for each byte, 0..10, as spamd's `-s`. Default 1. */
  readonly stutter?: number | undefined;
  /** How long a client is held up that is neither trapped nor white, seconds, 0..90, as spamd's `-S`. Default 10. */
  readonly greyStall?: number | undefined;
  /** How long a connection may take, seconds, 1..86400. Default 3600. */
  readonly maxTime?: number | undefined;
  /** The code with which a trapped client is refused, as spamd's `-4` and `-5`. Default 450. */
  readonly trappedCode?: 450 | 550 | undefined;
  /** The host name in the banner. Default `localhost`. */
  readonly hostname?: string | undefined;
  /** Called with each verdict, for a log. Errors that it throws are ignored. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt) => void) | undefined;
  /** Called when a connection has ended, for a log. Errors that it throws are ignored. */
  readonly onEnd?: ((report: TarpitReport) => void) | undefined;
}

/** Counters since a tarpit was opened. They only ever grow, except for `connections` and `trapped`. */
export interface TarpitStats {
  /** Connections that are open; a gauge. */
  readonly connections: number;
  /** Trapped clients that are held up; a gauge. */
  readonly trapped: number;
  /** Connections that were refused because of `maxConnections`. */
  readonly refused: number;
  /** Trapped clients that were answered without delay because of `maxTrapped`. */
  readonly unheld: number;
  /** How long the connections that have ended took together, by whether the client was trapped, seconds. */
  readonly seconds: Readonly<Record<'trapped' | 'grey', number>>;
  /** Connections that have ended, by whether the client was trapped. */
  readonly held: Readonly<Record<'trapped' | 'grey', number>>;
  /** Connections that have ended, by who ended them, or why. */
  readonly ended: Readonly<Record<TarpitEnd, number>>;
  /** Bytes sent to clients, of connections that have ended. */
  readonly bytesSent: number;
  /** Bytes received from clients, of connections that have ended. */
  readonly bytesReceived: number;
  /** Bytes that were dropped because clients sent them before a reply. Up to 4096 bytes of a connection may wait. */
  readonly cut: number;
  /** Recipients, by the verdict of the greylist; `error` if it could not decide. */
  readonly recipients: Readonly<Record<'pass' | 'defer' | 'reject' | 'error', number>>;
}

/** A tarpit that is open. */
export interface TarpitServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: StreamAddress;
  /** The counters so far. */
  stats(): TarpitStats;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

const MEMBERS: Readonly<Record<keyof ServeTarpitOptions, true>> = {
  ...LISTEN_MEMBERS,
  maxTrapped: true,
  stutter: true,
  greyStall: true,
  maxTime: true,
  trappedCode: true,
  hostname: true,
  onVerdict: true,
  onEnd: true,
};

/**
 * Holds up clients as spamd(8) does: it sends one byte a second, and never accepts a message. A trapped client is held
 * up to the end, and refused with 450 or 550. Any other client is held up for ten seconds, and deferred with 451. A
 * white client is not held up, but is deferred too. The greylist records the attempts: each tuple, and a trap if the
 * client writes to a spamtrap.
 *
 * @param greylist A `Greylist`, or a `RemoteGreylist`. If it fails, the client is deferred.
 * @example
 * const tarpit = await serveTarpit(greylist, { host: '192.0.2.25', port: 25, hostname: 'mx2.example.org' });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid greylist or option; `ERR_SPAMD_LISTEN` if it cannot
 * listen.
 */
export async function serveTarpit(
  greylist: Pick<Greylist, 'check' | 'why'>,
  options: ServeTarpitOptions,
): Promise<TarpitServer> {
  checkMethods('greylist', greylist, ['check', 'why']);
  checkMembers('options', options, MEMBERS);
  const { stutter = 1, greyStall = 10, maxTime = 3600, trappedCode = 450, hostname = 'localhost' } = options;
  const { at, maxConnections } = checkedListenAt({ ...options, maxConnections: options.maxConnections ?? 800 });
  const { maxTrapped = Math.floor((maxConnections * 7) / 8), onVerdict, onEnd } = options;
  checkedWhole('maxTrapped', maxTrapped, 0, maxConnections);
  checkedNumber('stutter', stutter, 0, 10);
  checkedNumber('greyStall', greyStall, 0, 90);
  checkedNumber('maxTime', maxTime, 1, 86_400);
  if (trappedCode !== 450 && trappedCode !== 550) throw badOption('trappedCode', 'not 450 or 550', trappedCode);
  if (typeof hostname !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(hostname)) {
    throw badOption('hostname', 'not 1 to 255 characters of ASCII without blanks', hostname);
  }
  checkFunction('onVerdict', onVerdict);
  checkFunction('onEnd', onEnd);
  const clock = timedClock(options.clock);

  const counts = {
    unheld: 0,
    seconds: { trapped: 0, grey: 0 },
    held: { trapped: 0, grey: 0 },
    ended: { client: 0, reply: 0, idle: 0, time: 0, closed: 0 },
    bytesSent: 0,
    bytesReceived: 0,
    cut: 0,
    recipients: { pass: 0, defer: 0, reject: 0, error: 0 },
  };
  let trapped = 0;
  const keeper: Keeper = {
    greylist,
    clock,
    dialogue: (ip) => {
      const trappedText = `${trappedCode} Your address ${ip ?? ''} has mailed to spamtraps here`;
      const refusal = (isTrapped: boolean) =>
        isTrapped ? trappedText : '451 Temporary failure, please try again later.';
      return new Dialogue({ hostname, refusal });
    },
    stutter,
    greyStall,
    maxTime,
    mayHold: () => {
      const isRoom = trapped < maxTrapped;
      if (isRoom) trapped++;
      else counts.unheld++;
      return isRoom;
    },
    noteVerdict: (verdict, attempt) => {
      counts.recipients[verdict.reason === 'error' ? 'error' : verdict.action]++;
      quietly(() => onVerdict?.(verdict, attempt));
    },
    noteCut: (bytes) => {
      counts.cut += bytes;
    },
    noteEnd: (connection, end) => {
      const kind = connection.isTrapped ? 'trapped' : 'grey';
      const { ip, bytesSent, bytesReceived, recipients } = connection;
      const seconds = clock.monotonic() - connection.since;
      if (connection.isHeld) trapped--;
      counts.held[kind]++;
      counts.seconds[kind] += seconds;
      counts.ended[end]++;
      counts.bytesSent += bytesSent;
      counts.bytesReceived += bytesReceived;
      const report = { ip, trapped: connection.isTrapped, seconds, bytesSent, bytesReceived, recipients, end };
      quietly(() => onEnd?.(report));
    },
  };
  const connect = (socket: Socket): HeldConnection => new HeldConnection(socket, keeper);
  const server = await StreamServer.listen(at, { maxConnections, clock, connect });
  return servedBy(server, () => ({
    trapped,
    ...counts,
    seconds: { ...counts.seconds },
    held: { ...counts.held },
    ended: { ...counts.ended },
    recipients: { ...counts.recipients },
  }));
}

/** Ignores errors, because a log that fails must not stop the tarpit. */
function quietly(task: () => void): void {
  try {
    task();
  } catch {}
}
