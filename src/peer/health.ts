import { LRUCache } from 'lru-cache';
import type { Source } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { Accepted, Drop, DropReason } from './inbound.ts';
import { LossEstimate } from './loss.ts';
import type { Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';
import { countEntry, type EntryCounts, noEntries } from './stats.ts';

/** What is known of an address that sent something. Times are Unix seconds. */
export interface SourceHealth {
  readonly address: string;
  /** When a datagram of it was last delivered; `undefined`: never. */
  readonly lastReceived: number | undefined;
  /** Datagrams delivered. */
  readonly accepted: number;
  readonly entries: EntryCounts;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  /** How many of its datagrams seem to be missing, by their counters. An estimate. */
  readonly lost: number;
  /** The newest timestamp of its last datagram less our time, seconds: how far its clock is ahead. */
  readonly skew: number | undefined;
  /** Which key of our keyring signed its last datagram; above 0, it has not changed to the new key yet. */
  readonly keyIndex: number | undefined;
}

/** How a configured target fares. */
export interface TargetHealth {
  readonly target: string;
  readonly dialect: Dialect;
  readonly multicast: boolean;
  /** What its name resolved to; `undefined` while it does not. */
  readonly address: string | undefined;
  /** Datagrams sent to it, and not sent. */
  readonly sent: number;
  readonly failed: number;
  /** Why the last datagram could not be sent; `undefined` once one could. */
  readonly lastError: SpamdSyncError | undefined;
  /** When something of it was last delivered, Unix seconds; `undefined`: it is silent. */
  readonly lastReceived: number | undefined;
}

export interface PeerHealth {
  readonly sources: readonly SourceHealth[];
  readonly targets: readonly TargetHealth[];
  /** Sources of which nothing is kept any more, to make room for others. */
  readonly sourcesForgotten: number;
}

/** A group has tens of members; this many may have signed something before the longest silent is forgotten. */
const MAX_MEMBERS = 1024;
/** Whoever never signed anything is kept apart, so that forged sources cannot push out a member. */
const MAX_STRANGERS = 256;
/** So many datagrams in a row that no key of ours signed mean a wrong key rather than line noise. */
const MISMATCH_AFTER = 5;

class SourceRecord {
  lastReceived: number | undefined;
  accepted = 0;
  readonly entries = noEntries();
  readonly drops: { [reason in DropReason]?: number } = {};
  readonly loss = new LossEstimate();
  skew: number | undefined;
  keyIndex: number | undefined;
  forgedInARow = 0;
}

export class Health {
  readonly #members: LRUCache<string, SourceRecord>;
  readonly #strangers: LRUCache<string, SourceRecord>;
  readonly #outlets: () => readonly Outlet[];
  readonly #onMismatch: (target: string, address: string) => void;
  #forgotten = 0;

  /** @param onMismatch Called once when a target's datagrams repeatedly fail authentication. */
  constructor(outlets: () => readonly Outlet[], onMismatch: (target: string, address: string) => void) {
    this.#outlets = outlets;
    this.#onMismatch = onMismatch;
    const dispose = (_record: SourceRecord, _address: string, why: string) => {
      if (why === 'evict') this.#forgotten++;
    };
    this.#members = new LRUCache({ max: MAX_MEMBERS, dispose });
    this.#strangers = new LRUCache({ max: MAX_STRANGERS, dispose });
  }

  accepted(source: Source, datagram: Accepted, now: number): void {
    let record = this.#members.get(source.address);
    if (record === undefined) {
      record = this.#strangers.peek(source.address) ?? new SourceRecord();
      this.#strangers.delete(source.address);
      this.#members.set(source.address, record);
    }
    record.lastReceived = now;
    record.accepted++;
    record.forgedInARow = 0;
    record.keyIndex = datagram.keyIndex;
    if (datagram.newest >= 0) record.skew = datagram.newest - Math.floor(now);
    record.loss.heard(source.port, datagram.counter);
    for (const entry of datagram.entries) countEntry(record.entries, entry.type);
  }

  dropped({ reason, source }: Drop): void {
    let record = this.#members.get(source.address) ?? this.#strangers.get(source.address);
    if (record === undefined) {
      record = new SourceRecord();
      this.#strangers.set(source.address, record);
    }
    record.drops[reason] = (record.drops[reason] ?? 0) + 1;
    if (reason === 'auth' && ++record.forgedInARow === MISMATCH_AFTER) {
      const outlet = this.#outlets().find(({ link }) => link.address === source.address);
      if (outlet !== undefined) this.#onMismatch(outlet.target.name, source.address);
    }
  }

  snapshot(): PeerHealth {
    const sources = [this.#members, this.#strangers].flatMap((records) =>
      [...records.entries()].map(([address, record]) => sourceHealth(address, record)),
    );
    const targets = this.#outlets().map(({ target, link, sent, failed, lastError }) => ({
      target: target.name,
      dialect: target.dialect,
      multicast: link.multicast,
      address: link.address,
      sent,
      failed,
      lastError,
      lastReceived: link.address === undefined ? undefined : this.#members.peek(link.address)?.lastReceived,
    }));
    return { sources, targets, sourcesForgotten: this.#forgotten };
  }
}

function sourceHealth(address: string, record: SourceRecord): SourceHealth {
  const { lastReceived, accepted, skew, keyIndex } = record;
  const drops = { ...record.drops };
  return {
    address,
    lastReceived,
    accepted,
    entries: { ...record.entries },
    drops,
    lost: record.loss.lost,
    skew,
    keyIndex,
  };
}
