import { EventEmitter } from 'node:events';
import { type Clock, type TimedClock, timedClock, within } from '../clock.ts';
import { SpamdSyncError } from '../errors.ts';
import { checkAll } from '../greylist/check-all.ts';
import type { GreylistEvents } from '../greylist/events.ts';
import type { Greylist } from '../greylist/greylist.ts';
import { type Attempt, type CheckOptions, checkedTrapsOnly, checkIsAttempt } from '../greylist/input.ts';
import {
  type ClaimOptions,
  checkedDelivery,
  checkedTrap,
  type Released,
  type SweepReport,
  type TrapOptions,
} from '../greylist/options.ts';
import { checkedExport, type ExportedRecord, type ExportOptions, type ImportReport } from '../greylist/records.ts';
import type { GreylistStats } from '../greylist/stats.ts';
import { undecided, type Verdict } from '../greylist/verdict.ts';
import type { Why } from '../greylist/why.ts';
import { Listeners } from '../listeners.ts';
import { checkRecords, type SpamdbRecord } from '../spamdb-record.ts';
import { checkedPath } from '../stream-server.ts';
import { badOption, checkedNumber, checkMembers } from '../validate.ts';
import { endedError, responsesTo, ServerLink } from './link.ts';
import {
  type AttemptMessage,
  errorOf,
  has,
  type RequestProperties,
  type Response,
  recordsOf,
  recordText,
  verdictOf,
} from './messages.ts';
import { batches } from './served.ts';

/** Options of a `RemoteGreylist`. */
export interface RemoteGreylistOptions {
  /**
   * What `check` answers if no process serves the greylist, or an answer takes too long. Default `pass`: mail matters
   * more.
   */
  readonly onError?: 'pass' | 'defer' | undefined;
  /** How long an answer may take, seconds, 0.001..600. Default 5. In a stream of answers this is the time for each. */
  readonly timeout?: number | undefined;
  /**
   * With `true`, the connection alone does not keep the process alive. A request that waits for its answer does.
   * Default `false`.
   */
  readonly unref?: boolean | undefined;
  /** The clock whose timers bound that time. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** How many requests may wait for an answer at once. */
const MAX_WAITING = 16_384;
/**
 * How long it does not connect again after a failure, seconds. Otherwise each attempt of a client would try to connect.
 */
const RETRY_AFTER = 0.1;

/**
 * The greylist that another process serves on a Unix socket, see `serveGreylist`. Connects at the first request, and
 * again after the connection is lost.
 *
 * @example
 * const greylist = new RemoteGreylist('/run/spamd-sync/control');
 * const verdict = await greylist.check({ ip, helo, from, to });
 */
export class RemoteGreylist extends EventEmitter<GreylistEvents> implements AsyncDisposable {
  readonly #path: string;
  readonly #onError: 'pass' | 'defer';
  readonly #timeout: number;
  readonly #unref: boolean;
  readonly #clock: TimedClock;
  readonly #listeners: Listeners<GreylistEvents>;
  #link: Promise<ServerLink> | undefined;
  #failed: { readonly at: number; readonly error: unknown } | undefined;
  #waiting = 0;
  readonly #closed = new AbortController();

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(path: string, options: RemoteGreylistOptions = {}) {
    super();
    // The system would cut a longer path short, and connect to another socket.
    checkedPath(path);
    checkMembers('options', options, { onError: true, timeout: true, unref: true, clock: true });
    const { onError = 'pass', timeout = 5, unref = false } = options;
    if (onError !== 'pass' && onError !== 'defer') throw badOption('onError', "not 'pass' or 'defer'", onError);
    if (typeof unref !== 'boolean') throw badOption('unref', 'not true or false', unref);
    this.#path = path;
    this.#unref = unref;
    this.#onError = onError;
    this.#timeout = checkedNumber('timeout', timeout, 0.001, 600);
    this.#clock = timedClock(options.clock);
    this.#listeners = new Listeners(this, this.#clock);
  }

  /**
   * As `Greylist.check`. Does not reject if the serving process cannot answer: the answer is then that of `onError`.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_FIELD` if `ip` is not an IP address or a string is missing.
   */
  async check(attempt: Attempt, options: CheckOptions = {}): Promise<Verdict> {
    const trapsOnly = checkedTrapsOnly(options);
    checkIsAttempt(attempt);
    const asked = attemptMessage(attempt);
    try {
      const { verdict } = await this.#ask(trapsOnly ? { checkTraps: asked } : { check: asked });
      return verdictOf(verdict ?? {});
    } catch (error) {
      if (error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_FIELD') throw error;
      const cause = error instanceof Error ? error : new Error(String(error));
      const message = `the greylist could not decide: ${cause.message}`;
      this.#listeners.call('warning', { code: 'WARN_SPAMD_STORE', message, error });
      return undecided(this.#onError, cause);
    }
  }

  /** As `Greylist.checkAll`. If the serving process cannot answer, it answers as {@link check} does. */
  checkAll(attempt: Omit<Attempt, 'to'>, recipients: Iterable<string>, options?: CheckOptions): Promise<Verdict> {
    return checkAll((one) => this.check(one, options), attempt, recipients);
  }

  /** As `Greylist.trap`. Rejects if the serving process cannot answer. */
  async trap(ip: string, options: TrapOptions = {}): Promise<void> {
    const { by, ...rest } = checkedTrap(options);
    const trap = claim(ip, rest);
    await this.#ask({ trap: by === undefined ? trap : { ...trap, by: by.slice(0, MAX_STRING) } });
  }

  /** As `Greylist.allow`. Rejects if the serving process cannot answer. */
  async allow(ip: string, options: ClaimOptions = {}): Promise<void> {
    await this.#ask({ allow: claim(ip, options) });
  }

  /** As `Greylist.delivered`. Rejects if the serving process cannot answer. */
  async delivered(ip: string, options: { readonly endsTrap?: boolean | undefined } = {}): Promise<boolean> {
    const { endsTrap = false } = checkedDelivery(options);
    return (await this.#ask({ delivered: { ip: text('ip', ip), endsTrap } })).flag;
  }

  /** As `Greylist.forget`. Rejects if the serving process cannot answer. */
  async forget(ip: string): Promise<void> {
    await this.#ask({ forget: text('ip', ip) });
  }

  /** As `Greylist.release`. Rejects if the serving process cannot answer. */
  async release(
    waiting: string | Attempt,
    options: { readonly endsTrap?: boolean | undefined } = {},
  ): Promise<Released> {
    const { endsTrap = false } = checkedDelivery(options);
    const isTuple = typeof waiting === 'object' && waiting !== null;
    const release = isTuple ? { attempt: attemptMessage(waiting), endsTrap } : { ip: text('ip', waiting), endsTrap };
    return (await this.#ask({ release })).released as Released;
  }

  /** As `Greylist.why`. Rejects if the serving process cannot answer. */
  async why(ip: string): Promise<Why> {
    return JSON.parse((await this.#ask({ why: text('ip', ip) })).json) as Why;
  }

  /** As `Greylist.spamtraps`. */
  readonly spamtraps: Greylist['spamtraps'] = {
    add: async (address) => void (await this.#ask({ addSpamtrap: text('address', address) })),
    delete: async (address) => (await this.#ask({ deleteSpamtrap: text('address', address) })).flag,
    has: async (address) => (await this.#ask({ hasSpamtrap: text('address', address) })).flag,
    list: () => this.#spamtraps(),
  };

  /** As `Greylist.export`. */
  async *export(options: ExportOptions = {}): AsyncGenerator<ExportedRecord, void> {
    const request = checkedExport(options) ? { exportEvidence: true } : { export: true };
    for await (const { records } of this.#stream(request)) yield* recordsOf(records);
  }

  /** As `Greylist.snapshot`. */
  async *snapshot(): AsyncGenerator<Uint8Array, void> {
    for await (const response of this.#stream({ snapshot: true })) if (has(response, 'chunk')) yield response.chunk;
  }

  /** As `Greylist.import`. */
  async import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    checkRecords(records);
    async function* requests(): AsyncGenerator<RequestProperties, void> {
      for await (const record of batches(records, recordText)) yield { import: { record } };
      yield { import: {}, end: true };
    }
    for await (const { json } of this.#responses(requests())) return JSON.parse(json) as ImportReport;
    throw endedError(this.#path);
  }

  /** As `Greylist.sweep`. */
  async sweep(): Promise<SweepReport> {
    return JSON.parse((await this.#ask({ sweep: true })).json) as SweepReport;
  }

  /** As `Greylist.stats`. Rejects if the serving process cannot answer. */
  async stats(): Promise<GreylistStats> {
    return JSON.parse((await this.#ask({ stats: true })).json) as GreylistStats;
  }

  /** Sends no more requests. Those that wait for an answer fail. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(closedError());
    const link = await this.#link?.catch(() => undefined);
    link?.close(closedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#spamtraps(): AsyncGenerator<string, void> {
    for await (const { spamtrap } of this.#stream({ listSpamtraps: true })) yield* spamtrap;
  }

  async #ask(request: RequestProperties): Promise<Response> {
    if (this.#waiting >= MAX_WAITING) throw new Error(`${MAX_WAITING} questions wait for an answer`);
    this.#waiting++;
    let forget: (() => void) | undefined;
    try {
      const asked = async (): Promise<Response> => {
        const question = (await this.#connected()).ask(request);
        forget = question.forget;
        return question.answer;
      };
      return checked(await this.#inTime(asked()));
    } finally {
      forget?.();
      this.#waiting--;
    }
  }

  #stream(request: RequestProperties): AsyncGenerator<Response, void> {
    async function* requests(): AsyncGenerator<RequestProperties, void> {
      yield request;
    }
    return this.#responses(requests());
  }

  async *#responses(requests: AsyncIterable<RequestProperties>): AsyncGenerator<Response, void> {
    if (this.#closed.signal.aborted) throw closedError();
    const options = { inTime: <T>(step: Promise<T>) => this.#inTime(step), signal: this.#closed.signal };
    for await (const one of responsesTo(this.#path, requests, options)) {
      const response = checked(one);
      if (response.end) return;
      yield response;
    }
    throw endedError(this.#path);
  }

  /** Requests made at the same time share one connection, also after the one before was lost. */
  async #connected(): Promise<ServerLink> {
    if (this.#closed.signal.aborted) throw closedError();
    const known = this.#link;
    if (known !== undefined) {
      const link = await known;
      if (link.isOpen) return link;
      if (this.#link === known) this.#link = undefined;
      return this.#connected();
    }
    const failed = this.#failed;
    if (failed !== undefined && this.#clock.monotonic() - failed.at < RETRY_AFTER) throw failed.error;
    this.#link = ServerLink.open(this.#path, { unref: this.#unref });
    try {
      return await this.#link;
    } catch (error) {
      this.#failed = { at: this.#clock.monotonic(), error };
      this.#link = undefined;
      throw error;
    }
  }

  #inTime<T>(promise: Promise<T>): Promise<T> {
    return within(
      this.#clock,
      promise,
      this.#timeout,
      () => new Error(`${this.#path}: no answer in ${this.#timeout} s`),
    );
  }
}

/** @throws The error that the serving process threw. */
export function checked(response: Response): Response {
  if (response.failure != null) throw errorOf(response.failure);
  return response;
}

function claim(ip: string, options: ClaimOptions): { ip: string; expires?: number } {
  checkMembers('options', options, { expires: true });
  const { expires } = options;
  const seconds = expires instanceof Date ? Math.floor(expires.getTime() / 1000) : expires;
  return seconds === undefined ? { ip: text('ip', ip) } : { ip: text('ip', ip), expires: seconds };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_FIELD` for a member that is not a string. */
function attemptMessage({ ip, helo, from, to, connectedTo }: Attempt): AttemptMessage {
  const strings = { ip: cut('ip', ip), helo: cut('helo', helo), from: cut('from', from), to: cut('to', to) };
  return connectedTo === undefined ? strings : { ...strings, connectedTo: cut('connectedTo', connectedTo) };
}

/**
 * The longest string of an attempt, characters. Five such strings fit in a message. The greylist keeps far shorter
 * ones.
 */
const MAX_STRING = 65_536;

/** Cuts a string, so that a client does not get past the greylist with one that does not fit in a message. */
function cut(field: string, value: string): string {
  return text(field, value).slice(0, MAX_STRING);
}

/** Checks that a value is a string, because protobufjs would send any value as text. */
function text(field: string, value: string): string {
  if (typeof value === 'string') return value;
  throw new SpamdSyncError('ERR_SPAMD_FIELD', `${field} is not a string`);
}

function closedError(): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_CLOSED', 'the greylist is closed');
}
