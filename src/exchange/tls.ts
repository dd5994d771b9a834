import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import type { Keyring } from '../auth/keyring.ts';
import { type TimedClock, within } from '../clock.ts';
import type { Channel } from './channel.ts';
import { ExchangeError } from './messages.ts';

/**
 * TLS 1.2 with a pre-shared key and nothing else: forward-secret, without certificates, and only who has the key gets to the
 * first message. TLS 1.3 has no such suite in Node.
 */
const SUITE = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;
/** What the pre-shared key is derived for. */
const LABEL = 'spamd-sync exchange 1';
/** How long the handshake may take, seconds. */
const HANDSHAKE = 10;
/** How long the other end may leave unread what is written, seconds. */
const UNREAD = 30;
/** How many connections may be there that came in. One that is not authenticated is ended after its {@link HANDSHAKE}. */
const MAX_CONNECTIONS = 128;

/** What is counted of connections that came in. */
export interface ListenerCounts {
  /** Connections without the key, or by another protocol. */
  unauthenticated: number;
  /** Connections beyond the 128 that may be there. */
  refused: number;
}

/** The name of a key, as the other end says which it has. */
function nameOf(key: { readonly fingerprint: string }): string {
  return key.fingerprint;
}

/**
 * Connects, by the keys in their order until one is accepted.
 *
 * @throws {ExchangeError} Where none is.
 */
export async function connectTls(
  keyring: Keyring,
  { host, port }: { readonly host: string; readonly port: number },
  clock: TimedClock,
  signal: AbortSignal,
): Promise<Channel> {
  let failure: unknown;
  for (const key of keyring.keys) {
    const psk = key.derived(LABEL);
    const socket = connect({
      ...SUITE,
      host,
      port,
      pskCallback: () => ({ psk, identity: nameOf(key) }),
      // There is no certificate: the key is what shows who it is.
      checkServerIdentity: () => undefined,
    });
    const abort = (): void => void socket.destroy(new ExchangeError('closed'));
    signal.addEventListener('abort', abort, { once: true });
    try {
      await within(clock, secured(socket), HANDSHAKE, () => new ExchangeError(`no answer in ${HANDSHAKE} s`));
      return new TlsChannel(socket, clock);
    } catch (error) {
      socket.destroy();
      failure = error;
      if (signal.aborted || !isRefusal(error)) break;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
  throw failure;
}

/** Listens for other peers. What is not authenticated gets no further than its handshake. */
export class TlsListener {
  readonly #server: Server;
  readonly counts: ListenerCounts = { unauthenticated: 0, refused: 0 };

  private constructor(keyring: Keyring, clock: TimedClock, onChannel: (channel: Channel) => void) {
    this.#server = createServer({
      ...SUITE,
      handshakeTimeout: HANDSHAKE * 1000,
      pskCallback: (_, identity) => keyring.keys.find((key) => nameOf(key) === identity)?.derived(LABEL) ?? null,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => {
      this.counts.refused++;
    });
    this.#server.on('tlsClientError', () => {
      this.counts.unauthenticated++;
    });
    this.#server.on('secureConnection', (socket) => onChannel(new TlsChannel(socket, clock)));
  }

  /** Rejects with the system's error where it cannot be listened there. */
  static async open(
    keyring: Keyring,
    { host, port }: { readonly host: string; readonly port: number },
    clock: TimedClock,
    onChannel: (channel: Channel) => void,
  ): Promise<TlsListener> {
    const listener = new TlsListener(keyring, clock, onChannel);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen({ host, port }, () => {
        listener.#server.off('error', reject);
        // As of too many open files: who came in is refused by the system, and the next is accepted.
        listener.#server.on('error', () => {
          listener.counts.refused++;
        });
        resolve();
      });
    });
    return listener;
  }

  get address(): { readonly address: string; readonly port: number } {
    const { address, port } = this.#server.address() as { address: string; port: number };
    return { address, port };
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

class TlsChannel implements Channel {
  readonly #socket: TLSSocket;
  readonly #clock: TimedClock;
  readonly remote: Channel['remote'];

  constructor(socket: TLSSocket, clock: TimedClock) {
    this.#socket = socket;
    this.#clock = clock;
    this.remote = { address: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''), port: socket.remotePort ?? 0 };
    socket.setKeepAlive(true, 30_000);
    // What goes wrong is thrown to who reads or writes.
    socket.on('error', () => {});
  }

  async write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) throw new ExchangeError('the connection is closed');
    if (socket.write(bytes)) return;
    const drained = new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        socket.off('drain', settle);
        socket.off('close', settle);
        if (socket.writable) resolve();
        else reject(new ExchangeError('the connection is closed'));
      };
      socket.on('drain', settle);
      socket.on('close', settle);
    });
    await within(this.#clock, drained, UNREAD, () => new ExchangeError(`nothing was read for ${UNREAD} s`));
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#socket;
  }

  close(): void {
    this.#socket.destroy();
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new ExchangeError('the connection was closed')));
  });
}

/** Whether the other end does not know the key: it may know the next. */
function isRefusal(error: unknown): boolean {
  const { code = '' } = Object(error) as { code?: unknown };
  return /^ERR_SSL_|^ECONNRESET$/.test(String(code));
}
