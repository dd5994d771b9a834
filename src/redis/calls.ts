import { createHash } from 'node:crypto';
import type { TimedClock } from '../clock.ts';
import type { Argument, Connection, Send } from './connection.ts';
import { InTime } from './in-time.ts';
import { troubleOf } from './trouble.ts';

/** A Lua script, and the SHA-1 that Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/**
 * Commands to Redis. Each command is answered in time, or fails with `ERR_SPAMD_STORE`. No failure is left without a
 * handler.
 */
export class Calls {
  readonly #connection: Connection;
  readonly #inTime: InTime;

  /** @param timeout How long an answer may take, seconds. */
  constructor(connection: Connection, clock: TimedClock, timeout: number) {
    this.#connection = connection;
    this.#inTime = new InTime(clock, timeout, troubleOf);
  }

  /** @param key The command goes to the server that has this key. */
  send(key: string, args: Argument[]): Promise<unknown> {
    return this.#inTime.run(() => this.#connection.send(key, args), bytesOf(args), key);
  }

  /** Sends a command to one of the servers that `masters` found. */
  sendTo(server: Send, args: Argument[]): Promise<unknown> {
    return this.#inTime.run(() => server(args), bytesOf(args));
  }

  /** Every server that holds keys. */
  masters(): Promise<readonly Send[]> {
    return this.#inTime.run(() => this.#connection.masters(), 0);
  }

  /**
   * Runs a script over a key, and others of the same slot. The script is run by its digest. Its text is sent only if
   * the server does not know the digest, since the server was restarted, or its scripts were flushed.
   */
  run(script: Script, key: string, operands: Argument[]): Promise<unknown> {
    const send = (...how: [string, string]) => this.#connection.send(key, [...how, ...operands]);
    return this.#inTime.run(
      () =>
        send('EVALSHA', script.digest).catch((error: unknown) => {
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return send('EVAL', script.text);
        }),
      bytesOf(operands),
      key,
    );
  }
}

/** How many bytes a command holds until it is answered. A character of a string takes two bytes at the most. */
function bytesOf(args: readonly Argument[]): number {
  let length = 0;
  for (const arg of args) length += arg.length;
  return 2 * length;
}
