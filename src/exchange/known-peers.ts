import type { RoundReport } from './asking.ts';
import type { Place } from './channel.ts';
import type { ConnectError, ConnectFailure } from './connect-failure.ts';
import { placeWords } from './place.ts';
import { addCounts, type Greeting, noCounts, type Session, type SessionCounts } from './session.ts';

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

/** So many peers that are not connected and that `with` does not name are remembered, those that were connected last. */
const MAX_GONE = 64;

/** All peers that there are, or were. */
export class KnownPeers {
  /** Those that were connected last are the last. */
  readonly #all: Set<KnownPeer>;

  /** @param places Those to connect to. */
  constructor(places: readonly Place[]) {
    this.#all = new Set(places.map((place) => new KnownPeer(placeWords(place))));
  }

  /**
   * The peer that a connection is with.
   *
   * @param place Where it was connected to; `undefined` where it came in.
   */
  of(session: Session, place: Place | undefined): KnownPeer {
    const { greeting, remote } = session;
    const all = [...this.#all];
    const named = place && this.#named(place);
    const peer =
      all.find((one) => one.isOf(greeting.instance)) ??
      named ??
      all.find((one) => !one.isConnected && one.address === remote.address) ??
      new KnownPeer(undefined);
    this.#all.add(peer);
    if (named !== undefined && named !== peer) this.#fold(named, peer);
    return peer;
  }

  begin(peer: KnownPeer, session: Session): void {
    peer.begin(session);
    this.#all.delete(peer);
    this.#all.add(peer);
    this.#tidy();
  }

  end(peer: KnownPeer, session: Session): void {
    peer.end(session);
    this.#tidy();
  }

  /** Why a peer cannot be connected to. */
  failed(place: Place, error: ConnectError): void {
    this.#named(place)?.failed(error);
  }

  /** This one itself is no peer. */
  remove(place: Place): void {
    const self = this.#named(place);
    if (self !== undefined) this.#all.delete(self);
  }

  /** @param keys The fingerprints of the keyring. */
  snapshot(keys: readonly string[]): ExchangePeer[] {
    return [...this.#all].map((peer) => peer.snapshot(keys));
  }

  #named(place: Place): KnownPeer | undefined {
    const name = placeWords(place);
    return [...this.#all].find((peer) => peer.name === name);
  }

  #fold(from: KnownPeer, into: KnownPeer): void {
    into.add(from);
    this.#all.delete(from);
  }

  #tidy(): void {
    const connected = [...this.#all].filter(({ isConnected }) => isConnected);
    const gone = [...this.#all].filter(({ name, isConnected }) => name === undefined && !isConnected);
    for (const [at, peer] of gone.entries()) {
      const again = connected.find(({ address }) => address === peer.address);
      if (again !== undefined) this.#fold(peer, again);
      // One that exchanged nothing only looked.
      else if (peer.hasNothing || at < gone.length - MAX_GONE) this.#all.delete(peer);
    }
  }
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
