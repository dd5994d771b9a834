import { createConnection, type Socket } from 'node:net';
import { systemCode } from '../errors.ts';
import { FrameReader } from './frames.ts';
import { type RequestProperties, type Response, readResponse, requestFrame } from './messages.ts';

/** So much may wait in a connection to be sent, bytes: then whoever serves does not keep up. */
const MAX_WAITING_BYTES = 4 * 2 ** 20;

interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

/** One connection to whoever serves the greylist, on which many questions may be under way. */
export class ServerLink {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new FrameReader();
  #next = 1;
  #ended: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('whoever serves the greylist has ended the connection')));
  }

  /** Rejects where nobody can be asked, saying why. */
  static async open(path: string): Promise<ServerLink> {
    return new ServerLink(await connected(path));
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Asks, and tells how to give the question up. */
  ask(request: RequestProperties): { readonly answer: Promise<Response>; readonly forget: () => void } {
    const id = this.#next;
    this.#next = id === 2 ** 32 - 1 ? 1 : id + 1;
    const answer = new Promise<Response>((resolve, reject) => {
      if (this.#ended !== undefined) reject(this.#ended);
      else if (this.#socket.writableLength > MAX_WAITING_BYTES)
        reject(new Error('whoever serves the greylist does not keep up'));
      else {
        this.#waiting.set(id, { resolve, reject });
        this.#socket.write(requestFrame({ id, ...request }));
      }
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
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** A connection of its own for a request with many responses; the reader's pace is the sender's. */
export async function* responsesTo(
  path: string,
  requests: AsyncIterable<RequestProperties>,
): AsyncGenerator<Response, void> {
  const socket = await connected(path);
  const frames = new FrameReader();
  const sent = send(socket, requests);
  sent.catch((error: Error) => socket.destroy(error));
  try {
    for await (const chunk of socket) {
      for (const message of frames.push(chunk as Buffer)) yield readResponse(message);
    }
    await sent;
  } finally {
    socket.destroy();
  }
}

async function send(socket: Socket, requests: AsyncIterable<RequestProperties>): Promise<void> {
  for await (const request of requests) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve, reject) => {
      socket.write(requestFrame({ id: 1, ...request }), (error) => (error == null ? resolve() : reject(error)));
    });
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

/** Why nobody can be asked, in words. */
function connectWords(path: string, error: Error): string {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return `nobody serves a greylist on ${path}`;
  if (code === 'EACCES') return `${path}: permission denied`;
  return error.message;
}
