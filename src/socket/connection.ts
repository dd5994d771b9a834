import type { Socket } from 'node:net';
import { FrameReader } from '../frames.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { drained } from '../stream-server.ts';
import {
  failureOf,
  has,
  MAX_MESSAGE,
  type Request,
  type ResponseProperties,
  readRequest,
  recordsOf,
  responseFrame,
} from './messages.ts';
import { answersTo, answerTo, importAnswer, isStream, type ServedBeside, type ServedGreylist } from './served.ts';
import { asksPeer, type PeerAnswers } from './served-peer.ts';

/** Counters over all connections. */
export interface SocketCounts {
  /** Requests that came in. */
  requests: number;
  /** Connections that were ended because what came in is not a request. */
  malformed: number;
}

/** How many requests of one connection may be under way. Further requests wait in the socket. */
const MAX_UNDER_WAY = 1024;

/** How many pieces of imports, of at most a frame each, may wait to be imported. Further pieces wait in the socket. */
const MAX_PIECES = 8;

/** One connection of a process that asks the greylist. */
export class ServedConnection {
  readonly #socket: Socket;
  readonly #greylist: ServedGreylist;
  readonly #beside: ServedBeside;
  readonly #peer: PeerAnswers;
  readonly #counts: SocketCounts;
  readonly #frames = new FrameReader(MAX_MESSAGE);
  readonly #underWay = new Set<Promise<void>>();
  readonly #imports = new Map<number, Import>();
  /** Aborted when the connection ends or finishes. Ends the answers that have no end of their own. */
  readonly #ended = new AbortController();
  #finishing = false;

  constructor(socket: Socket, greylist: ServedGreylist, beside: ServedBeside, peer: PeerAnswers, counts: SocketCounts) {
    this.#socket = socket;
    this.#greylist = greylist;
    this.#beside = beside;
    this.#peer = peer;
    this.#counts = counts;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#flow());
    // If the other process goes away, that is not an error here: what it asked for is done all the same.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended.abort();
      for (const one of this.#imports.values()) one.fail(new Error('the connection ended within an import'));
    });
  }

  /** Takes no more requests. Resolves when the requests under way are answered. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#ended.abort();
    this.#socket.pause();
    await Promise.all(this.#underWay);
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#frames.push(chunk)) this.#ask(readRequest(message));
    } catch {
      this.#counts.malformed++;
      this.#socket.destroy();
    }
    this.#flow();
  }

  #ask(request: Request): void {
    this.#counts.requests++;
    if (this.#finishing) return;
    const answered = this.#answer(request).finally(() => {
      this.#underWay.delete(answered);
      this.#flow();
    });
    this.#underWay.add(answered);
  }

  async #answer(request: Request): Promise<void> {
    const { id } = request;
    try {
      if (asksPeer(request)) await this.#stream(id, this.#peer.to(request, this.#ended.signal));
      else if (!isStream(request)) this.#send({ id, ...(await answerTo(this.#greylist, request, this.#beside)) });
      else if (has(request, 'import')) await this.#answerImport(request);
      else await this.#stream(id, answersTo(this.#greylist, request));
    } catch (error) {
      this.#send({ id, failure: failureOf(error) });
    }
  }

  async #stream(id: number, responses: AsyncIterable<ResponseProperties>): Promise<void> {
    for await (const response of responses) {
      if (this.#socket.destroyed) return;
      if (!this.#send({ id, ...response })) await drained(this.#socket);
    }
  }

  /** The import is answered in the call for its first request. The later requests only bring more records. */
  async #answerImport({ id, import: piece, end }: Request): Promise<void> {
    const known = this.#imports.get(id);
    const incoming = known ?? new Import(() => this.#flow());
    this.#imports.set(id, incoming);
    incoming.push(piece, end);
    if (end) this.#imports.delete(id);
    if (known === undefined) this.#send({ id, ...(await importAnswer(this.#greylist, incoming)) });
  }

  get #piecesWaiting(): number {
    let waiting = 0;
    for (const one of this.#imports.values()) waiting += one.waiting;
    return waiting;
  }

  #send(response: ResponseProperties): boolean {
    return this.#socket.destroyed || this.#socket.write(responseFrame(response));
  }

  /** Does not read from a process that does not read its answers, or that asks faster than it can be answered. */
  #flow(): void {
    const isFull =
      this.#underWay.size >= MAX_UNDER_WAY || this.#socket.writableNeedDrain || this.#piecesWaiting >= MAX_PIECES;
    if (isFull || this.#finishing) this.#socket.pause();
    else this.#socket.resume();
  }
}

/** The records of an import, which come in piece by piece. */
class Import implements AsyncIterable<SpamdbRecord> {
  readonly #onTaken: () => void;
  readonly #pieces: Request['import'][] = [];
  #hasEnd = false;
  /** Whether the records are not read any more. Pieces that still come in are then ignored. */
  #isOver = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  /** @param onTaken Called when there is room for another piece. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** How many pieces wait. */
  get waiting(): number {
    return this.#pieces.length;
  }

  push(piece: Request['import'], end: boolean): void {
    if (!this.#isOver) this.#pieces.push(piece);
    this.#hasEnd ||= end;
    this.#wake();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SpamdbRecord, void> {
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#onTaken();
          yield* recordsOf(piece);
        } else if (this.#hasEnd) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#isOver = true;
      this.#pieces.length = 0;
      this.#onTaken();
    }
  }
}
