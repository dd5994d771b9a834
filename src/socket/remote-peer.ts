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
  /** Whose timers bound that time. Default the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * The peer that another process serves beside its greylist, to look at: see the option `peer` of `serveGreylist`. Each
 * question has a connection of its own.
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
    // A longer one is cut short by the system, and another socket asked.
    checkedPath(path);
    checkMembers('options', options, { timeout: true, clock: true });
    const { timeout = 5 } = options;
    this.#path = path;
    this.#timeout = checkedNumber('timeout', timeout, 0.001, 600);
    this.#clock = timedClock(options.clock);
  }

  /** As `SyncPeer.health`. Rejects for trouble of whoever serves, and where no peer is served. */
  async health(): Promise<PeerHealth> {
    const { targets, ...health } = JSON.parse(await this.#ask({ peerHealth: true })) as PeerHealth;
    const revived = targets.map(({ lastError, ...target }) => ({
      ...target,
      lastError: lastError === undefined ? undefined : (errorOf(lastError as Failure) as SpamdSyncError),
    }));
    return { ...health, targets: revived };
  }

  /** As `SyncPeer.stats`. Rejects for trouble of whoever serves, and where no peer is served. */
  async stats(): Promise<PeerStats> {
    return JSON.parse(await this.#ask({ peerStats: true })) as PeerStats;
  }

  /**
   * What is received, dropped and sent from now on. A reader may fall behind by half a MiB of it as JSON;
   * what it misses beyond that is counted, and an event says so. At most eight may follow one socket at once.
   *
   * Rejects for trouble of whoever serves, and when that ends.
   *
   * @param options `signal` ends it by rejecting with its reason.
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

  /** Ends what is followed and what waits for an answer. Idempotent. */
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

  /** @param isLive After the first response nothing may happen for as long as it likes. */
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
