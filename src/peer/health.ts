import { LRUCache } from 'lru-cache';
import type { SyncKey } from '../auth/key.ts';
import type { Source } from '../entry.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { InterfaceState } from '../transport/transport.ts';
import type { Accepted, Drop, DropReason } from './inbound.ts';
import { LossEstimate } from './loss.ts';
import type { Dialect } from './options.ts';
import type { Outlet } from './outlet.ts';
import { countEntry, type EntryCounts, noEntries } from './stats.ts';

/** What is known of an address that sent something. Times are Unix seconds. */
export interface SourceHealth {
  /** IPv4, dotted quad. */
  readonly address: string;
  /** When a datagram from this address was last delivered; `undefined` if none was. */
  readonly lastReceived: number | undefined;
  /** Datagrams delivered. */
  readonly accepted: number;
  /** Entries in them. */
  readonly entries: EntryCounts;
  /** Datagrams not delivered, by reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  /**
   * How many of its datagrams seem to be missing, by their counters. This is an estimate, and an upper bound: it
   * includes the datagrams that the source sent only to others, as in a seed to one host.
   */
  readonly lost: number;
  /** The newest timestamp of its last datagram minus our time, seconds: how far its clock is ahead of ours. */
  readonly skew: number | undefined;
  /**
   * The place in our keyring, from 0, of the key that signed its last datagram. Above 0: the source has not changed to
   * the new key.
   */
  readonly keyIndex: number | undefined;
  /** The keys that signed its datagrams, at most four, the one that was used last first. */
  readonly signedBy: readonly SignedBy[];
  /**
   * In which of the last eight intervals of ten minutes a datagram of this source was delivered, one bit for each,
   * 0..255: bit 0 is the current interval, bit 7 the oldest. It is like the reach of chronyc(1).
   */
  readonly reach: number;
}

/** A key that a source signs with. */
export interface SignedBy {
  /** As `SyncKey.fingerprint`. */
  readonly fingerprint: string;
  /** When a datagram that it signed was last delivered, Unix seconds. */
  readonly lastReceived: number;
}

/** How sending to a configured target goes. */
export interface TargetHealth {
  /** The target as it was configured. */
  readonly target: string;
  /** Which kind of receivers the target has. */
  readonly dialect: Dialect;
  /** Whether it is the group rather than one host. */
  readonly multicast: boolean;
  /** The address that its name resolved to; `undefined` while the name does not resolve. */
  readonly address: string | undefined;
  /** Datagrams sent to it. */
  readonly sent: number;
  /** Datagrams that could not be sent. */
  readonly failed: number;
  /** Why the last datagram could not be sent; `undefined` if it was sent. */
  readonly lastError: SpamdSyncError | undefined;
  /**
   * When a datagram from the target's address was last delivered, Unix seconds. `undefined` if none was: the target is
   * silent, or sends from another address, as a greyd with several addresses does.
   */
  readonly lastReceived: number | undefined;
}

/** The sources that the peer received from, and how sending to each target goes. */
export interface PeerHealth {
  /** Each address that sent something, authenticated sources first. */
  readonly sources: readonly SourceHealth[];
  /** Each configured target. */
  readonly targets: readonly TargetHealth[];
  /** The interface of the group and the address that the peer listens on, if the options name them. */
  readonly interfaces: readonly InterfaceState[];
  /** The fingerprints of the keys of the keyring, the signing key first. */
  readonly keys: readonly string[];
  /** Sources that were evicted to make room for others. */
  readonly sourcesForgotten: number;
}

/**
 * A group has tens of hosts. This many authenticated sources are kept; then the one that was silent longest is
 * forgotten.
 */
const MAX_AUTHENTICATED = 1024;
/** Unauthenticated sources are kept apart, so that forged ones cannot evict those of the group. */
const MAX_UNAUTHENTICATED = 256;
/** This many datagrams in a row that fail verification mean another key, and not line noise. */
const MISMATCH_AFTER = 5;
/** Each kind of warning is given for this many sources at most, targets not counted: source addresses can be forged. */
const MAX_WARNED = 64;
/** The length of one interval of the reach, seconds: as long as a datagram is fresh by default. */
const REACH_INTERVAL = 600;
const REACH_MASK = 0xff;
/** This many keys of a source are kept: a keyring in rotation has two. */
const MAX_KEYS = 4;

class SourceRecord {
  lastReceived: number | undefined;
  accepted = 0;
  readonly entries = noEntries();
  readonly drops: { [reason in DropReason]?: number } = {};
  readonly loss = new LossEstimate();
  skew: number | undefined;
  keyIndex: number | undefined;
  failedInARow = 0;
  #signedBy: { readonly fingerprint: string; lastReceived: number }[] = [];
  #reach = 0;
  /** The interval in which the reach was last brought up to date. */
  #interval = 0;

  received(now: number): void {
    this.#reach = this.reachAt(now) | 1;
    // If the clock was set back, the bits must not be shifted a second time for the same intervals.
    this.#interval = Math.max(this.#interval, Math.floor(now / REACH_INTERVAL));
  }

  reachAt(now: number): number {
    const passed = Math.max(0, Math.floor(now / REACH_INTERVAL) - this.#interval);
    return passed > 7 ? 0 : (this.#reach << passed) & REACH_MASK;
  }

  signed(fingerprint: string, now: number): void {
    const [last] = this.#signedBy;
    if (last?.fingerprint === fingerprint) last.lastReceived = now;
    else {
      const others = this.#signedBy.filter((one) => one.fingerprint !== fingerprint);
      this.#signedBy = [{ fingerprint, lastReceived: now }, ...others].slice(0, MAX_KEYS);
    }
  }

  get signedBy(): readonly SignedBy[] {
    return this.#signedBy.map((one) => ({ ...one }));
  }
}

/**
 * The warnings about sources that an operator should look at. Each is called once for a source; `onMismatch` is called
 * again for a target that fails again after it was authenticated.
 */
export interface HealthWarnings {
  /**
   * The datagrams of this address repeatedly fail verification. `target` is the target with this address, if there is
   * one.
   */
  readonly onMismatch: (address: string, target: string | undefined) => void;
  /** The source is authenticated, but `allow` does not name it. */
  readonly onNotAllowed: (address: string) => void;
}

/** What is known of each source and target. */
export class Health {
  readonly #authenticated: LRUCache<string, SourceRecord>;
  readonly #unauthenticated: LRUCache<string, SourceRecord>;
  readonly #outlets: () => readonly Outlet[];
  readonly #keys: () => readonly SyncKey[];
  readonly #warnings: HealthWarnings;
  readonly #mismatched = new Set<string>();
  readonly #notAllowed = new Set<string>();
  #forgotten = 0;

  constructor(outlets: () => readonly Outlet[], keys: () => readonly SyncKey[], warnings: HealthWarnings) {
    this.#outlets = outlets;
    this.#keys = keys;
    this.#warnings = warnings;
    const dispose = (_record: SourceRecord, _address: string, why: string) => {
      if (why === 'evict') this.#forgotten++;
    };
    this.#authenticated = new LRUCache({ max: MAX_AUTHENTICATED, dispose });
    this.#unauthenticated = new LRUCache({ max: MAX_UNAUTHENTICATED, dispose });
  }

  accepted(source: Source, datagram: Accepted, now: number): void {
    let record = this.#authenticated.get(source.address);
    if (record === undefined) {
      record = this.#unauthenticated.peek(source.address) ?? new SourceRecord();
      this.#unauthenticated.delete(source.address);
      this.#authenticated.set(source.address, record);
    }
    record.lastReceived = now;
    record.accepted++;
    record.failedInARow = 0;
    record.keyIndex = datagram.keyIndex;
    record.received(now);
    const key = this.#keys()[datagram.keyIndex];
    if (key !== undefined) record.signed(key.fingerprint, now);
    if (datagram.newest >= 0) record.skew = datagram.newest - Math.floor(now);
    record.loss.received(source.port, datagram.counter);
    for (const entry of datagram.entries) countEntry(record.entries, entry.type);
  }

  dropped({ reason, source }: Drop): void {
    let record = this.#authenticated.get(source.address) ?? this.#unauthenticated.get(source.address);
    if (record === undefined) {
      record = new SourceRecord();
      this.#unauthenticated.set(source.address, record);
    }
    record.drops[reason] = (record.drops[reason] ?? 0) + 1;
    if (reason === 'auth' && ++record.failedInARow === MISMATCH_AFTER) this.#warnOfMismatch(source.address);
    if (reason === 'source' && addFirst(this.#notAllowed, source.address)) this.#warnings.onNotAllowed(source.address);
  }

  /** Targets are few and configured. So a warning about a target is given however many other addresses are forged. */
  #warnOfMismatch(address: string): void {
    const target = this.#outlets().find(({ link }) => link.address === address)?.target.name;
    if (target === undefined && !addFirst(this.#mismatched, address)) return;
    this.#warnings.onMismatch(address, target);
  }

  /** @param now Unix seconds. */
  snapshot(interfaces: readonly InterfaceState[], now: number): PeerHealth {
    const sources = [this.#authenticated, this.#unauthenticated].flatMap((records) =>
      [...records.entries()].map(([address, record]) => sourceHealth(address, record, now)),
    );
    const targets = this.#outlets().map(({ target, link, sent, failed, lastError }) => ({
      target: target.name,
      dialect: target.dialect,
      multicast: link.multicast,
      address: link.address,
      sent,
      failed,
      lastError,
      lastReceived: link.address === undefined ? undefined : this.#authenticated.peek(link.address)?.lastReceived,
    }));
    const keys = this.#keys().map(({ fingerprint }) => fingerprint);
    return { sources, targets, interfaces, keys, sourcesForgotten: this.#forgotten };
  }
}

/** Adds an address; returns whether it is new and within the bound. */
function addFirst(known: Set<string>, address: string): boolean {
  if (known.size >= MAX_WARNED || known.has(address)) return false;
  known.add(address);
  return true;
}

function sourceHealth(address: string, record: SourceRecord, now: number): SourceHealth {
  const { lastReceived, accepted, skew, keyIndex, signedBy } = record;
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
    signedBy,
    reach: record.reachAt(now),
  };
}
