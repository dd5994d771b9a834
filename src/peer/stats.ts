import type { Entry } from '../entry.ts';
import type { SkipReason } from './dialect.ts';
import type { DropReason } from './inbound.ts';

/** Entries by type; the two removals together. */
export interface EntryCounts {
  /** Tuples that were seen. */
  readonly grey: number;
  /** White addresses. */
  readonly white: number;
  /** Trapped addresses. */
  readonly trapped: number;
  /** Removals, of white and of trapped addresses. */
  readonly removal: number;
}

/** Counters since the peer was opened; they only ever grow, except where a comment says so. */
export interface PeerStats {
  /** What came in. */
  readonly received: {
    /** Datagrams that came in, refused ones included. */
    readonly datagrams: number;
    /** Bytes of these datagrams. */
    readonly bytes: number;
    /** Datagrams whose entries were delivered. */
    readonly accepted: number;
    /** Entries in those datagrams, by type. */
    readonly entries: EntryCounts;
    /** TLVs of unknown type that were ignored. */
    readonly unknownTlvs: number;
  };
  /**
   * Datagrams not delivered, by reason; for `overload`, entries that a reader of `received()` missed, and datagrams
   * beyond the first 4096 that arrived before the peer was open.
   */
  readonly drops: Readonly<Record<DropReason, number>>;
  /** What went out. */
  readonly sent: {
    /** Datagrams that the system took, counted at each target. */
    readonly datagrams: number;
    /** Bytes of these datagrams. */
    readonly bytes: number;
    /** Entries in them, counted at each target. */
    readonly entries: number;
    /** Datagrams that the system did not take. */
    readonly failed: number;
  };
  /** Entries not sent on purpose, by reason, counted for each dialect. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** Entries that wait or are on their way, including those of a bulk send that wait for their turn. A gauge. */
  readonly queued: number;
  /** Bulk sends. */
  readonly bulk: {
    /** The rate of bulk sends, datagrams a second; follows `whites` unless `batch.bulkRate` sets it. A gauge. */
    readonly rate: number;
    /** How many WHITE the group holds, as far as known; see `SyncPeer.noteWhites()`. A gauge. */
    readonly whites: number;
  };
  /** The replay window. */
  readonly digests: {
    /** Digests remembered against replay; a gauge. */
    readonly held: number;
    /** Digests that `maxDigests` forced out while their datagram could still be replayed. */
    readonly forgotten: number;
  };
  /** The receive buffer that the kernel granted, bytes as it counts them (Linux doubles them); 0 for none. */
  readonly receiveBuffer: number;
  /** How many calls of listeners threw, or rejected. */
  readonly listenerErrors: number;
}

export type MutableCounts = { -readonly [K in keyof EntryCounts]: number };

export function noEntries(): MutableCounts {
  return { grey: 0, white: 0, trapped: 0, removal: 0 };
}

export function countEntry(counts: MutableCounts, type: Entry['type']): void {
  if (type === 'grey' || type === 'white' || type === 'trapped') counts[type]++;
  else counts.removal++;
}

export function noSkips(): Record<SkipReason, number> {
  return { address: 0, control: 0, empty: 0, unsafe: 0, removal: 0, 'too-long': 0, overload: 0, closed: 0 };
}

/** The counters as the peer keeps them while it runs. */
export class Counters {
  receivedDatagrams = 0;
  receivedBytes = 0;
  accepted = 0;
  readonly entries = noEntries();
  unknownTlvs = 0;
  sentDatagrams = 0;
  sentBytes = 0;
  sentEntries = 0;
  failedDatagrams = 0;
  readonly drops: Record<DropReason, number> = {
    short: 0,
    oversize: 0,
    version: 0,
    family: 0,
    length: 0,
    auth: 0,
    malformed: 0,
    self: 0,
    duplicate: 0,
    stale: 0,
    source: 0,
    overload: 0,
  };
  readonly skipped = noSkips();

  snapshot(gauges: Pick<PeerStats, 'queued' | 'bulk' | 'digests' | 'receiveBuffer' | 'listenerErrors'>): PeerStats {
    return {
      received: {
        datagrams: this.receivedDatagrams,
        bytes: this.receivedBytes,
        accepted: this.accepted,
        entries: { ...this.entries },
        unknownTlvs: this.unknownTlvs,
      },
      drops: { ...this.drops },
      sent: {
        datagrams: this.sentDatagrams,
        bytes: this.sentBytes,
        entries: this.sentEntries,
        failed: this.failedDatagrams,
      },
      skipped: { ...this.skipped },
      ...gauges,
    };
  }
}
