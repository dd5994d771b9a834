import { isIPv4 } from 'node:net';
import { every, sleep, type TimedClock, type Timer } from '../clock.ts';
import type { Entry } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import type { Link } from '../transport/transport.ts';
import type { Target } from './options.ts';
import type { Packable } from './packer.ts';
import type { Counters } from './stats.ts';

/** How often names that failed are looked up again, seconds. */
const RETRY_INTERVAL = 30;
/** After this many of those times all names are looked up again, to follow a host that moved: every five minutes. */
const REFRESH_EVERY = 10;
/** How long the first look-up of a name may hold up its caller, seconds; the look-up itself goes on. */
const FIRST_LOOK_UP = 2;

/** A datagram that went out to a target. */
export interface Sent {
  /** The entries in it, in the form of the target's dialect; a freshness marker is left out. */
  readonly entries: readonly Entry[];
  /** The target as it was configured. */
  readonly target: string;
  /** Bytes of the datagram. */
  readonly size: number;
}

/** Called about a target's datagrams. */
export interface OutletEvents {
  /** Sending to the target begins to fail; not called for each failure. */
  readonly onFailing: (error: SpamdSyncError) => void;
  /** The system took a datagram of so many bytes with these entries. */
  readonly onSent: (target: Target, sharing: readonly Packable[], size: number) => void;
}

/** A target with its link, and how sending to it went. */
export class Outlet {
  readonly target: Target;
  readonly link: Link;
  readonly #counters: Counters;
  readonly #events: OutletEvents;
  #sent = 0;
  #failed = 0;
  #lastError: SpamdSyncError | undefined;

  constructor(target: Target, link: Link, counters: Counters, events: OutletEvents) {
    this.target = target;
    this.link = link;
    this.#counters = counters;
    this.#events = events;
  }

  get sent(): number {
    return this.#sent;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Why the last datagram could not be sent; `undefined` if it was sent. */
  get lastError(): SpamdSyncError | undefined {
    return this.#lastError;
  }

  /**
   * @param sharing The entries that share the datagram.
   * @returns Why the datagram could not be sent, if it could not. It does not throw: a target that fails must not
   * affect the others.
   */
  async send(bytes: Buffer, sharing: readonly Packable[]): Promise<SpamdSyncError | undefined> {
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
      if (began) this.#events.onFailing(error);
      return error;
    }
    this.#sent++;
    this.#lastError = undefined;
    counters.sentDatagrams++;
    counters.sentBytes += bytes.length;
    counters.sentEntries += sharing.length;
    this.#events.onSent(this.target, sharing, bytes.length);
    return undefined;
  }
}

/**
 * Looks a name up for the first time. Resolves when that is done, when it has taken two seconds, or when `signal` is
 * aborted. Never rejects, and leaves no timer. The look-up itself is the system's, and goes on.
 */
export async function lookUp(link: Link, clock: TimedClock, signal?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const end = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const lookedUp = link
    .refresh()
    .catch(() => {})
    .finally(() => done.abort());
  await Promise.race([lookedUp, sleep(clock, FIRST_LOOK_UP, end)]);
}

/**
 * Looks the targets' names up again, until the timer is cancelled. Does not keep the process alive. Sets no timer if
 * there are no names.
 */
export function lookUpAgain(outlets: readonly Outlet[], clock: TimedClock): Timer | undefined {
  const names = outlets.filter(({ target, link }) => !link.multicast && !isIPv4(target.host));
  if (names.length === 0) return undefined;
  let round = 0;
  return every(clock, RETRY_INTERVAL, () => {
    const all = ++round % REFRESH_EVERY === 0;
    for (const { link } of names) if (all || link.failing) void link.refresh();
  });
}
