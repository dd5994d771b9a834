import type { ListenerCounts } from './channel.ts';
import type { ExchangePeer } from './known-peer.ts';
import type { ExchangeRefusal } from './refusals.ts';
import type { Session } from './session.ts';
import { addCounts, noCounts, type SessionCounts } from './session-counts.ts';

/** Counters since the exchange was made; they only ever grow. */
export interface ExchangeStats {
  /** The peers that `with` names, those that are connected, and at most 64 more that were connected. */
  readonly peers: readonly ExchangePeer[];
  /** The addresses from which connections without a key of the group came, the last first, at most 64. */
  readonly refusals: readonly ExchangeRefusal[];
  /** Rounds, in which this peer asked another for what differs. */
  readonly rounds: number;
  /** Rounds that failed. */
  readonly failedRounds: number;
  /** Bytes that came in on authenticated connections. */
  readonly bytesIn: number;
  /** Bytes that went out on authenticated connections. */
  readonly bytesOut: number;
  /** Records sent to other peers. */
  readonly recordsSent: number;
  /** Records received from other peers, refused ones included. */
  readonly recordsReceived: number;
  /** Entries about IPv6 that were announced. */
  readonly announced: number;
  /**
   * Entries about IPv6 that were not sent to a peer, because it does not keep up or because the entry is too long for a
   * message. An entry counts once for each such peer.
   */
  readonly unsent: number;
  /** Entries about IPv6 that came in. */
  readonly received: number;
  /** How often a peer could not be connected to. */
  readonly unreachable: number;
  /** Connections that ended within a message, or were reset. */
  readonly broken: number;
  /** Connections that were ended because the other end sent something invalid, or sent or read nothing in time. */
  readonly malformed: number;
  /** Connections that came in without the key. */
  readonly unauthenticated: number;
  /**
   * Connections that came in over a limit: 64 that are authenticated, 64 that are not authenticated yet, or 16 of one
   * host.
   */
  readonly refused: number;
  /** How many calls of listeners threw, or rejected. */
  readonly listenerErrors: number;
}

/** The counters as the exchange keeps them while it runs. */
export class ExchangeCounters {
  rounds = 0;
  failedRounds = 0;
  announced = 0;
  unsent = 0;
  received = 0;
  unreachable = 0;
  broken = 0;
  malformed = 0;
  /** The counters of the connections that have ended. */
  readonly #ended = noCounts();

  /** Adds the counters of a connection that has ended. */
  add(counts: SessionCounts): void {
    addCounts(this.#ended, counts);
  }

  /**
   * @param known The state of each peer, and the refusals.
   * @param sessions The sessions that have not ended.
   */
  snapshot(
    known: Pick<ExchangeStats, 'peers' | 'refusals'>,
    sessions: readonly Session[],
    listener: ListenerCounts | undefined,
    listenerErrors: number,
  ): ExchangeStats {
    const { rounds, failedRounds, announced, unsent, received, unreachable, broken, malformed } = this;
    const sum = { ...this.#ended };
    for (const { counts } of sessions) addCounts(sum, counts);
    const { unauthenticated = 0, refused = 0 } = listener ?? {};
    return {
      ...known,
      ...{ rounds, failedRounds, ...sum, announced, unsent, received, unreachable, broken, malformed },
      ...{ unauthenticated, refused, listenerErrors },
    };
  }
}
