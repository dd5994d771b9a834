import { createConnection, type Socket } from 'node:net';
import { systemCode } from '../errors.ts';
import { FrameReader } from '../frames.ts';
import { MAX_MESSAGE, type RequestProperties, type Response, readResponse, requestFrame } from './messages.ts';

/** How many bytes may wait in a connection to be sent. Beyond that the serving process does not keep up. */
const MAX_WAITING_BYTES = 4 * 2 ** 20;

/** The error for a connection that the other end has ended. */
export function endedError(path: string, cause?: unknown): Error {
  return new Error(`whoever serves the greylist on ${path} has ended the connection`, { cause });
}

interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to the process that serves the greylist. Many requests may be under way on it. */
export class ServerLink {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new FrameReader(MAX_MESSAGE);
  #next = 1;
  #ended: Error | undefined;

  private constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(endedError(path, error)));
    socket.on('close', () => this.#end(endedError(path)));
  }

  /**
   * Connects. Rejects, with the reason in words, if no process can be asked.
   *
   * @param options.unref The connection alone does not keep the process alive.
   */
  static async open(path: string, { unref }: { readonly unref: boolean }): Promise<ServerLink> {
    const socket = await connected(path);
    if (unref) socket.unref();
    return new ServerLink(path, socket);
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Sends a request. `answer` is its response; `forget` gives the request up. */
  ask(request: RequestProperties): { readonly answer: Promise<Response>; readonly forget: () => void } {
    const id = this.#next;
    this.#next = id === 2 ** 32 - 1 ? 1 : id + 1;
    const answer = new Promise<Response>((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      if (this.#socket.writableLength > MAX_WAITING_BYTES)
        throw new Error('whoever serves the greylist does not keep up');
      // Throws for a request that is too large. The other requests are not affected.
      const bytes = requestFrame({ id, ...request });
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(bytes);
    });
    return { answer, forget: () => this.#waiting.delete(id) };
  }

  close(error: Error): void {
    this.#end(error);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#frames.push(chunk)) {
        const response = readResponse(message);
        this.#waiting.get(response.id)?.resolve(response);
        this.#waiting.delete(response.id);
      }
    } catch (error) {
      this.#end(notAnswerError(this.#path, error));
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

export interface StreamOptions {
  /** Bounds the time of a write or a read. */
  readonly inTime: <T>(step: Promise<T>) => Promise<T>;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection of its own for a request with many responses, or for a request in many parts. The other end sends
 * as fast as the caller reads. Each write is bounded in time, and so is the wait for each response once all is sent.
 * How long the caller takes to give the requests is not bounded.
 */
export async function* responsesTo(
  path: string,
  requests: AsyncIterable<RequestProperties>,
  { inTime, signal }: StreamOptions,
): AsyncGenerator<Response, void> {
  const socket = await inTime(connected(path));
  const end = (): void => void socket.destroy(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  const frames = new FrameReader(MAX_MESSAGE);
  const sent = send(path, socket, requests, inTime);
  const chunks = socket[Symbol.asyncIterator]();
  try {
    for (;;) {
      const read = chunks.next();
      // Both are awaited below, one after the other: neither may be an unhandled rejection meanwhile.
      for (const one of [sent, read]) one.catch(() => {});
      await Promise.race([sent, read]);
      const { value, done } = await inTime(read);
      if (done) return;
      yield* responsesIn(path, frames, value as Buffer);
    }
  } catch (error) {
    const isLost = ['EPIPE', 'ECONNRESET'].includes(systemCode(error) ?? '');
    throw isLost ? endedError(path, error) : error;
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}

function responsesIn(path: string, frames: FrameReader, chunk: Buffer): Response[] {
  try {
    return Array.from(frames.push(chunk), readResponse);
  } catch (error) {
    throw notAnswerError(path, error);
  }
}

/** The error for an invalid response: something other than a greylist is served there, or one of another version. */
function notAnswerError(path: string, cause: unknown): Error {
  return new Error(`${path}: not what a greylist answers: ${cause instanceof Error ? cause.message : cause}`, {
    cause,
  });
}

async function send(
  path: string,
  socket: Socket,
  requests: AsyncIterable<RequestProperties>,
  inTime: StreamOptions['inTime'],
): Promise<void> {
  for await (const request of requests) {
    const written = new Promise<void>((resolve, reject) => {
      socket.write(requestFrame({ id: 1, ...request }), (cause) =>
        cause == null ? resolve() : reject(endedError(path, cause)),
      );
    });
    await inTime(written);
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const failed = (cause: Error): void => reject(new Error(connectWords(path, cause), { cause }));
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
    socket.once('error', failed);
  });
}

/** Why no process can be asked, in words. */
function connectWords(path: string, error: Error): string {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return `nobody serves a greylist on ${path}`;
  if (code === 'EACCES') return `${path}: permission denied`;
  return error.message;
}
