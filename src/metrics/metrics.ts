import type { Exchange } from '../exchange/index.ts';
import type { Greylist, SyncPeer } from '../index.ts';
import { checkMembers } from '../validate.ts';
import { adapterFamilies, type MetricsAdapters } from './adapters.ts';
import { exchangeFamilies } from './exchange.ts';
import { greylistFamilies } from './greylist.ts';
import { peerFamilies } from './peer.ts';
import { formatFamilies } from './text.ts';

/** The objects whose counters are wanted. */
export interface MetricsOptions {
  /** The peer, or an object with the same counters. */
  readonly peer?: Pick<SyncPeer, 'stats' | 'health'> | undefined;
  /** The greylist, or an object with the same counters. */
  readonly greylist?: Pick<Greylist, 'stats'> | undefined;
  /** The exchange, or an object with the same counters. */
  readonly exchange?: Pick<Exchange, 'stats'> | undefined;
  /** The adapters that answer mail servers. */
  readonly adapters?: MetricsAdapters | undefined;
}

/** The media type of what {@link metrics} returns: the Prometheus text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The counters of a peer, a greylist, an exchange and adapters as Prometheus text. Every name begins with
 * `spamd_sync_`; docs/api.md lists them. The number of label values is bounded: reasons, types, configured targets, and
 * the 64 sources from which something was received last.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an unknown option.
 *
 * @example
 * createServer(async (_request, response) => {
 *   response.setHeader('Content-Type', METRICS_TYPE).end(await metrics({ peer, greylist }));
 * }).listen(9025, '127.0.0.1');
 */
export async function metrics(options: MetricsOptions): Promise<string> {
  checkMembers('options', options, { peer: true, greylist: true, exchange: true, adapters: true });
  const { peer, greylist, exchange, adapters = {} } = options;
  checkMembers('adapters', adapters, { policy: true, milter: true, http: true });
  const families = [
    ...(peer === undefined ? [] : peerFamilies(peer.stats(), peer.health())),
    ...(greylist === undefined ? [] : greylistFamilies(await greylist.stats())),
    ...(exchange === undefined ? [] : exchangeFamilies(exchange.stats())),
    ...adapterFamilies(adapters),
  ];
  return formatFamilies(families);
}
