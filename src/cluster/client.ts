import { EventEmitter } from 'node:events';
import { type Clock, type TimedClock, timedClock } from '../clock.ts';
import { SpamdSyncError } from '../errors.ts';
import type { GreylistEvents } from '../greylist/events.ts';
import { type Attempt, checkIsAttempt } from '../greylist/input.ts';
import type { ClaimOptions } from '../greylist/options.ts';
import { undecided, type Verdict } from '../greylist/verdict.ts';
import { Listeners } from '../listeners.ts';
import { badOption, checkedNumber, checkMembers } from '../validate.ts';
import { isAnswer, type Method, revivedError, revivedVerdict } from './protocol.ts';

/** Options of a greylist in a worker. */
export interface ClusterGreylistOptions {
  /** What `check` answers when the primary fails or takes too long. Default `pass`: mail matters more. */
  readonly onError?: 'pass' | 'defer' | undefined;
  /** How long an answer may take, seconds, 0.001..600. Default 5. */
  readonly timeout?: number | undefined;
  /** Whose timers bound that time. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** What may wait for an answer at once. */
const MAX_WAITING = 16_384;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** In a worker of a Node cluster: the greylist that the primary serves, asked over IPC. */
export class ClusterGreylist extends EventEmitter<GreylistEvents> implements Disposable {
  readonly #onError: 'pass' | 'defer';
  readonly #timeout: number;
  readonly #clock: TimedClock;
  readonly #listeners: Listeners<GreylistEvents>;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed = false;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option, and in a process with no channel. */
  constructor(options: ClusterGreylistOptions = {}) {
    super();
    checkMembers('options', options, { onError: true, timeout: true, clock: true });
    const { onError = 'pass', timeout = 5 } = options;
    if (onError !== 'pass' && onError !== 'defer') throw badOption('onError', "not 'pass' or 'defer'", onError);
    if (process.send === undefined) {
      throw new SpamdSyncError('ERR_SPAMD_OPTION', 'ClusterGreylist: this process is no worker of a cluster');
    }
    this.#onError = onError;
    this.#timeout = checkedNumber('timeout', timeout, 0.001, 600);
    this.#clock = timedClock(options.clock);
    this.#listeners = new Listeners(this, this.#clock);
    process.on('message', this.#receive);
    process.on('disconnect', this.#orphaned);
  }

  /**
   * As `Greylist.check`. Never rejects for trouble of the primary or the channel: then it answers as `onError` says.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_FIELD` when `ip` is no IP address or a string is missing.
   */
  async check(attempt: Attempt): Promise<Verdict> {
    checkIsAttempt(attempt);
    const { ip, helo, from, to, connectedTo } = attempt;
    try {
      return revivedVerdict(await this.#ask('check', [{ ip, helo, from, to, connectedTo }]));
    } catch (error) {
      if (error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_FIELD') throw error;
      const message = `the primary could not decide: ${error instanceof Error ? error.message : String(error)}`;
      this.#listeners.call('warning', { code: 'WARN_SPAMD_STORE', message, error });
      return undecided(this.#onError, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** As `Greylist.trap`. Trouble of the primary or the channel rejects. */
  async trap(ip: string, options: ClaimOptions = {}): Promise<void> {
    await this.#ask('trap', [ip, sendable(options)]);
  }

  /** As `Greylist.allow`. Trouble of the primary or the channel rejects. */
  async allow(ip: string, options: ClaimOptions = {}): Promise<void> {
    await this.#ask('allow', [ip, sendable(options)]);
  }

  /** As `Greylist.forget`. Trouble of the primary or the channel rejects. */
  async forget(ip: string): Promise<void> {
    await this.#ask('forget', [ip]);
  }

  /** Asks no more; what waits for an answer fails. */
  close(): void {
    this.#closed = true;
    process.off('message', this.#receive);
    process.off('disconnect', this.#orphaned);
    this.#failAll('the greylist is closed');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ask(method: Method, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new SpamdSyncError('ERR_SPAMD_CLOSED', 'the greylist is closed'));
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new Error(`the primary does not keep up: ${MAX_WAITING} questions wait for an answer`));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer.cancel();
        this.#waiting.delete(id);
      };
      const waiting: Waiting = {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const late = new Error(`no answer from the primary in ${this.#timeout} s`);
      const timer = this.#clock.setTimer(this.#timeout, () => waiting.reject(late));
      this.#waiting.set(id, waiting);
      send({ spamdSync: 'ask', id, method, args }, waiting.reject);
    });
  }

  readonly #receive = (message: unknown): void => {
    if (!isAnswer(message)) return;
    const waiting = this.#waiting.get(message.id);
    if ('error' in message) waiting?.reject(revivedError(message.error));
    else waiting?.resolve(message.value);
  };

  readonly #orphaned = (): void => this.#failAll('the primary is gone');

  #failAll(why: string): void {
    for (const { reject } of [...this.#waiting.values()]) reject(new Error(why));
  }
}

/** The channel carries JSON, in which a Date is a text. */
function sendable(options: ClaimOptions): ClaimOptions {
  const expires = options?.expires;
  return expires instanceof Date ? { ...options, expires: Math.floor(expires.getTime() / 1000) } : options;
}

/** A channel that is closed throws, or says so later. */
function send(message: object, failed: (error: Error) => void): void {
  if (process.send === undefined || !process.connected) failed(new Error('the primary is gone'));
  else {
    process.send(message, undefined, undefined, (error) => {
      if (error !== null) failed(error);
    });
  }
}
