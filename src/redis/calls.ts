import { type TimedClock, within } from '../clock.ts';
import { SpamdSyncError } from '../errors.ts';
import type { Argument, Connection, Send } from './connection.ts';

/** What may wait for an answer at once. A client that has lost its server queues; the queue must have an end. */
const MAX_WAITING = 16_384;

/** Trouble with Redis, of which the message says what it is. */
export function trouble(why: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_STORE', `Redis: ${why}`, { cause });
}

/** Says what to do where a key holds anything but a value of this version. */
export function foreign(cause: unknown): SpamdSyncError {
  const why = 'a key holds what this version does not keep there: that of an older version, or of another program';
  return trouble(`${why}; use another prefix, or delete the keys that begin with this one`, cause);
}

/** What is done in time, or fails with `ERR_SPAMD_STORE`. So much of it may wait at once. */
export class InTime {
  readonly #clock: TimedClock;
  readonly #timeout: number;
  #waiting = 0;

  /** @param timeout Seconds. */
  constructor(clock: TimedClock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /**
   * What was given up still counts as waiting for as long as it is held on to.
   *
   * @param start Is told whether it has been given up.
   */
  run<T>(start: (isLate: () => boolean) => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      return Promise.reject(trouble(`it does not keep up: ${MAX_WAITING} commands wait for an answer`));
    }
    this.#waiting++;
    let isLate = false;
    const late = (): Error => {
      isLate = true;
      return trouble(`no answer in ${this.#timeout} s`);
    };
    const started = start(() => isLate).finally(() => this.#waiting--);
    return within(this.#clock, started, this.#timeout, late);
  }
}

/** Commands to Redis: each is answered or fails in time, with `ERR_SPAMD_STORE`, and nothing is left to fail unheard. */
export class Calls {
  readonly #connection: Connection;
  readonly #inTime: InTime;

  /** @param timeout How long an answer may take, seconds. */
  constructor(connection: Connection, clock: TimedClock, timeout: number) {
    this.#connection = connection;
    this.#inTime = new InTime(clock, timeout);
  }

  /** @param key Whose server the command is for. */
  send(key: string, args: Argument[]): Promise<unknown> {
    return this.#call(() => this.#connection.send(key, args));
  }

  /** To one server of those that `masters` found. */
  sendTo(server: Send, args: Argument[]): Promise<unknown> {
    return this.#call(() => server(args));
  }

  /** Every server that holds keys. */
  masters(): Promise<readonly Send[]> {
    return this.#call(() => this.#connection.masters());
  }

  /** Runs a script by its digest, or as a whole where the server does not know it: it was restarted, or flushed. */
  run(script: { readonly text: string; readonly digest: string }, key: string, operands: Argument[]): Promise<unknown> {
    return this.#call(async () => {
      try {
        return await this.#connection.send(key, ['EVALSHA', script.digest, ...operands]);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return this.#connection.send(key, ['EVAL', script.text, ...operands]);
      }
    });
  }

  #call<T>(start: () => Promise<T>): Promise<T> {
    return this.#inTime.run(async () => {
      try {
        return await start();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw /\bWRONGTYPE\b/.test(message) ? foreign(error) : trouble(message, error);
      }
    });
  }
}
