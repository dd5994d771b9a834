import type { PeerHealth, PeerStats, SourceHealth } from '../index.ts';
import { byLabel, type Family, one, type Sample } from './text.ts';

/**
 * How many sources have samples of their own: those from which something was received last. The number is limited
 * because a host with the key may send from any address, and the Prometheus server keeps each label value for months.
 */
const MAX_SOURCES = 64;

/** The counters of a peer. */
export function peerFamilies(stats: PeerStats, health: PeerHealth): Family[] {
  const { received, sent, bulk, digests } = stats;
  const authenticated = health.sources
    .filter(({ accepted }) => accepted > 0)
    .sort((a, b) => (b.lastReceived ?? 0) - (a.lastReceived ?? 0));
  const sources = authenticated.slice(0, MAX_SOURCES);
  const bySource = (value: (source: SourceHealth) => number | undefined): Sample[] =>
    sources.map((source) => ({ labels: { source: source.address }, value: value(source) }));
  const byTarget = (value: (target: PeerHealth['targets'][number]) => number | undefined): Sample[] =>
    health.targets.map((target) => ({
      labels: { target: target.target, dialect: target.dialect },
      value: value(target),
    }));
  return [
    {
      name: 'received_datagrams_total',
      type: 'counter',
      help: 'Datagrams received, refused ones included.',
      samples: one(received.datagrams),
    },
    {
      name: 'received_bytes_total',
      type: 'counter',
      help: 'Bytes of the datagrams received, refused ones included.',
      samples: one(received.bytes),
    },
    {
      name: 'accepted_datagrams_total',
      type: 'counter',
      help: 'Datagrams whose entries were delivered.',
      samples: one(received.accepted),
    },
    {
      name: 'received_entries_total',
      type: 'counter',
      help: 'Entries delivered, by type.',
      samples: byLabel('type', { ...received.entries }),
    },
    {
      name: 'unknown_tlvs_total',
      type: 'counter',
      help: 'TLVs of unknown type that were ignored.',
      samples: one(received.unknownTlvs),
    },
    {
      name: 'drops_total',
      type: 'counter',
      help: 'Datagrams not delivered, by reason; for overload, also entries that a slow reader missed.',
      samples: byLabel('reason', stats.drops),
    },
    {
      name: 'sent_datagrams_total',
      type: 'counter',
      help: 'Datagrams that the system took, counted at each target.',
      samples: one(sent.datagrams),
    },
    {
      name: 'sent_bytes_total',
      type: 'counter',
      help: 'Bytes of the datagrams sent, counted at each target.',
      samples: one(sent.bytes),
    },
    {
      name: 'sent_entries_total',
      type: 'counter',
      help: 'Entries in the datagrams sent, counted at each target.',
      samples: one(sent.entries),
    },
    {
      name: 'send_failures_total',
      type: 'counter',
      help: 'Datagrams that the system did not take.',
      samples: one(sent.failed),
    },
    {
      name: 'skipped_entries_total',
      type: 'counter',
      help: 'Entries not sent on purpose, by reason.',
      samples: byLabel('reason', stats.skipped),
    },
    { name: 'queued_entries', type: 'gauge', help: 'Entries that wait to be sent.', samples: one(stats.queued) },
    {
      name: 'bulk_rate_datagrams_per_second',
      type: 'gauge',
      help: 'The rate of bulk sends, datagrams a second.',
      samples: one(bulk.rate),
    },
    {
      name: 'known_white_addresses',
      type: 'gauge',
      help: 'How many WHITE the group holds, as far as this peer knows.',
      samples: one(bulk.whites),
    },
    {
      name: 'replay_digests',
      type: 'gauge',
      help: 'Digests remembered against replay.',
      samples: one(digests.held),
    },
    {
      name: 'replay_digests_forgotten_total',
      type: 'counter',
      help: 'Digests forgotten while their datagram could still be replayed.',
      samples: one(digests.forgotten),
    },
    {
      name: 'peer_listener_errors_total',
      type: 'counter',
      help: 'Calls of listeners of the peer that threw or rejected.',
      samples: one(stats.listenerErrors),
    },
    {
      name: 'receive_buffer_bytes',
      type: 'gauge',
      help: 'The size of the receive buffer that the kernel granted, as the kernel counts it; Linux doubles it.',
      samples: one(stats.receiveBuffer),
    },
    {
      name: 'sources',
      type: 'gauge',
      help: 'Addresses from which authenticated datagrams came.',
      samples: one(authenticated.length),
    },
    {
      name: 'source_last_received_timestamp_seconds',
      type: 'gauge',
      help: 'When a datagram of a source was last delivered.',
      samples: bySource(({ lastReceived }) => lastReceived),
    },
    {
      name: 'source_accepted_datagrams_total',
      type: 'counter',
      help: 'Datagrams of a source that were delivered.',
      samples: bySource(({ accepted }) => accepted),
    },
    {
      name: 'source_lost_datagrams',
      type: 'gauge',
      help: 'How many datagrams of a source seem to be missing; an upper bound.',
      samples: bySource(({ lost }) => lost),
    },
    {
      name: 'source_clock_skew_seconds',
      type: 'gauge',
      help: "How far a source's clock is ahead.",
      samples: bySource(({ skew }) => skew),
    },
    {
      name: 'source_key_index',
      type: 'gauge',
      help: 'The place in the keyring of the key that a source signs with; above 0, it has not changed to the new key yet.',
      samples: bySource(({ keyIndex }) => keyIndex),
    },
    {
      name: 'target_sent_datagrams_total',
      type: 'counter',
      help: 'Datagrams sent to a target.',
      samples: byTarget(({ sent: datagrams }) => datagrams),
    },
    {
      name: 'target_failed_datagrams_total',
      type: 'counter',
      help: 'Datagrams that could not be sent to a target.',
      samples: byTarget(({ failed }) => failed),
    },
    {
      name: 'target_up',
      type: 'gauge',
      help: 'Whether the name of a target resolves and the last datagram to it could be sent: 1 or 0.',
      samples: byTarget(({ address, lastError }) => (address === undefined || lastError !== undefined ? 0 : 1)),
    },
  ];
}
