import type { TimedClock } from '../clock.ts';
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

  readonly #errorOf: (error: unknown) => unknown;

  /**
   * @param timeout Seconds.
   * @param errorOf What is reported of an error. Default: the error.
   */
  constructor(clock: TimedClock, timeout: number, errorOf: (error: unknown) => unknown = (error) => error) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#errorOf = errorOf;
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
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = this.#clock.setTimer(this.#timeout, () => {
        isLate = true;
        reject(trouble(`no answer in ${this.#timeout} s`));
      });
      const settled = (): void => {
        this.#waiting--;
        timer.cancel();
      };
      started(() => start(() => isLate)).then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(this.#errorOf(error));
        },
      );
    });
  }
}

/** Commands to Redis: each is answered or fails in time, with `ERR_SPAMD_STORE`, and nothing is left to fail unheard. */
export class Calls {
  readonly #connection: Connection;
  readonly #inTime: InTime;

  /** @param timeout How long an answer may take, seconds. */
  constructor(connection: Connection, clock: TimedClock, timeout: number) {
    this.#connection = connection;
    this.#inTime = new InTime(clock, timeout, troubleOf);
  }

  /** @param key Whose server the command is for. */
  send(key: string, args: Argument[]): Promise<unknown> {
    return this.#inTime.run(() => this.#connection.send(key, args));
  }

  /** To one server of those that `masters` found. */
  sendTo(server: Send, args: Argument[]): Promise<unknown> {
    return this.#inTime.run(() => server(args));
  }

  /** Every server that holds keys. */
  masters(): Promise<readonly Send[]> {
    return this.#inTime.run(() => this.#connection.masters());
  }

  /** Runs a script by its digest, or as a whole where the server does not know it: it was restarted, or flushed. */
  run(script: { readonly text: string; readonly digest: string }, key: string, operands: Argument[]): Promise<unknown> {
    const send = (...how: [string, string]) => this.#connection.send(key, [...how, ...operands]);
    return this.#inTime.run(() =>
      send('EVALSHA', script.digest).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return send('EVAL', script.text);
      }),
    );
  }
}

/** A client may throw at once, too. */
function started<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}

function troubleOf(error: unknown): SpamdSyncError {
  const message = error instanceof Error ? error.message : String(error);
  return /\bWRONGTYPE\b/.test(message) ? foreign(error) : trouble(message, error);
}
