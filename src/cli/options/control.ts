import { Option } from 'commander';
import type { ExchangeStats } from '../../exchange/index.ts';
import { RemoteGreylist } from '../../socket/index.ts';
import { socketPath } from './arguments.ts';

/** The default control socket, unless the command line or the environment names another. */
const DEFAULT = '/run/spamd-sync/control';

/** The option of every command that asks the daemon, and of the daemon itself. */
export function controlOption(): Option {
  return new Option('--control <socket>', 'the control socket of the daemon')
    .env('SPAMD_SYNC_CONTROL')
    .argParser(socketPath)
    .default(DEFAULT);
}

/** Asks the daemon. Rejects if none answers. */
export async function askDaemon<T>(path: string, ask: (greylist: RemoteGreylist) => Promise<T>): Promise<T> {
  await using greylist = new RemoteGreylist(path);
  return await ask(greylist);
}

/** The counters of the daemon's exchange of state; `undefined` if it has none. */
export async function askExchange(path: string): Promise<ExchangeStats | undefined> {
  const stats: object = await askDaemon(path, (greylist) => greylist.stats());
  return 'exchange' in stats ? (stats.exchange as ExchangeStats) : undefined;
}
