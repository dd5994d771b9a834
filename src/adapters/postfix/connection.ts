import type { Socket } from 'node:net';
import type { TimedClock } from '../../clock.ts';
import type { StreamConnection } from '../../stream-server.ts';
import { MAX_REQUEST, type PolicyRequest, type RequestProblem, RequestReader } from './request.ts';

/** What is counted over all connections. */
export interface PolicyCounts {
  /** Requests that came in. */
  requests: number;
  /** Values that were longer than 2048 bytes, and were cut. */
  cut: number;
  /** Connections that were ended without an answer. */
  readonly dropped: Record<RequestProblem | 'timeout' | 'error', number>;
}

/** What connections have in common. */
export interface PolicyService {
  /** What Postfix is to do, as an action of access(5). */
  answer(request: PolicyRequest): Promise<string>;
  readonly counts: PolicyCounts;
  readonly clock: TimedClock;
}

/** How long a client may take for a request, and to read its answer, seconds. */
const STALL = 10;
/** How long a connection may be idle, seconds. Postfix ends its own after 300 (smtpd_policy_service_max_idle). */
const IDLE = 600;

/** A client of the policy protocol, at the other end of one connection. */
export class PolicyConnection implements StreamConnection {
  readonly #socket: Socket;
  readonly #service: PolicyService;
  readonly #reader: RequestReader;
  /** Settles when all complete requests are answered. */
  #working: Promise<void> | undefined;
  /** The client sends no more; Exim reads the answer only then. */
  #hasEnded = false;
  #isFinishing = false;
  /** Since when the client is awaited, monotonic seconds. */
  #since: number;

  constructor(socket: Socket, service: PolicyService) {
    this.#socket = socket;
    this.#service = service;
    this.#reader = new RequestReader(service.counts);
    this.#since = service.clock.monotonic();
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

  /** Ends the connection if the client took too long. */
  checkTime(now: number): void {
    if (this.#working !== undefined && !this.#socket.writableNeedDrain) return;
    const isIdle = this.#working === undefined && this.#reader.size === 0 && !this.#hasEnded;
    if (now - this.#since > (isIdle ? IDLE : STALL)) this.#drop('timeout');
  }

  #receive(chunk: Buffer): void {
    if (this.#isFinishing) return;
    if (this.#reader.size === 0) this.#since = this.#service.clock.monotonic();
    this.#reader.push(chunk);
    this.#work();
    if (this.#working !== undefined && this.#reader.size > MAX_REQUEST) this.#socket.pause();
  }

  /** One request at a time, in order: Postfix does not pipeline, but others may. */
  #work(): void {
    this.#working ??= this.#answerAll().then(() => {
      this.#working = undefined;
    });
  }

  async #answerAll(): Promise<void> {
    const { counts, clock } = this.#service;
    for (let request = this.#next(); request !== undefined; request = this.#next()) {
      counts.requests++;
      let action: string;
      try {
        action = await this.#service.answer(request);
      } catch {
        // Postfix then does as its default_action says.
        this.#drop('error');
        return;
      }
      this.#since = clock.monotonic();
      if (!this.#socket.write(`action=${action}\n\n`)) await this.#drained();
    }
    this.#since = clock.monotonic();
    if (!this.#isFinishing) this.#socket.resume();
    if (this.#hasEnded) this.#end();
  }

  #next(): PolicyRequest | undefined {
    if (this.#socket.destroyed) return undefined;
    const request = this.#reader.next();
    if (typeof request !== 'string') return request;
    this.#drop(request);
    return undefined;
  }

  #end(): void {
    if (this.#reader.size > 0) this.#drop('malformed');
    else this.#socket.end();
  }

  #drop(why: keyof PolicyCounts['dropped']): void {
    if (this.#socket.destroyed) return;
    this.#service.counts.dropped[why]++;
    this.#socket.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#socket.off('drain', go);
        this.#socket.off('close', go);
        resolve();
      };
      this.#socket.on('drain', go);
      this.#socket.on('close', go);
    });
  }
}
