import type { RoundReport } from './asking.ts';
import type { ConnectError, ConnectFailure } from './connect-failure.ts';
import type { Greeting } from './greeting.ts';
import type { Session } from './session.ts';
import { addCounts, noCounts, type SessionCounts } from './session-counts.ts';

/** Whether a peer is connected; `connecting`: not yet; `gone`: no more; or why it cannot be connected to. */
export type ExchangePeerState = 'connected' | 'connecting' | 'gone' | ConnectFailure;

/** How it stands with a peer: one that `with` names, one that is connected, or one that was. */
export interface ExchangePeer extends Readonly<SessionCounts> {
  /** As `with` names it, without the port where that is 8027; `undefined` for one that connects to this one. */
  readonly name: string | undefined;
  /** Its address; `undefined` before it is connected for the first time. */
  readonly address: string | undefined;
  /** Its port; of one that connects to this one the system's choice. */
  readonly port: number | undefined;
  /** Whether it is connected, or why not. */
  readonly state: ExchangePeerState;
  /** What went wrong with it last, in words; `undefined` where a round has come to its end since. */
  readonly trouble: string | undefined;
  /** What became of the last round in which it was asked; `asking`: it is under way; `none`: there was none. */
  readonly outcome: 'none' | 'asking' | 'done' | 'failed';
  /** When it was last asked for what differs, Unix seconds; 0: not yet. */
  readonly lastRound: number;
  /** How many leaves of 4096 differed then. */
  readonly behind: number;
  /** How many records this peer was behind then: so many came in. */
  readonly behindRecords: number;
  /** Whether it was asked for all that it has since this was opened. */
  readonly joined: boolean;
  /** Of the key that it was last connected by, as `SyncKey.fingerprint`. */
  readonly fingerprint: string | undefined;
  /** The place of that key in the keyring; above 0, it was connected before the key was changed, or one of the two has yet to. */
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
  /** Of the connections that have ended. */
  readonly #ended = noCounts();
  /** Where it is not connected. */
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

  /** Whether a process with that name is connected as this peer. */
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

  /** Takes over what is known of another that turned out to be the same. */
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
