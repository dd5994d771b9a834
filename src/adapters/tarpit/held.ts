import type { Socket } from 'node:net';
import type { TimedClock, Timer } from '../../clock.ts';
import { type Attempt, attemptFrom, type Greylist, type Verdict } from '../../index.ts';
import type { StreamConnection } from '../../stream-server.ts';
import type { Answer, Dialogue } from './dialogue.ts';

/**
 * Who ended a connection, or why. `client`: the client did. The others are ends by the tarpit. `reply`: after the last
 * reply;
 * `idle`: the client was idle; `time`: the connection took too long; `closed`: the tarpit was closed.
 */
export type TarpitEnd = 'client' | 'reply' | 'idle' | 'time' | 'closed';

/** What a connection needs of its tarpit. */
export interface Keeper {
  readonly greylist: Pick<Greylist, 'check' | 'why'>;
  readonly clock: TimedClock;
  readonly dialogue: (ip: string | undefined) => Dialogue;
  /** Seconds for each byte. */
  readonly stutter: number;
  /** How long a client that is neither trapped nor white is held up, seconds. */
  readonly greyStall: number;
  /** How long a connection may take, seconds. */
  readonly maxTime: number;
  /** Whether one more trapped client may be held up. */
  mayHold(): boolean;
  noteVerdict(verdict: Verdict, attempt: Attempt): void;
  /** Notes how many bytes were dropped because there was no room for them. */
  noteCut(bytes: number): void;
  noteEnd(connection: HeldConnection, end: TarpitEnd): void;
}

/** How long a client may take for a line, seconds, as in spamd(8). */
const IDLE = 400;
/** The longest line, and the most bytes that may wait while a reply is sent. */
const MAX_WAITING = 4096;

/** The connection of one client, which is answered byte by byte. */
export class HeldConnection implements StreamConnection {
  readonly #socket: Socket;
  readonly #keeper: Keeper;
  readonly #dialogue: Dialogue;
  readonly #connectedTo: string | undefined;
  /** The client's address; `undefined` if it has none. */
  readonly ip: string | undefined;
  /** When it connected, monotonic seconds. */
  readonly since: number;
  /** Whether the client is trapped: from the start, or because it wrote to a spamtrap. */
  isTrapped = false;
  /** Whether it is one of the trapped clients that are held up. */
  isHeld = false;
  recipients = 0;
  #stall: number;
  #waiting: Buffer = Buffer.alloc(0);
  /** The reply that is being sent. */
  #reply = '';
  #isLast = false;
  #isBusy = true;
  #hasEnded = false;
  #timer: Timer | undefined;
  #lineSince: number;

  constructor(socket: Socket, keeper: Keeper) {
    this.#socket = socket;
    this.#keeper = keeper;
    const attempt = attemptFrom({ ip: socket.remoteAddress, connectedTo: socket.localAddress });
    this.ip = attempt?.ip;
    this.#dialogue = keeper.dialogue(this.ip);
    this.#connectedTo = attempt?.connectedTo;
    this.since = keeper.clock.monotonic();
    this.#lineSince = this.since;
    this.#stall = keeper.greyStall;
    socket.pause();
    socket.on('data', (chunk) => this.#receive(chunk));
    // Clients are expected to go away.
    socket.on('error', () => {});
    socket.on('close', () => this.#end('client'));
    void this.#greet();
  }

  /** Bytes that the client was sent. */
  get bytesSent(): number {
    return this.#socket.bytesWritten;
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  async finish(): Promise<void> {
    this.#end('closed');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  checkTime(now: number): void {
    if (now - this.since > this.#keeper.maxTime) this.#end('time');
    else if (!this.#isBusy && now - this.#lineSince > IDLE) this.#end('idle');
  }

  async #greet(): Promise<void> {
    const { greylist, clock } = this.#keeper;
    try {
      if (this.ip !== undefined) {
        const { state, exempt } = await greylist.why(this.ip);
        if (state === 'trapped' && !exempt) this.#trap();
        if (state === 'white' || exempt) this.#stall = 0;
      }
    } catch {
      // The greylist did not answer. The client is deferred, like any new one.
    }
    const date = new Date(clock.now() * 1000).toUTCString().replace('GMT', '+0000');
    this.#send({ reply: this.#dialogue.banner(date) });
  }

  #trap(): void {
    // A client that has gone meanwhile is counted already.
    if (this.isTrapped || this.#hasEnded) return;
    this.isTrapped = true;
    this.isHeld = this.#keeper.mayHold();
    this.#stall = this.isHeld ? Number.POSITIVE_INFINITY : 0;
  }

  #receive(chunk: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    if (!this.#isBusy) void this.#work();
  }

  /** Handles the lines that have come, up to the first that gets a reply. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    this.#socket.pause();
    const answer = this.#nextAnswer();
    this.#cut();
    if (this.#hasEnded) return;
    if (answer === undefined) {
      this.#isBusy = false;
      this.#socket.resume();
      return;
    }
    if (answer.tuple !== undefined) await this.#ask(answer.tuple);
    this.#send(answer);
  }

  #nextAnswer(): Answer | undefined {
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      this.#lineSince = this.#keeper.clock.monotonic();
      const answer = this.#dialogue.answer(line, this.isTrapped);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Takes the next line. Bytes without a line end are a line too, once they fill all the room. */
  #line(): Buffer | undefined {
    const end = this.#waiting.indexOf(0x0a);
    if (end < 0 && this.#waiting.length < MAX_WAITING) return undefined;
    const line = end < 0 ? this.#waiting : this.#waiting.subarray(0, end);
    this.#waiting = end < 0 ? Buffer.alloc(0) : this.#waiting.subarray(end + 1);
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }

  #cut(): void {
    const excess = this.#waiting.length - MAX_WAITING;
    if (excess > 0) this.#keeper.noteCut(excess);
    // A copy: a part of the received buffer would keep all of it in memory.
    this.#waiting = Buffer.from(this.#waiting.subarray(0, MAX_WAITING));
  }

  async #ask(tuple: { readonly helo: string; readonly from: string; readonly to: string }): Promise<void> {
    const { ip } = this;
    this.recipients++;
    if (ip === undefined) return;
    const attempt = { ip, ...tuple, connectedTo: this.#connectedTo };
    const verdict = await this.#keeper.greylist.check(attempt).catch((thrown: unknown): Verdict => {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { action: 'pass', reason: 'error', error };
    });
    if (verdict.action === 'reject') this.#trap();
    this.#keeper.noteVerdict(verdict, attempt);
  }

  #send({ reply, isLast = false }: Answer): void {
    if (this.#hasEnded) return;
    this.#reply = reply;
    this.#isLast = isLast;
    this.#stutter();
  }

  /** Sends a byte and waits. Once the client is not held up any more, sends all the rest. */
  #stutter(): void {
    const { clock, stutter } = this.#keeper;
    const isStalled = stutter > 0 && clock.monotonic() - this.since < this.#stall;
    const part = this.#reply.slice(0, isStalled ? 1 : undefined);
    this.#reply = this.#reply.slice(part.length);
    this.#socket.write(part, 'latin1');
    if (this.#reply !== '') {
      this.#timer = clock.setTimer(stutter, () => this.#stutter());
      return;
    }
    this.#lineSince = clock.monotonic();
    if (this.#isLast) this.#end('reply');
    else void this.#work();
  }

  #end(end: TarpitEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer?.cancel();
    this.#keeper.noteEnd(this, end);
    // Lets the reply arrive. Bytes that the client still sends are not read.
    if (end === 'reply') this.#socket.end(() => this.#socket.destroy());
    else this.#socket.destroy();
  }
}
