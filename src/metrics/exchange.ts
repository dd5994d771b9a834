import type { ExchangePeer, ExchangeStats } from '../exchange/index.ts';
import { byLabel, type Family, one, type Sample } from './text.ts';

/** The counters of an exchange. */
export function exchangeFamilies(stats: ExchangeStats): Family[] {
  const byPeer = (value: (peer: ExchangePeer) => number | undefined): Sample[] => {
    // Two peers behind one router may have one address.
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
    {
      name: 'exchange_behind_records',
      type: 'gauge',
      help: 'How many records this peer was behind then.',
      samples: byPeer(({ behindRecords }) => behindRecords),
    },
    {
      name: 'exchange_peer_up',
      type: 'gauge',
      help: 'Whether a peer is connected.',
      samples: byPeer(({ state }) => Number(state === 'connected')),
    },
    {
      name: 'exchange_peer_key_index',
      type: 'gauge',
      help: 'The place in the keyring of the key that a peer is connected by; above 0, it was before the key was changed.',
      samples: byPeer(({ keyIndex }) => keyIndex),
    },
    {
      name: 'exchange_peer_clock_skew_seconds',
      type: 'gauge',
      help: "How far a peer's clock was ahead when it was connected.",
      samples: byPeer(({ skew }) => skew),
    },
    {
      name: 'exchange_peer_bytes_total',
      type: 'counter',
      help: 'Bytes of the connections with a peer, in both directions.',
      samples: byPeer(({ bytesIn, bytesOut }) => bytesIn + bytesOut),
    },
    {
      name: 'exchange_listener_errors_total',
      type: 'counter',
      help: 'Calls of listeners of the exchange that threw, or rejected.',
      samples: one(stats.listenerErrors),
    },
  ];
}
