import type { Place } from './channel.ts';
import type { ConnectError } from './connect-failure.ts';
import { type ExchangePeer, KnownPeer } from './known-peer.ts';
import { placeWords } from './place.ts';
import type { Session } from './session.ts';

/**
 * How many peers are remembered that are not connected and that `with` does not name: those that were connected last.
 */
const MAX_GONE = 64;

/** The peers that `with` names, that are connected, or that were connected. */
export class KnownPeers {
  /** In the order in which they were last connected. */
  readonly #all: Set<KnownPeer>;

  /** @param places The peers to connect to. */
  constructor(places: readonly Place[]) {
    this.#all = new Set(places.map((place) => new KnownPeer(placeWords(place))));
  }

  /**
   * The peer that a connection is with.
   *
   * @param place The place that was connected to; `undefined` for a connection that came in.
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

  /** Notes why a peer cannot be connected to. */
  failed(place: Place, error: ConnectError): void {
    this.#named(place)?.failed(error);
  }

  /** Removes a place at which this process itself listens: it is not a peer. */
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
      // A peer without a round is not kept: it only connected and left, as `probeExchange` does.
      else if (peer.hasNothing || at < gone.length - MAX_GONE) this.#all.delete(peer);
    }
  }
}
