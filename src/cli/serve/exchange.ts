import { Exchange } from '../../exchange/index.ts';
import type { Keyring, SyncPeer } from '../../index.ts';
import type { Store } from '../../store/index.ts';
import type { Log } from '../terminal/log.ts';
import type { ServeOptions } from './options.ts';

/** The exchange that the options ask for, not open yet; `undefined` if they do not ask for one. */
export function exchangeOf(
  { exchange: listen, exchangeWith, exchangeInterval: interval, verbose = false }: ServeOptions,
  parts: { readonly key: Keyring; readonly group: SyncPeer; readonly store: Store },
  log: Log,
): Exchange | undefined {
  if (listen === undefined && exchangeWith === undefined) return undefined;
  const exchange = new Exchange({ ...parts, listen, with: exchangeWith, interval });
  exchange.on('warning', ({ code, message }) => log(`warning: ${code}: ${message}`));
  exchange.on('round', ({ address, received, merged }) => {
    const isFirst = exchange.stats().rounds === 1;
    if (isFirst) log(`exchange: joined, ${received} records of ${address}`);
    else if (verbose && received > 0) log(`exchange: ${received} records of ${address}, ${merged} of them taken`);
  });
  return exchange;
}

/** Where the exchange listens and connects to, in words. */
export function exchangeWords({ address }: Exchange, { exchangeWith = [] }: ServeOptions): string {
  const where = address === undefined ? [] : [`on ${address.address} port ${address.port}`];
  const whom = exchangeWith.length === 0 ? [] : [`with ${exchangeWith.join(', ')}`];
  return `exchange ${[...where, ...whom].join(' ')}`;
}
