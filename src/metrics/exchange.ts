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
      help: 'Rounds in which another peer was asked for the records that differ.',
      samples: one(stats.rounds),
    },
    {
      name: 'exchange_failures_total',
      type: 'counter',
      help: 'Failures of the exchange of state, by kind.',
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
      help: 'Entries about IPv6 that were not sent to a peer, because it does not keep up or the entry is too long.',
      samples: one(stats.unsent),
    },
    {
      name: 'exchange_last_round_timestamp_seconds',
      type: 'gauge',
      help: 'When a round in which the peer was asked for the records that differ was last completed; 0: not yet.',
      samples: byPeer(({ lastRound }) => lastRound),
    },
    {
      name: 'exchange_behind_leaves',
      type: 'gauge',
      help: 'How many leaves of 4096 differed in the last completed round with the peer.',
      samples: byPeer(({ behind }) => behind),
    },
    {
      name: 'exchange_behind_records',
      type: 'gauge',
      help: 'How many records came in from the peer in the last completed round: this host lacked them, or had another form.',
      samples: byPeer(({ behindRecords }) => behindRecords),
    },
    {
      name: 'exchange_peer_up',
      type: 'gauge',
      help: 'Whether the peer is connected: 1 or 0.',
      samples: byPeer(({ state }) => Number(state === 'connected')),
    },
    {
      name: 'exchange_peer_key_index',
      type: 'gauge',
      help: 'The place in the keyring of the key of the connection; above 0, the key was changed later, or at one of the two peers only.',
      samples: byPeer(({ keyIndex }) => keyIndex),
    },
    {
      name: 'exchange_peer_clock_skew_seconds',
      type: 'gauge',
      help: "How far the peer's clock was ahead when it was connected.",
      samples: byPeer(({ skew }) => skew),
    },
    {
      name: 'exchange_peer_bytes_total',
      type: 'counter',
      help: 'Bytes of the connections with the peer, in both directions.',
      samples: byPeer(({ bytesIn, bytesOut }) => bytesIn + bytesOut),
    },
    {
      name: 'exchange_listener_errors_total',
      type: 'counter',
      help: 'Calls of listeners of the exchange that threw or rejected.',
      samples: one(stats.listenerErrors),
    },
  ];
}
