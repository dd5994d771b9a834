import { type Clock, type TimedClock, timedClock, within } from '../clock.ts';
import { SpamdSyncError } from '../errors.ts';
import type { PeerHealth } from '../peer/health.ts';
import type { PeerStats } from '../peer/stats.ts';
import { checkedPath } from '../stream-server.ts';
import { checkedNumber, checkMembers, checkSignal } from '../validate.ts';
import { endedError, responsesTo } from './link.ts';
import { errorOf, type Failure, type RequestProperties, type Response } from './messages.ts';
import { checked } from './remote.ts';
import type { PeerEvent } from './served-peer.ts';

/** Options of a `RemotePeer`. */
export interface RemotePeerOptions {
  /** How long an answer may take, seconds, 0.001..600. Default 5. */
  readonly timeout?: number | undefined;
  /** The clock whose timers bound that time. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Asks about the peer that another process serves beside its greylist: see the option `peer` of `serveGreylist`. Each
 * request has a connection of its own.
 *
 * @example
 * const peer = new RemotePeer('/run/spamd-sync/control');
 * for await (const { event, ...about } of peer.events()) console.log(event, about);
 */
export class RemotePeer implements AsyncDisposable {
  readonly #path: string;
  readonly #timeout: number;
  readonly #clock: TimedClock;
  readonly #closed = new AbortController();

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(path: string, options: RemotePeerOptions = {}) {
    // The system would cut a longer path short, and connect to another socket.
    checkedPath(path);
    checkMembers('options', options, { timeout: true, clock: true });
    const { timeout = 5 } = options;
    this.#path = path;
    this.#timeout = checkedNumber('timeout', timeout, 0.001, 600);
    this.#clock = timedClock(options.clock);
  }

  /** As `SyncPeer.health`. Rejects if the serving process cannot answer, or serves no peer. */
  async health(): Promise<PeerHealth> {
    const { targets, ...health } = JSON.parse(await this.#ask({ peerHealth: true })) as PeerHealth;
    const revived = targets.map(({ lastError, ...target }) => ({
      ...target,
      lastError: lastError === undefined ? undefined : (errorOf(lastError as Failure) as SpamdSyncError),
    }));
    return { ...health, targets: revived };
  }

  /** As `SyncPeer.stats`. Rejects if the serving process cannot answer, or serves no peer. */
  async stats(): Promise<PeerStats> {
    return JSON.parse(await this.#ask({ peerStats: true })) as PeerStats;
  }

  /**
   * What the peer receives, drops and sends from now on. A caller may fall behind by half a MiB of events as JSON.
   * Beyond that events are left out and counted, and an event says how many. At most eight callers may follow one
   * socket at once.
   *
   * Rejects if the serving process cannot answer, and when it ends.
   *
   * @param options An abort of `signal` makes it reject with the signal's reason.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option.
   */
  async *events(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<PeerEvent, void> {
    checkMembers('options', options, { signal: true });
    checkSignal(options.signal);
    for await (const { peerEvent } of this.#responses({ peerEvents: true }, true, options.signal)) {
      for (const text of peerEvent) yield JSON.parse(text) as PeerEvent;
    }
    throw endedError(this.#path);
  }

  /** Ends the events that are followed, and the requests that wait for an answer. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new SpamdSyncError('ERR_SPAMD_CLOSED', 'the peer is closed'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask(request: RequestProperties): Promise<string> {
    for await (const { json } of this.#responses(request, false)) return json;
    throw endedError(this.#path);
  }

  /** @param isLive Whether the wait for the responses after the first one is unlimited. */
  async *#responses(request: RequestProperties, isLive: boolean, signal?: AbortSignal): AsyncGenerator<Response, void> {
    const signals = signal === undefined ? [this.#closed.signal] : [this.#closed.signal, signal];
    const either = AbortSignal.any(signals);
    either.throwIfAborted();
    let isBounded = true;
    const late = (): Error => new Error(`${this.#path}: no answer in ${this.#timeout} s`);
    const inTime = <T>(step: Promise<T>): Promise<T> =>
      isBounded ? within(this.#clock, step, this.#timeout, late) : step;
    async function* requests(): AsyncGenerator<RequestProperties, void> {
      yield request;
    }
    for await (const one of responsesTo(this.#path, requests(), { inTime, signal: either })) {
      const response = checked(one);
      if (response.end) return;
      isBounded = !isLive;
      yield response;
    }
  }
}
