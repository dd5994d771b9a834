import { SpamdSyncError } from '../errors.ts';
import { checkedWhole } from '../validate.ts';
import type { Connection, Send } from './connection.ts';
import type { Script } from './script.ts';

/** What may wait for an answer at once. A client that has lost its server queues; the queue must have an end. */
const MAX_WAITING = 16_384;
const DEFAULT_TIMEOUT_MS = 2000;

/**
 * Commands to Redis: each is answered or fails in time, with `ERR_SPAMD_STORE`, and nothing is left to fail unheard.
 */
export class Calls {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  #waiting = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
  constructor(connection: Connection, timeoutMs: number = DEFAULT_TIMEOUT_MS) {
    this.#connection = connection;
    this.#timeoutMs = checkedWhole('timeoutMs', timeoutMs, 1, 600_000);
  }

  send(key: string, args: string[]): Promise<unknown> {
    return this.#inTime(() => this.#connection.send(key, args));
  }

  /** To one server of those that `masters` found. */
  sendTo(server: Send, args: string[]): Promise<unknown> {
    return this.#inTime(() => server(args));
  }

  masters(): Promise<readonly Send[]> {
    return this.#inTime(() => this.#connection.masters());
  }

  /** Runs a script by its digest, or as a whole where the server does not know it: it was restarted, or flushed. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const [first = ''] = keys;
    const operands = [`${keys.length}`, ...keys, ...args];
    return this.#inTime(async () => {
      try {
        return await this.#connection.send(first, ['EVALSHA', script.digest, ...operands]);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return this.#connection.send(first, ['EVAL', script.text, ...operands]);
      }
    });
  }

  /** What was given up still counts as waiting for as long as the client holds on to it. */
  #inTime<T>(start: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      return Promise.reject(trouble(`it does not keep up: ${MAX_WAITING} commands wait for an answer`));
    }
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#timeoutMs;
      const timer = setTimeout(() => reject(trouble(`no answer in ${timeoutMs} ms`)), timeoutMs);
      const settled = (): void => {
        this.#waiting--;
        clearTimeout(timer);
      };
      this.#started(start).then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(trouble(error instanceof Error ? error.message : String(error), error));
        },
      );
    });
  }

  /** A client may throw at once, too. */
  async #started<T>(start: () => Promise<T>): Promise<T> {
    return start();
  }
}

function trouble(why: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_STORE', `Redis: ${why}`, { cause });
}
