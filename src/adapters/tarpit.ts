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

/** What became of a connection. */
export interface TarpitReport {
  /** The client's address; `undefined` where it has none. */
  readonly ip: string | undefined;
  /** Whether it was trapped, at the start or by what it did. */
  readonly trapped: boolean;
  /** How long it was held, seconds. */
  readonly seconds: number;
  /** Bytes that it was sent. */
  readonly bytesSent: number;
  /** Bytes that it sent. */
  readonly bytesReceived: number;
  /** Recipients that it named. */
  readonly recipients: number;
  /** Who ended it. */
  readonly end: TarpitEnd;
}

/** Options of `serveTarpit`. Those of spamd(8) have its defaults. */
export interface ServeTarpitOptions extends ListenAt {
  /** How many connections there may be at once, 1..10000, as spamd's `-c`. Default 800; those beyond are closed, and counted. */
  readonly maxConnections?: number | undefined;
  /**
   * How many trapped clients are held up at once, 0..`maxConnections`, as spamd's `-b`: those beyond are answered without delay,
   * so that there is room for others. Default 7/8 of `maxConnections`.
   */
  readonly maxTrapped?: number | undefined;
  /** Seconds for each byte, 0..10, as spamd's `-s`. Default 1. */
  readonly stutter?: number | undefined;
  /** For how long a client is held up that is neither trapped nor white, seconds, 0..90, as spamd's `-S`. Default 10. */
  readonly greyStall?: number | undefined;
  /** How long a connection may take, seconds, 1..86400. Default 3600. */
  readonly maxTime?: number | undefined;
  /** The code with which a trapped client is refused, as spamd's `-4` and `-5`. Default 450. */
  readonly trappedCode?: 450 | 550 | undefined;
  /** What the host calls itself. Default `localhost`. */
  readonly hostname?: string | undefined;
  /** Called with each verdict, for a log. What it throws is ignored. */
  readonly onVerdict?: ((verdict: Verdict, attempt: Attempt) => void) | undefined;
  /** Called when a connection has ended, for a log. What it throws is ignored. */
  readonly onEnd?: ((report: TarpitReport) => void) | undefined;
}

/** What a tarpit counted since it was opened; all only ever grow, but for `connections` and `trapped`. */
export interface TarpitStats {
  /** Connections that are open; a gauge. */
  readonly connections: number;
  /** Trapped clients that are held up; a gauge. */
  readonly trapped: number;
  /** Connections that `maxConnections` left no room for. */
  readonly refused: number;
  /** Trapped clients that `maxTrapped` left no room for, and that were answered without delay. */
  readonly unheld: number;
  /** How long connections took that have ended, by whether the client was trapped, seconds. */
  readonly seconds: Readonly<Record<'trapped' | 'grey', number>>;
  /** Connections that have ended, by whether the client was trapped. */
  readonly held: Readonly<Record<'trapped' | 'grey', number>>;
  /** Connections that have ended, by who ended them. */
  readonly ended: Readonly<Record<TarpitEnd, number>>;
  /** Bytes that clients were sent, of connections that have ended. */
  readonly bytesSent: number;
  /** Bytes that clients sent, of connections that have ended. */
  readonly bytesReceived: number;
  /** Bytes that clients sent ahead of replies and that were dropped: 4096 of a connection may wait. */
  readonly cut: number;
  /** Recipients, by what the greylist said of them; `error` where it could not. */
  readonly recipients: Readonly<Record<'pass' | 'defer' | 'reject' | 'error', number>>;
}

/** A tarpit that is open. */
export interface TarpitServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: StreamAddress;
  /** What it counted. */
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
 * Holds up clients as spamd(8) does: it answers by one byte a second, and never accepts a message. Who is trapped is held up to
 * the end, and refused with 450 or 550; anybody else for ten seconds, and deferred with 451. Who is white is not held up, but deferred
 * too. What clients try is recorded in the greylist: the tuple, and the trap of who writes to a spamtrap.
 *
 * @param greylist A `Greylist`, or a `RemoteGreylist`. Where it fails, the client is deferred.
 * @example
 * const tarpit = await serveTarpit(greylist, { host: '192.0.2.25', port: 25, hostname: 'mx2.example.org' });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`; `ERR_SPAMD_LISTEN` where it cannot listen.
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

/** A log that fails must not hold up the tarpit. */
function quietly(task: () => void): void {
  try {
    task();
  } catch {}
}
