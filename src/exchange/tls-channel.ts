import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SyncKey } from '../auth/key.ts';
import type { Keyring } from '../auth/keyring.ts';
import { type TimedClock, within } from '../clock.ts';
import { drained } from '../stream-server.ts';
import type { Channel, ChannelAddress } from './channel.ts';
import { ConnectionClosed, ExchangeError } from './messages.ts';

/** How long written bytes may wait for the other end to read them, seconds. */
const UNREAD = 30;
/** After how long without a packet from the other end the system sends a TCP keep-alive probe, milliseconds. */
const QUIET_MS = 30_000;

/** An authenticated connection over TLS. */
export class TlsChannel implements Channel {
  readonly #socket: TLSSocket;
  readonly #clock: TimedClock;
  readonly #key: SyncKey;
  readonly #keyring: Keyring;
  #drained: Promise<void> | undefined;
  readonly fingerprint: string;
  readonly remote: ChannelAddress;

  /** @param key The key that the connection was authenticated with. */
  constructor(socket: TLSSocket, clock: TimedClock, key: SyncKey, keyring: Keyring) {
    this.#socket = socket;
    this.#clock = clock;
    this.#key = key;
    this.#keyring = keyring;
    this.fingerprint = key.fingerprint;
    this.remote = { address: addressOf(socket), port: socket.remotePort ?? 0 };
    socket.setKeepAlive(true, QUIET_MS);
    // An error is thrown to the code that reads or writes.
    socket.on('error', () => {});
  }

  get waiting(): number {
    return this.#socket.writableLength;
  }

  get isAuthorised(): boolean {
    return this.#keyring.keys.includes(this.#key);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) throw new ConnectionClosed();
    if (socket.write(bytes)) return;
    // One promise for all calls that write at the same time.
    this.#drained ??= drained(socket).finally(() => {
      this.#drained = undefined;
    });
    await within(this.#clock, this.#drained, UNREAD, () => new ExchangeError(`nothing was read for ${UNREAD} s`));
    if (!socket.writable) throw new ConnectionClosed();
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#socket;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The address of the other end. An IPv4 address is dotted quad, also if the connection came in at an IPv6 socket. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
