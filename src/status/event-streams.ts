import { every, systemClock, type Timer } from '../clock.ts';
import { type Answer, plain, type ServerResponse } from './http-server.ts';

const TYPE = 'text/event-stream';
/** How many streams may be open at once. */
const MAX_STREAMS = 16;
/** How many bytes may wait for a browser to read them. Beyond that it is sent nothing more until it has read them. */
const MAX_UNREAD = 256 * 1024;
/** How often the feed is sent, seconds. The overview is sent with every fourth feed. */
const FEED_INTERVAL = 0.5;
const OVERVIEW_EVERY = 4;

/** What a stream sends. Each function is called when its turn comes. */
export interface StreamSources {
  /** The current state. */
  readonly overview: () => Promise<unknown>;
  /**
   * Begins a feed. The first call of the result returns the last items; each later call those since, or `undefined` for
   * none.
   */
  readonly follow: () => () => object | undefined;
}

/** Server-sent events: the state every two seconds, and what happens every half second. */
export class EventStreams {
  readonly #sources: StreamSources;
  readonly #streams = new Map<ServerResponse, Timer>();

  constructor(sources: StreamSources) {
    this.#sources = sources;
  }

  open(response: ServerResponse): Answer | undefined {
    if (response.req.method === 'HEAD') return { status: 200, type: TYPE, body: '' };
    if (this.#streams.size >= MAX_STREAMS) return plain(503, 'too many are looking');
    // A response that waits behind another on its connection would not get the event `close` when the connection ends.
    if (response.socket === null) return plain(503, 'ask for it on a connection of its own');
    response.writeHead(200, { 'Content-Type': TYPE, 'X-Accel-Buffering': 'no' });
    const feed = this.#sources.follow();
    let turn = 0;
    const tick = async (): Promise<void> => {
      if (response.writableLength > MAX_UNREAD) return;
      const isOverview = turn++ % OVERVIEW_EVERY === 0;
      const items = feed();
      if (items !== undefined) send(response, 'feed', items);
      if (isOverview) send(response, 'overview', await this.#sources.overview());
    };
    const end = (): void => this.#end(response);
    const run = (): void => void tick().catch(end);
    this.#streams.set(response, every(systemClock, FEED_INTERVAL, run));
    response.on('close', end);
    run();
    return undefined;
  }

  close(): void {
    for (const response of this.#streams.keys()) this.#end(response);
  }

  #end(response: ServerResponse): void {
    this.#streams.get(response)?.cancel();
    this.#streams.delete(response);
    response.destroy();
  }
}

function send(response: ServerResponse, event: string, value: unknown): void {
  if (!response.writable) return;
  response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
}
