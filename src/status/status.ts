import type { Greylist, SyncPeer } from '../index.ts';
import { METRICS_TYPE, metrics } from '../metrics/index.ts';
import { type Answer, type HttpServer, openHttp, plain, type Route } from './http-server.ts';
import { troublesOf } from './well-being.ts';

/** What is shown, and where. */
export interface StatusOptions {
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  /** The address to listen on. */
  readonly host: string;
  /** 0: of the system's choice. */
  readonly port: number;
  /** Names by which it may be asked for, besides any IP address and localhost. */
  readonly names?: readonly string[] | undefined;
}

/** The page, the metrics and the health of a daemon, being served. */
export interface Status {
  /** Where, as `http://127.0.0.1:8026/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` when the address and port cannot be had. */
export async function openStatus({ peer, greylist, host, port, names = [] }: StatusOptions): Promise<Status> {
  const routes = new Map<string, Route>([
    ['/metrics', async () => ({ status: 200, type: METRICS_TYPE, body: await metrics({ peer, greylist }) })],
    ['/healthz', () => healthz(peer, greylist)],
  ]);
  const server: HttpServer = await openHttp({ host, port, names, routes });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/`,
    close: () => server.close(),
  };
}

async function healthz(peer: SyncPeer, greylist: Greylist): Promise<Answer> {
  const troubles = await troublesOf(peer, greylist);
  return troubles.length === 0 ? plain(200, 'ok') : plain(503, troubles.join('\n'));
}
