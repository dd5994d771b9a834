import { systemClock } from '../clock.ts';
import type { Exchange } from '../exchange/index.ts';
import { type Entry, EntryError, type Greylist, type Source, type SyncPeer } from '../index.ts';
import { METRICS_TYPE, type MetricsOptions, metrics } from '../metrics/index.ts';
import { readAssets } from './assets.ts';
import { EventStreams } from './event-streams.ts';
import { LiveFeed } from './feed.ts';
import { type Answer, json, openHttp, plain, type RequestListener, type Route } from './http-server.ts';
import { overview } from './overview.ts';
import { RecentEntries } from './recent.ts';
import { RecordPages } from './record-pages.ts';
import type { RecordPage } from './shapes.ts';
import { troublesOf } from './well-being.ts';

/** What is shown, and where. */
export interface StatusOptions {
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  /** Shown with the hosts, in the timeline, and by the metrics. */
  readonly exchange?: Pick<Exchange, 'stats' | 'on' | 'off'> | undefined;
  /** Shown by the metrics. */
  readonly adapters?: MetricsOptions['adapters'];
  /** The address to listen on. */
  readonly host: string;
  /** The TCP port. With 0 the system chooses one. */
  readonly port: number;
  /** The names that a Host header may have, besides any IP address and localhost. */
  readonly names?: readonly string[] | undefined;
  /** The listeners that answer programs on this host, by path. They get requests of any method. */
  readonly local?: ReadonlyMap<string, RequestListener> | undefined;
}

/** The page, the metrics and the health of a daemon, being served. */
export interface Status {
  /** Where it is served, as `http://127.0.0.1:8026/`. */
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: ReadonlySet<string> = new Set(['GREY', 'WHITE', 'TRAPPED', 'SPAMTRAP']);

/** @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` if it cannot listen on the address and port. */
export async function openStatus(options: StatusOptions): Promise<Status> {
  const { peer, greylist, exchange, adapters, host, port, names = [], local } = options;
  const started = Math.floor(systemClock.now());
  const assets = await readAssets();
  const recent = new RecentEntries();
  const count = (_entry: Entry, { address }: Source): void => recent.count(address, systemClock.now());
  const feed = new LiveFeed(peer, greylist, exchange);
  const pages = new RecordPages(greylist);
  const streams = new EventStreams({
    overview: () => overview(peer, greylist, exchange, recent, started),
    follow: () => follow(feed.latest),
  });
  const routes = new Map<string, Route>([
    [
      '/metrics',
      async () => ({ status: 200, type: METRICS_TYPE, body: await metrics({ peer, greylist, exchange, adapters }) }),
    ],
    ['/healthz', () => healthz(peer, greylist)],
    ['/api/events', (_query, response) => streams.open(response)],
    ['/api/records', (query) => records(pages, query)],
    ['/api/why', (query) => why(greylist, query)],
    ...[...assets].map(([path, answer]): [string, Route] => [path, () => answer]),
  ]);
  peer.on('entry', count);
  const release = async (): Promise<void> => {
    peer.off('entry', count);
    streams.close();
    feed.close();
    await pages.close();
  };
  try {
    const server = await openHttp({ host, port, names, routes, local });
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/`,
      close: async () => {
        await server.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function healthz(peer: SyncPeer, greylist: Greylist): Promise<Answer> {
  const troubles = await troublesOf(peer, greylist);
  return troubles.length === 0 ? plain(200, 'ok') : plain(503, troubles.join('\n'));
}

async function records(pages: RecordPages, query: URLSearchParams): Promise<Answer> {
  const after = query.get('after');
  if (after !== null) return pageOrGone(await pages.next(after));
  const type = query.get('type') ?? '';
  return TYPES.has(type)
    ? pageOrGone(await pages.first(type))
    : plain(400, 'type: not GREY, WHITE, TRAPPED or SPAMTRAP');
}

async function why(greylist: Greylist, query: URLSearchParams): Promise<Answer> {
  try {
    return json(await greylist.why(query.get('ip') ?? ''));
  } catch (error) {
    if (error instanceof EntryError) return json({ error: error.message }, 400);
    throw error;
  }
}

/** Returns the last items at the first call, and at each later call those since. */
function follow(latest: LiveFeed['latest']): () => object | undefined {
  let seen: number | undefined;
  return () => {
    const items = seen === undefined ? latest.last : latest.since(seen);
    seen = latest.count;
    return items.items.length === 0 ? undefined : items;
  };
}

function pageOrGone(page: RecordPage | undefined): Answer {
  return page === undefined ? plain(410, 'that was too long ago: begin anew') : json(page);
}
