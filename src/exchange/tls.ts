import { constants } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { canonicalAddress, networkOf } from '../address.ts';
import type { SyncKey } from '../auth/key.ts';
import type { Keyring } from '../auth/keyring.ts';
import { type TimedClock, within } from '../clock.ts';
import type {
  Channel,
  ChannelAddress,
  ChannelListener,
  ChannelTransport,
  Place,
  RefusedConnection,
} from './channel.ts';
import { ConnectError, connectErrorOf } from './connect-failure.ts';
import { addressOf, TlsChannel } from './tls-channel.ts';

/**
 * TLS 1.2 with a pre-shared key and nothing else: forward-secret, and without certificates. A host without the key gets
 * no further than the handshake. TLS 1.3 has no such suite in Node. A session is never resumed, because a ticket would
 * still let a host in after its key was dropped.
 */
const SUITE = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const;
/** The label with which the pre-shared key is derived from the key of the group. */
const LABEL = 'spamd-sync exchange 1';
/** How long the handshake may take, seconds. */
const HANDSHAKE = 10;
/** What a fingerprint of a key looks like. */
const FINGERPRINT = /^[\da-f]{4}(?:-[\da-f]{4}){3}$/;
/** The most connections that came in and are not authenticated yet. They take no place from authenticated ones. */
const MAX_HANDSHAKES = 64;
/** The most connections that came in and are authenticated. */
const MAX_CHANNELS = 64;
/**
 * The most connections that one host may have, authenticated or not, so that it cannot take every place. A host is an
 * IPv4 address or an IPv6 /64.
 */
const MAX_OF_HOST = 16;

/** Makes channels over TLS to peers that have a key of the group. */
export class TlsTransport implements ChannelTransport {
  readonly #keyring: Keyring;
  readonly #clock: TimedClock;

  constructor(keyring: Keyring, clock: TimedClock) {
    this.#keyring = keyring;
    this.#clock = clock;
  }

  /** Tries the keys in their order until the other end accepts one. Rejects with a {@link ConnectError}. */
  async connect(place: Place, signal: AbortSignal): Promise<Channel> {
    let failure: ConnectError | undefined;
    for (const key of this.#keyring.keys) {
      try {
        return await this.#connectBy(key, place, signal);
      } catch (error) {
        failure = connectErrorOf(error);
        // A peer that does not have this key may have the next.
        if (signal.aborted || !(failure.failure === 'other-key' || failure.failure === 'closed')) break;
      }
    }
    throw failure;
  }

  async listen(
    place: Place,
    onChannel: (channel: Channel) => void,
    onRefused: (refused: RefusedConnection) => void = () => {},
  ): Promise<ChannelListener> {
    const listener = new TlsListener(this.#keyring, this.#clock, onChannel, onRefused);
    await listener.open(place);
    return listener;
  }

  async #connectBy(key: SyncKey, { host, port }: Place, signal: AbortSignal): Promise<Channel> {
    const psk = key.derived(LABEL);
    const socket = connect({
      ...SUITE,
      host,
      port,
      pskCallback: () => ({ psk, identity: key.fingerprint }),
      // There is no certificate to check: the key authenticates the other end.
      checkServerIdentity: () => undefined,
    });
    const abort = (): void => void socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const late = () => new ConnectError(socket.connecting ? 'no-answer' : 'mute');
      await within(this.#clock, secured(socket), HANDSHAKE, late);
      return new TlsChannel(socket, this.#clock, key, this.#keyring);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** Listens for other peers. A host without the key gets no further than the TLS handshake. */
class TlsListener implements ChannelListener {
  readonly #server: Server;
  /** The key that each connection was authenticated with. */
  readonly #keys = new WeakMap<TLSSocket, SyncKey>();
  /** The identity that was given on each connection without a key of the group. */
  readonly #identities = new WeakMap<TLSSocket, string>();
  readonly #sockets = new Set<Socket>();
  /** How many connections each host has. Only hosts that have any are here. */
  readonly #hosts = new Map<string, number>();
  #channels = 0;
  readonly counts = { unauthenticated: 0, refused: 0 };

  constructor(
    keyring: Keyring,
    clock: TimedClock,
    onChannel: (channel: Channel) => void,
    onRefused: (refused: RefusedConnection) => void,
  ) {
    const tls = createTlsServer({
      ...SUITE,
      handshakeTimeout: HANDSHAKE * 1000,
      pskCallback: (socket, identity) => {
        const key = keyring.keys.find(({ fingerprint }) => fingerprint === identity);
        if (key === undefined) {
          this.#identities.set(socket, identity);
          return null;
        }
        this.#keys.set(socket, key);
        return key.derived(LABEL);
      },
    });
    tls.on('tlsClientError', (error, socket) => {
      this.counts.unauthenticated++;
      const { failure: why } = connectErrorOf(error);
      const address = addressOf(socket);
      if (address === '' || (why !== 'other-key' && why !== 'other-protocol')) return;
      const identity = this.#identities.get(socket) ?? '';
      onRefused({ address, why, fingerprint: FINGERPRINT.test(identity) ? identity : undefined });
    });
    tls.on('secureConnection', (socket) => {
      const key = this.#keys.get(socket);
      if (key === undefined || this.#channels >= MAX_CHANNELS) {
        this.#refuse(socket);
        return;
      }
      this.#count(1);
      socket.on('close', () => this.#count(-1));
      onChannel(new TlsChannel(socket, clock, key, keyring));
    });
    this.#server = createServer((socket) => {
      if (this.#admit(socket)) tls.emit('connection', socket);
      else this.#refuse(socket);
    });
    this.#server.on('drop', () => {
      this.counts.refused++;
    });
    this.#count(0);
  }

  async open({ host, port }: Place): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // For example too many open files: the system refuses that connection, and accepts the next.
    this.#server.on('error', () => {
      this.counts.refused++;
    });
  }

  get address(): ChannelAddress {
    const { address, port } = this.#server.address() as AddressInfo;
    return { address, port };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** @returns Whether there is room for another connection of its host. */
  #admit(socket: Socket): boolean {
    const host = networkOf(canonicalAddress(addressOf(socket)) ?? '', { ipv6: 64 });
    const others = this.#hosts.get(host) ?? 0;
    if (others >= MAX_OF_HOST) return false;
    this.#sockets.add(socket);
    this.#hosts.set(host, others + 1);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#hosts.get(host) ?? 0) - 1;
      if (left > 0) this.#hosts.set(host, left);
      else this.#hosts.delete(host);
    });
    return true;
  }

  #refuse(socket: Socket): void {
    this.counts.refused++;
    socket.destroy();
  }

  /**
   * Counts authenticated connections, and raises the limit of all connections by as many. So handshakes do not keep out
   * authenticated connections, nor these the handshakes.
   */
  #count(more: number): void {
    this.#channels += more;
    this.#server.maxConnections = this.#channels + MAX_HANDSHAKES;
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new ConnectError('closed')));
  });
}
