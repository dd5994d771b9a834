import type { RoundReport } from './asking.ts';
import type { ConnectError, ConnectFailure } from './connect-failure.ts';
import type { Greeting } from './greeting.ts';
import type { Session } from './session.ts';
import { addCounts, noCounts, type SessionCounts } from './session-counts.ts';

/**
 * Whether a peer is connected. `connecting`: not yet. `gone`: no longer. The others say why it cannot be connected to.
 */
export type ExchangePeerState = 'connected' | 'connecting' | 'gone' | ConnectFailure;

/** The state of a peer: one that `with` names, one that is connected, or one that was connected. */
export interface ExchangePeer extends Readonly<SessionCounts> {
  /**
   * Its name in `with`, without the port if that is 8027; `undefined` for a peer that is not in `with`, but connected
   * to this one.
   */
  readonly name: string | undefined;
  /** Its address; `undefined` before it is connected for the first time. */
  readonly address: string | undefined;
  /** Its port. If the peer opened the connection, its system chose the port. */
  readonly port: number | undefined;
  /** Whether it is connected, or why not. */
  readonly state: ExchangePeerState;
  /** What went wrong with it last, in words; `undefined` if a round was completed since. */
  readonly trouble: string | undefined;
  /**
   * The outcome of the last round in which it was asked. `asking`: the round is under way. `none`: there was no round.
   */
  readonly outcome: 'none' | 'asking' | 'done' | 'failed';
  /** When a round in which it was asked for what differs was last completed, Unix seconds; 0: not yet. */
  readonly lastRound: number;
  /** How many leaves of 4096 differed in that round. */
  readonly behind: number;
  /** How many records came in in that round: this peer lacked them, or had them in another form. */
  readonly behindRecords: number;
  /** Whether it was asked for all that it has since the exchange was opened. */
  readonly joined: boolean;
  /** The fingerprint of the key that it was last connected with, as `SyncKey.fingerprint`. */
  readonly fingerprint: string | undefined;
  /**
   * The place of that key in the keyring. Above 0, the connection is older than a change of the key, or one of the two
   * peers has not changed its key yet.
   */
  readonly keyIndex: number | undefined;
  /** The version of the protocol that it speaks. */
  readonly version: number | undefined;
  /** How far its clock was ahead when it was connected, seconds. */
  readonly skew: number | undefined;
}

/** What is known of a peer. */
export class KnownPeer {
  #name: string | undefined;
  #address: string | undefined;
  #port: number | undefined;
  #greeting: Greeting | undefined;
  #fingerprint: string | undefined;
  readonly #sessions = new Set<Session>();
  /** The counters of the connections that have ended. */
  readonly #ended = noCounts();
  /** The state while it is not connected. */
  #state: ExchangePeerState = 'connecting';
  #trouble: string | undefined;
  #outcome: 'none' | 'done' | 'failed' = 'none';
  #lastRound = 0;
  #behind = 0;
  #behindRecords = 0;
  #joined = false;

  constructor(name: string | undefined) {
    this.#name = name;
  }

  get name(): string | undefined {
    return this.#name;
  }

  get address(): string | undefined {
    return this.#address;
  }

  get isConnected(): boolean {
    return this.#sessions.size > 0;
  }

  get hasNothing(): boolean {
    return this.#outcome === 'none';
  }

  /** Whether the process that these bytes name is connected as this peer. */
  isOf(instance: Uint8Array): boolean {
    return [...this.#sessions].some(({ greeting }) => Buffer.compare(greeting.instance, instance) === 0);
  }

  begin(session: Session): void {
    this.#sessions.add(session);
    this.#address = session.remote.address;
    this.#port = session.remote.port;
    this.#greeting = session.greeting;
    this.#fingerprint = session.fingerprint;
  }

  end(session: Session): void {
    this.#sessions.delete(session);
    this.#state = 'gone';
    addCounts(this.#ended, session.counts);
  }

  failed({ failure, message }: ConnectError): void {
    this.#state = failure;
    this.#trouble = message;
  }

  roundEnded({ leaves, received }: RoundReport, now: number): void {
    this.#outcome = 'done';
    this.#lastRound = Math.floor(now);
    this.#behind = leaves;
    this.#behindRecords = received;
    this.#joined = true;
    this.#trouble = undefined;
  }

  roundFailed(why: string): void {
    this.#outcome = 'failed';
    this.#trouble = why;
  }

  /** Something was wrong with the connection. */
  troubled(why: string): void {
    this.#trouble = why;
  }

  /** Takes over what is known of another peer that turned out to be the same. */
  add(other: KnownPeer): void {
    this.#name ??= other.#name;
    addCounts(this.#ended, other.#ended);
    this.#joined ||= other.#joined;
    if (other.#lastRound <= this.#lastRound) return;
    this.#outcome = other.#outcome;
    this.#lastRound = other.#lastRound;
    this.#behind = other.#behind;
    this.#behindRecords = other.#behindRecords;
  }

  snapshot(keys: readonly string[]): ExchangePeer {
    const counts = { ...this.#ended };
    for (const session of this.#sessions) addCounts(counts, session.counts);
    const keyIndex = this.#fingerprint === undefined ? -1 : keys.indexOf(this.#fingerprint);
    return {
      name: this.#name,
      address: this.#address,
      port: this.#port,
      state: this.isConnected ? 'connected' : this.#state,
      trouble: this.#trouble,
      outcome: [...this.#sessions].some(({ isAsking }) => isAsking) ? 'asking' : this.#outcome,
      lastRound: this.#lastRound,
      behind: this.#behind,
      behindRecords: this.#behindRecords,
      joined: this.#joined,
      fingerprint: this.#fingerprint,
      keyIndex: keyIndex < 0 ? undefined : keyIndex,
      version: this.#greeting?.version,
      skew: this.#greeting?.skew,
      ...counts,
    };
  }
}
