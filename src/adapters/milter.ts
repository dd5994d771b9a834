import { type TimedClock, timedClock } from '../clock.ts';
import type { Attempt, CheckOptions, Greylist, Verdict } from '../index.ts';
import { type StreamAddress, StreamServer } from '../stream-server.ts';
import { badOption, checkMembers, checkMethods } from '../validate.ts';
import { Conversation, type DropReason, type Talk } from './common/conversation.ts';
import { checkedListenAt, LISTEN_MEMBERS, type ListenAt } from './common/listen.ts';
import { servedBy } from './common/served.ts';
import { xGreylist } from './common/x-greylist.ts';
import { MAX_PACKET, type MilterPacket, PacketReader } from './milter/packets.ts';
import { type MilterService, MilterSession } from './milter/session.ts';

export type { StreamAddress } from '../stream-server.ts';
export type { DropReason } from './common/conversation.ts';
export type { ListenAt } from './common/listen.ts';

/** Options of `serveMilter`. */
export interface ServeMilterOptions extends ListenAt {
  /**
   * Whether clients that have logged in are greylisted too. Default `false`: they pass, and the greylist is not asked.
   */
  readonly authenticated?: boolean | undefined;
}

/** Counters since a milter was opened. They only ever grow, except for `connections`. */
export interface MilterStats {
  /** Connections that are open; a gauge. */
  readonly connections: number;
  /** Connections that were refused because of `maxConnections`. */
  readonly refused: number;
  /** Packets that came in. */
  readonly requests: number;
  /** Recipients that passed without asking the greylist: the client has logged in, or has no IP address. */
  readonly skipped: Readonly<Record<'authenticated' | 'address', number>>;
  /**
   * Connections that were ended within a session. `malformed`: something that is not a packet came in. `oversize`: a
   * packet over 64 KiB came in. `timeout`: the mail server was too slow, or idle for two hours. `error`: the mail
   * server sent an invalid offer, or the greylist rejected.
   */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** A milter that is open. */
export interface Milter extends AsyncDisposable {
  /** Where it listens. */
  readonly address: StreamAddress;
  /** The counters so far. */
  stats(): MilterStats;
  /**
   * Takes no more connections or packets. Answers those under way, for two seconds at most, and ends all connections.
   * Does not close the greylist. Idempotent.
   */
  close(): Promise<void>;
}

/** How long a connection may be idle, seconds, as in libmilter. A session lasts as long as its messages take. */
const IDLE = 7210;

/**
 * The greylist as a milter, protocol version 6, for Postfix, Sendmail and others. It answers for each recipient: 451 if
 * the client has to come back, 550 if it is trapped. A message that was delayed gets a header field `X-Greylist`. HELO
 * and addresses are as the client typed them.
 *
 * @example
 * const milter = await serveMilter(greylist, { host: '127.0.0.1', port: 10024 });
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a greylist without a method `check`, and for an invalid option;
 * `ERR_SPAMD_LISTEN` if another process answers on the path, something else than a socket is there, or it cannot
 * listen.
 */
export async function serveMilter(greylist: Pick<Greylist, 'check'>, options: ServeMilterOptions): Promise<Milter> {
  checkMethods('greylist', greylist, ['check']);
  checkMembers('options', options, { ...LISTEN_MEMBERS, authenticated: true });
  const { authenticated = false } = options;
  if (typeof authenticated !== 'boolean') throw badOption('authenticated', 'not true or false', authenticated);
  const { at, maxConnections } = checkedListenAt(options);
  const clock = timedClock(options.clock);
  const service = new Service(greylist, authenticated, clock);
  const server = await StreamServer.listen(at, {
    maxConnections,
    clock,
    connect: (socket) => new Conversation(socket, service.talk(), service.counts, clock),
  });
  return servedBy(server, () => ({
    requests: service.counts.requests,
    skipped: { ...service.skipped },
    dropped: { ...service.counts.dropped },
  }));
}

class Service implements MilterService {
  readonly counts = { requests: 0, dropped: { malformed: 0, oversize: 0, timeout: 0, error: 0 } };
  readonly skipped = { authenticated: 0, address: 0 };
  readonly authenticated: boolean;
  readonly #greylist: Pick<Greylist, 'check'>;
  readonly #clock: TimedClock;

  constructor(greylist: Pick<Greylist, 'check'>, authenticated: boolean, clock: TimedClock) {
    this.#greylist = greylist;
    this.authenticated = authenticated;
    this.#clock = clock;
  }

  /** How one connection is answered. */
  talk(): Talk<MilterPacket> {
    const session = new MilterSession(this);
    return {
      reader: new PacketReader(),
      maxMessage: MAX_PACKET,
      idle: IDLE,
      respond: (packet) => session.answer(packet),
    };
  }

  check(attempt: Attempt, options: CheckOptions): Promise<Verdict> {
    return this.#greylist.check(attempt, options);
  }

  skip(why: keyof MilterStats['skipped']): void {
    this.skipped[why]++;
  }

  field(waited: number): string {
    return xGreylist(waited, this.#clock.now());
  }
}
