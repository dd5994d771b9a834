import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { portReason, SpamdSyncError } from '../errors.ts';

export type { RequestListener, ServerResponse };

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Answers requests for a path, at once or later. Or takes the response over, and returns `undefined`. */
export type Route = (
  query: URLSearchParams,
  response: ServerResponse,
) => Answer | undefined | Promise<Answer | undefined>;

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** The names that a Host header may have, besides any IP address and localhost. */
  readonly names: readonly string[];
  readonly routes: ReadonlyMap<string, Route>;
  /** The listeners that answer programs on this host, by path. They get requests of any method. */
  readonly local?: ReadonlyMap<string, RequestListener> | undefined;
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Ends all connections, also those with a request under way. */
  close(): Promise<void>;
}

/** How many connections may be open at once. Further ones are closed. */
const MAX_CONNECTIONS = 64;
/**
 * How many requests may be under way at once. One connection can send many before it is answered, and each may look
 * through a store.
 */
const MAX_UNDER_WAY = 32;
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
};
/** How long a connection may carry nothing, milliseconds. */
const IDLE_MS = 30_000;
const MAX_URL = 2048;

/** The page may load its own files and ask its own server, and nothing else. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * Opens a server that answers GET and HEAD of a few paths, and on some other paths programs on this host. Its
 * connections, their bytes and their time are bounded.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` if it cannot listen on the address and port.
 */
export async function openHttp({ host, port, names, routes, local = new Map() }: HttpOptions): Promise<HttpServer> {
  const allowed = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  let underWay = 0;
  const server = createServer(LIMITS, async (request, response) => {
    underWay++;
    try {
      await answer(request, response, { routes: underWay > MAX_UNDER_WAY ? undefined : routes, local, allowed });
    } finally {
      underWay--;
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = 64;
  server.timeout = IDLE_MS;
  await listening(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const why = portReason(cause);
      reject(new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot serve HTTP on ${host} port ${port}: ${why}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** What is served, and under which names besides IP addresses. */
interface Served {
  /** `undefined` if too many requests are under way. */
  readonly routes: ReadonlyMap<string, Route> | undefined;
  readonly local: ReadonlyMap<string, RequestListener>;
  readonly allowed: ReadonlySet<string>;
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  // An error without a listener would end the process. When the client is gone, there is nothing to answer.
  response.on('error', () => {});
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  try {
    const result = await resultOf(request, response, served);
    if (result !== undefined) send(response, result, request.method === 'HEAD');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (response.headersSent) response.destroy();
    else send(response, plain(500, words), false);
  }
}

async function resultOf(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, local, allowed }: Served,
): Promise<Answer | undefined> {
  const { method = '', url = '', headers } = request;
  if (!isAllowedHost(headers.host, allowed)) return plain(421, 'not a name of this server; see --http-name');
  const [path = '', query = ''] = url.split('?', 2);
  const listener = local.get(path);
  if (listener !== undefined) {
    if (!isOfThisHost(request)) return plain(403, 'only for programs on this host');
    listener(request, response);
    return undefined;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return plain(405, 'only GET and HEAD');
  }
  if (url.length > MAX_URL) return plain(414, 'too long');
  const route = routes === undefined ? busy : routes.get(path);
  return route === undefined ? plain(404, 'nothing is here') : route(new URLSearchParams(query), response);
}

/**
 * Whether a request with this Host header may be answered. A page of another site can make its own name resolve to this
 * server, and then read the answers (DNS rebinding). But then the header has that name. An IP address cannot be used in
 * this way.
 */
function isAllowedHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  const [, literal, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  if (literal !== undefined) return isIP(literal) === 6;
  return name !== undefined && (isIP(name) === 4 || allowed.has(name.toLowerCase()));
}

function busy(): Answer {
  return plain(503, 'too much is asked at once');
}

/**
 * Whether the request is of a program on this host that does not ask for another host. A proxy that does so has another
 * name in the Host header, or a header that says for which host it asks.
 */
function isOfThisHost({ socket, headers }: IncomingMessage): boolean {
  const isLoopback = /^(?:127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
  const isForwarded = 'forwarded' in headers || 'x-forwarded-for' in headers;
  return isLoopback && !isForwarded && isAllowedHost(headers.host, new Set(['localhost']));
}

export function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

function send(response: ServerResponse, { status, type, body }: Answer, isHead: boolean): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}
