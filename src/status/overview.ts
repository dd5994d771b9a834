import { systemClock } from '../clock.ts';
import type { Exchange } from '../exchange/index.ts';
import type { Greylist, PeerHealth, SyncPeer } from '../index.ts';
import { exchangeShown } from './exchange.ts';
import { stateOf } from './host-state.ts';
import type { RecentEntries } from './recent.ts';
import type { Host, Overview } from './shapes.ts';
import { troublesOf } from './well-being.ts';

/** How many hosts have a row. The number is limited because a host with the key may send from any address. */
const MAX_HOSTS = 100;

/** The current state of a peer, its greylist and their group. */
export async function overview(
  peer: SyncPeer,
  greylist: Greylist,
  exchange: Pick<Exchange, 'stats'> | undefined,
  recent: RecentEntries,
  started: number,
): Promise<Overview> {
  const time = Math.floor(systemClock.now());
  const health = peer.health();
  const stats = peer.stats();
  const { store, ignored, verdicts } = await greylist.stats();
  const { address, port } = peer.address;
  return {
    time,
    started,
    address: `${address}:${port}`,
    troubles: await troublesOf(peer, greylist),
    hosts: hostsOf(health, recent, time),
    groups: health.targets
      .filter(({ multicast }) => multicast)
      .map(({ target, sent, lastError }) => ({ target, sent, lastError: lastError?.message })),
    counts: {
      received: { ...stats.received.entries },
      drops: stats.drops,
      sent: stats.sent.entries,
      skipped: stats.skipped,
      ignored,
      verdicts,
      held: store && { tuples: store.tuples, addresses: store.addresses, spamtraps: store.spamtraps },
    },
    exchange: exchange && exchangeShown(exchange.stats()),
  };
}

function hostsOf({ sources, targets }: PeerHealth, recent: RecentEntries, now: number): Host[] {
  const heard = sources
    // Leaves out addresses from which only datagrams of this host came.
    .filter(({ accepted, drops }) => accepted > 0 || Object.keys(drops).some((reason) => reason !== 'self'))
    .map((source): Host => {
      const { address: name, lastReceived, entries, drops, lost, skew } = source;
      const target = targets.find(({ address }) => address === name);
      const shared = { target: target?.target, lastError: target?.lastError?.message };
      const state = stateOf(source);
      return {
        name,
        ...shared,
        state,
        lastReceived,
        entries: { ...entries },
        drops,
        lost,
        skew,
        recent: recent.of(name, now),
      };
    });
  const silent = targets
    .filter(({ multicast, address }) => !multicast && !heard.some(({ name }) => name === address))
    .map(
      ({ address, target, lastError }): Host => ({
        ...{
          name: address ?? target,
          target,
          state: 'silent',
          lastReceived: undefined,
          entries: {},
          drops: {},
          lost: 0,
        },
        ...{ skew: undefined, lastError: lastError?.message, recent: [] },
      }),
    );
  return [...silent, ...heard].slice(0, MAX_HOSTS).sort((a, b) => (a.name < b.name ? -1 : 1));
}
