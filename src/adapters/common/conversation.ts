import type { Socket } from 'node:net';
import type { TimedClock } from '../../clock.ts';
import { drained, type StreamConnection } from '../../stream-server.ts';

/** Why what came in cannot be read. */
export type ReadProblem = 'malformed' | 'oversize';
/** Why a connection was ended that the client did not end. */
export type DropReason = ReadProblem | 'timeout' | 'error';

/** Puts messages together from what comes out of a socket, however it is cut. */
export interface MessageReader<Message extends object> {
  /** Bytes that were received and not taken. */
  readonly size: number;
  push(chunk: Buffer): void;
  /** The next message that is complete, taken; or why there will be none. */
  next(): Message | ReadProblem | undefined;
}

/** What is counted over all connections of a server. */
export interface ConversationCounts {
  /** Messages that came in. */
  requests: number;
  readonly dropped: Record<DropReason, number>;
}

/** How a mail server's messages are answered. */
export interface Talk<Message extends object> {
  readonly reader: MessageReader<Message>;
  /** The longest message, bytes. So much may wait besides while one is answered. */
  readonly maxMessage: number;
  /** How long a connection may be idle, seconds. */
  readonly idle: number;
  /** What to send, if anything; `end` to end the connection. One at a time, in order. */
  respond(message: Message): Promise<string | Uint8Array | undefined | typeof END>;
}

/** The other side has said that it goes. */
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
  /** The client sends no more; Exim reads the answer only then. */
  #hasEnded = false;
  #isFinishing = false;
  /** Since when the client is awaited, monotonic seconds. */
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
    // A client that goes away is no trouble of ours.
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
      // The mail server then does as it is set up to for a server that is gone.
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
