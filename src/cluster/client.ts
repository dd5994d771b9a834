import { EventEmitter } from 'node:events';
import { SpamdSyncError } from '../errors.ts';
import { type Attempt, checkIsAttempt } from '../greylist/attempt.ts';
import type { GreylistEvents } from '../greylist/events.ts';
import { failed, type Verdict } from '../greylist/verdict.ts';
import { badOption, checkedWhole, checkMembers } from '../validate.ts';
import { isAnswer, type Method, revivedError, revivedVerdict } from './protocol.ts';

export interface ClusterGreylistOptions {
  /** What `check` answers when the primary fails or takes too long. Default `pass`: mail matters more. */
  readonly onError?: 'pass' | 'defer';
  /** How long an answer may take, milliseconds, 1..600000. Default 5000. */
  readonly timeoutMs?: number;
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
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed = false;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an option that will not do, and in a process with no channel. */
  constructor(options: ClusterGreylistOptions = {}) {
    super();
    checkMembers('options', options, { onError: true, timeoutMs: true });
    const { onError = 'pass', timeoutMs = 5000 } = options;
    if (onError !== 'pass' && onError !== 'defer') throw badOption('onError', "not 'pass' or 'defer'", onError);
    checkedWhole('timeoutMs', timeoutMs, 1, 600_000);
    if (process.send === undefined) {
      throw new SpamdSyncError('ERR_SPAMD_OPTION', 'ClusterGreylist: this process is no worker of a cluster');
    }
    this.#onError = onError;
    this.#timeoutMs = timeoutMs;
    process.on('message', this.#heard);
    process.on('disconnect', this.#alone);
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
      this.emit('warning', { code: 'WARN_SPAMD_STORE', message, error });
      return failed(this.#onError, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** As `Greylist.trap`. Trouble of the primary or the channel rejects. */
  async trap(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    await this.#ask('trap', [ip, options]);
  }

  /** As `Greylist.allow`. Trouble of the primary or the channel rejects. */
  async allow(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    await this.#ask('allow', [ip, options]);
  }

  /** As `Greylist.forget`. Trouble of the primary or the channel rejects. */
  async forget(ip: string): Promise<void> {
    await this.#ask('forget', [ip]);
  }

  /** Asks no more; what waits for an answer fails. */
  close(): void {
    this.#closed = true;
    process.off('message', this.#heard);
    process.off('disconnect', this.#alone);
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
        clearTimeout(timer);
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
      const late = new Error(`no answer from the primary in ${this.#timeoutMs} ms`);
      const timer = setTimeout(() => waiting.reject(late), this.#timeoutMs);
      this.#waiting.set(id, waiting);
      send({ spamdSync: 'ask', id, method, args }, waiting.reject);
    });
  }

  readonly #heard = (message: unknown): void => {
    if (!isAnswer(message)) return;
    const waiting = this.#waiting.get(message.id);
    if ('error' in message) waiting?.reject(revivedError(message.error));
    else waiting?.resolve(message.value);
  };

  readonly #alone = (): void => this.#failAll('the primary is gone');

  #failAll(why: string): void {
    for (const { reject } of [...this.#waiting.values()]) reject(new Error(why));
  }
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
