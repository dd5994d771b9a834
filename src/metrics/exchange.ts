import type { ExchangePeer, ExchangeStats } from '../exchange/index.ts';
import { byLabel, type Family, one, type Sample } from './text.ts';

/** What an exchange counts. */
export function exchangeFamilies(stats: ExchangeStats): Family[] {
  const byPeer = (value: (peer: ExchangePeer) => number): Sample[] => {
    // Two may have one address, behind one router.
    const peers = new Map(stats.peers.map((peer) => [peer.name ?? peer.address ?? '', peer]));
    return [...peers].map(([peer, counts]) => ({ labels: { peer }, value: value(counts) }));
  };
  const { failedRounds, unreachable, unauthenticated, refused, malformed, broken } = stats;
  return [
    {
      name: 'exchange_peers',
      type: 'gauge',
      help: 'Peers that are connected for the exchange of state.',
      samples: one(stats.peers.filter(({ state }) => state === 'connected').length),
    },
    {
      name: 'exchange_rounds_total',
      type: 'counter',
      help: 'Rounds in which a peer was asked for what differs.',
      samples: one(stats.rounds),
    },
    {
      name: 'exchange_failures_total',
      type: 'counter',
      help: 'What failed in the exchange of state, by what it is.',
      samples: byLabel('what', { round: failedRounds, unreachable, unauthenticated, refused, malformed, broken }),
    },
    {
      name: 'exchange_bytes_total',
      type: 'counter',
      help: 'Bytes of authenticated connections, by direction.',
      samples: byLabel('direction', { in: stats.bytesIn, out: stats.bytesOut }),
    },
    {
      name: 'exchange_records_total',
      type: 'counter',
      help: 'Records exchanged, by direction.',
      samples: byLabel('direction', { in: stats.recordsReceived, out: stats.recordsSent }),
    },
    {
      name: 'exchange_entries_total',
      type: 'counter',
      help: 'Entries about IPv6 exchanged, by direction.',
      samples: byLabel('direction', { in: stats.received, out: stats.announced }),
    },
    {
      name: 'exchange_unsent_entries_total',
      type: 'counter',
      help: 'Entries about IPv6 that were not sent to a peer since it does not keep up.',
      samples: one(stats.unsent),
    },
    {
      name: 'exchange_last_round_timestamp_seconds',
      type: 'gauge',
      help: 'When a peer was last asked for what differs; 0: not yet.',
      samples: byPeer(({ lastRound }) => lastRound),
    },
    {
      name: 'exchange_behind_leaves',
      type: 'gauge',
      help: 'How many leaves of 4096 differed then.',
      samples: byPeer(({ behind }) => behind),
    },
  ];
}
