import { SpamdSyncError } from '../errors.ts';
import type { Link } from '../transport/transport.ts';
import type { Target } from './options.ts';
import type { Counters } from './stats.ts';

/** A target with its link, and how sending to it went. */
export class Outlet {
  readonly target: Target;
  readonly link: Link;
  readonly #counters: Counters;
  readonly #onFailing: (error: SpamdSyncError) => void;
  #sent = 0;
  #failed = 0;
  #lastError: SpamdSyncError | undefined;

  /** @param onFailing Called when it begins to fail, not each time it does. */
  constructor(target: Target, link: Link, counters: Counters, onFailing: (error: SpamdSyncError) => void) {
    this.target = target;
    this.link = link;
    this.#counters = counters;
    this.#onFailing = onFailing;
  }

  get sent(): number {
    return this.#sent;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Why the last datagram could not be sent; `undefined` once one could. */
  get lastError(): SpamdSyncError | undefined {
    return this.#lastError;
  }

  /** @returns Why the datagram could not be sent, if it could not: one target's trouble is nobody else's. */
  async send(bytes: Buffer, entries: number): Promise<SpamdSyncError | undefined> {
    const counters = this.#counters;
    try {
      await this.link.send(bytes);
    } catch (cause) {
      const error =
        cause instanceof SpamdSyncError ? cause : new SpamdSyncError('ERR_SPAMD_SEND', String(cause), { cause });
      const began = this.#lastError === undefined;
      this.#failed++;
      this.#lastError = error;
      counters.failedDatagrams++;
      if (began) this.#onFailing(error);
      return error;
    }
    this.#sent++;
    this.#lastError = undefined;
    counters.sentDatagrams++;
    counters.sentBytes += bytes.length;
    counters.sentEntries += entries;
    return undefined;
  }
}
