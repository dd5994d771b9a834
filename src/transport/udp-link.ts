import { lookup } from 'node:dns/promises';
import { SpamdSyncError, systemCode } from '../errors.ts';
import type { Link, SendTo } from './transport.ts';

/** What a send fails with when the interface or the address that it is to leave by is gone, or is another than it was. */
const INTERFACE_ERRORS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'ENODEV', 'ENXIO', 'EINVAL']);

/** What a link sends through. */
export interface Port {
  /** Another number each time that it was attached to its interface anew. */
  readonly generation: number;
  send(bytes: Uint8Array, port: number, address: string): Promise<unknown>;
  /** Whether it was attached anew since then; looks whether it has to be. */
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

  /** @param address What it sends to, `undefined` for a name that is to be looked up. */
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

  /** Once more where the socket's interface has changed meanwhile: that is the first to be seen of it. */
  async #sendTo(address: string, bytes: Uint8Array): Promise<void> {
    const { generation } = this.#port;
    try {
      await this.#port.send(bytes, this.#target.port, address);
    } catch (error) {
      if (!INTERFACE_ERRORS.has(systemCode(error) ?? '') || !this.#port.renewedSince(generation)) throw error;
      await this.#port.send(bytes, this.#target.port, address);
    }
  }

  /** Keeps the last known address when the resolver fails: a name server that is down is no reason to fall silent. */
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
