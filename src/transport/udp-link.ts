import { lookup } from 'node:dns/promises';
import { SpamdSyncError, systemCode } from '../errors.ts';
import type { Link, SendTo } from './transport.ts';

/** The errors of a send when the interface or the address that it must leave by is gone or has changed. */
const INTERFACE_ERRORS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'ENODEV', 'ENXIO', 'EINVAL']);

/** The socket through which a link sends. */
export interface Port {
  /** A number that changes each time the socket is attached to its interface anew. */
  readonly generation: number;
  send(bytes: Uint8Array, port: number, address: string): Promise<unknown>;
  /** Whether the socket was attached anew since that generation. If not, this first checks whether it has to be. */
  renewedSince(generation: number): boolean;
}

/** One target over UDP. */
export class UdpLink implements Link {
  readonly #port: Port;
  readonly #target: SendTo;
  readonly #byName: boolean;
  readonly multicast: boolean;
  #address: string | undefined;
  #failed = false;
  #refreshing: Promise<void> | undefined;
  #why: unknown;

  /** @param address The address to send to; `undefined` for a name that must be looked up. */
  constructor(port: Port, target: SendTo, address: string | undefined, multicast: boolean) {
    this.#port = port;
    this.#target = target;
    this.#address = address;
    this.#byName = address === undefined;
    this.multicast = multicast;
  }

  get address(): string | undefined {
    return this.#address;
  }

  get failing(): boolean {
    return this.#failed;
  }

  refresh(): Promise<void> {
    if (!this.#byName) return Promise.resolve();
    this.#refreshing ??= this.#resolve().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async send(bytes: Uint8Array): Promise<void> {
    const { host, port } = this.#target;
    if (this.#address === undefined) {
      const why = systemCode(this.#why) ?? 'not resolved';
      throw new SpamdSyncError('ERR_SPAMD_RESOLVE', `target ${host}: name does not resolve: ${why}`, {
        cause: this.#why,
      });
    }
    try {
      await this.#sendTo(this.#address, bytes);
      this.#failed = false;
    } catch (cause) {
      this.#failed = true;
      const why = systemCode(cause) ?? String(cause);
      throw new SpamdSyncError('ERR_SPAMD_SEND', `target ${host}: sending to ${this.#address}:${port}: ${why}`, {
        cause,
      });
    }
  }

  /** Sends once more if the socket's interface has changed: the failed send is the first sign of that. */
  async #sendTo(address: string, bytes: Uint8Array): Promise<void> {
    const { generation } = this.#port;
    try {
      await this.#port.send(bytes, this.#target.port, address);
    } catch (error) {
      if (!INTERFACE_ERRORS.has(systemCode(error) ?? '') || !this.#port.renewedSince(generation)) throw error;
      await this.#port.send(bytes, this.#target.port, address);
    }
  }

  /**
   * Keeps the last known address when the look-up fails, so that the peer goes on sending while a name server is down.
   */
  async #resolve(): Promise<void> {
    try {
      this.#address = (await lookup(this.#target.host, { family: 4 })).address;
      this.#failed = false;
    } catch (error) {
      this.#why = error;
      this.#failed = true;
    }
  }
}
