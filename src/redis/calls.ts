import type { TimedClock } from '../clock.ts';
import type { Argument, Connection, Send } from './connection.ts';
import { InTime } from './in-time.ts';
import { troubleOf } from './trouble.ts';

/** Commands to Redis: each is answered or fails in time, with `ERR_SPAMD_STORE`, and no failure is left without a handler. */
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
