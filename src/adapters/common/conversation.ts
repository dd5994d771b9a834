import type { Socket } from 'node:net';
import type { TimedClock } from '../../clock.ts';
import { drained, type StreamConnection } from '../../stream-server.ts';

/** Why received bytes cannot be read as messages. */
export type ReadProblem = 'malformed' | 'oversize';
/** Why this host ended a connection. */
export type DropReason = ReadProblem | 'timeout' | 'error';

/** Puts messages together from the chunks that a socket gives. A chunk may begin and end anywhere. */
export interface MessageReader<Message extends object> {
  /** Bytes that were received and not taken. */
  readonly size: number;
  push(chunk: Buffer): void;
  /** Takes the next message; `undefined` if none is complete. Returns a problem if no more messages can be read. */
  next(): Message | ReadProblem | undefined;
}

/** Counters over all connections of a server. */
export interface ConversationCounts {
  /** Messages that came in. */
  requests: number;
  readonly dropped: Record<DropReason, number>;
}

/** How the messages of a mail server are read and answered. */
export interface Talk<Message extends object> {
  readonly reader: MessageReader<Message>;
  /** The longest message, bytes. As many bytes may wait while a message is answered. */
  readonly maxMessage: number;
  /** How long a connection may be idle, seconds. */
  readonly idle: number;
  /** Resolves to the answer, if any, or to {@link END}. Called for one message at a time, in order. */
  respond(message: Message): Promise<string | Uint8Array | undefined | typeof END>;
}

/** Instead of an answer: the mail server ends the session, so the connection is ended. */
export const END: unique symbol = Symbol('end');
/** How long a client may take for a message, and to read its answer, seconds. */
const STALL = 10;

/** One connection of a mail server that asks, bounded in bytes and time. */
export class Conversation<Message extends object> implements StreamConnection {
  readonly #socket: Socket;
  readonly #talk: Talk<Message>;
  readonly #counts: ConversationCounts;
  readonly #clock: TimedClock;
  /** Settles when all complete messages are answered. */
  #working: Promise<void> | undefined;
  /** Whether the client has ended its side. Exim reads the answer only after that. */
  #hasEnded = false;
  #isFinishing = false;
  /** Since when the connection waits for the client, monotonic seconds. */
  #since: number;

  constructor(socket: Socket, talk: Talk<Message>, counts: ConversationCounts, clock: TimedClock) {
    this.#socket = socket;
    this.#talk = talk;
    this.#counts = counts;
    this.#clock = clock;
    this.#since = clock.monotonic();
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#work();
    });
    // If the client goes away, there is nothing to do.
    socket.on('error', () => {});
  }

  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#socket.pause();
    await this.#working;
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  checkTime(now: number): void {
    if (this.#working !== undefined && !this.#socket.writableNeedDrain) return;
    const isIdle = this.#working === undefined && this.#talk.reader.size === 0 && !this.#hasEnded;
    if (now - this.#since > (isIdle ? this.#talk.idle : STALL)) this.#drop('timeout');
  }

  #receive(chunk: Buffer): void {
    if (this.#isFinishing) return;
    const { reader, maxMessage } = this.#talk;
    if (reader.size === 0) this.#since = this.#clock.monotonic();
    reader.push(chunk);
    this.#work();
    if (this.#working !== undefined && reader.size > maxMessage) this.#socket.pause();
  }

  #work(): void {
    this.#working ??= this.#answerAll().then(() => {
      this.#working = undefined;
    });
  }

  async #answerAll(): Promise<void> {
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      this.#counts.requests++;
      const answer = await this.#answer(message);
      if (answer === END) this.#socket.end(() => this.#socket.destroy());
      else if (answer !== undefined && !this.#socket.write(answer)) await drained(this.#socket);
    }
    this.#since = this.#clock.monotonic();
    if (!this.#isFinishing) this.#socket.resume();
    if (this.#hasEnded) this.#end();
  }

  async #answer(message: Message): Promise<string | Uint8Array | undefined | typeof END> {
    try {
      return await this.#talk.respond(message);
    } catch {
      // The mail server then does what it is configured to do when this server is gone.
      this.#drop('error');
      return undefined;
    } finally {
      this.#since = this.#clock.monotonic();
    }
  }

  #next(): Message | undefined {
    if (!this.#socket.writable) return undefined;
    const message = this.#talk.reader.next();
    if (typeof message !== 'string') return message;
    this.#drop(message);
    return undefined;
  }

  #end(): void {
    if (this.#talk.reader.size > 0) this.#drop('malformed');
    else this.#socket.end();
  }

  #drop(why: DropReason): void {
    if (this.#socket.destroyed) return;
    this.#counts.dropped[why]++;
    this.#socket.destroy();
  }
}
