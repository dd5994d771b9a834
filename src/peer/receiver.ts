import type { TimedClock } from '../clock.ts';
import { CHANNELS } from '../diagnostics.ts';
import type { Entry, Source } from '../entry.ts';
import type { Listeners } from '../listeners.ts';
import type { BulkRate } from './bulk-rate.ts';
import type { SyncPeerEvents } from './events.ts';
import type { Health } from './health.ts';
import type { Accepted, Drop, Inbound } from './inbound.ts';
import { checkReceivedOptions, type ReceivedOptions, ReceivedQueue } from './received.ts';
import { type Counters, countEntry } from './stats.ts';

/** How many datagrams are kept from the moment of binding until the caller can have attached its listeners. */
const MAX_EARLY = 4096;

/** Handles each datagram that comes in: it is refused or accepted, counted, and given to listeners and readers. */
export class Receiver {
  /** The peer that this receiver belongs to, for the diagnostics channels. */
  readonly #peer: object;
  readonly #listeners: Listeners<SyncPeerEvents>;
  readonly #inbound: Inbound;
  readonly #health: Health;
  readonly #counters: Counters;
  readonly #clock: TimedClock;
  readonly #bulkRate: BulkRate;
  readonly #readers = new Set<ReceivedQueue>();
  #early: [Buffer, Source][] | undefined = [];

  constructor(
    peer: object,
    listeners: Listeners<SyncPeerEvents>,
    inbound: Inbound,
    health: Health,
    counters: Counters,
    clock: TimedClock,
    bulkRate: BulkRate,
  ) {
    this.#peer = peer;
    this.#listeners = listeners;
    this.#inbound = inbound;
    this.#health = health;
    this.#counters = counters;
    this.#clock = clock;
    this.#bulkRate = bulkRate;
  }

  receive(bytes: Buffer, source: Source): void {
    const counters = this.#counters;
    if (this.#early !== undefined) {
      this.#keepEarly(this.#early, bytes, source);
      return;
    }
    const now = this.#clock.now();
    counters.receivedDatagrams++;
    counters.receivedBytes += bytes.length;
    const result = this.#inbound.accept(bytes, source, now);
    if ('reason' in result) {
      this.#health.dropped(result);
      this.#drop(result);
      return;
    }
    counters.accepted++;
    counters.unknownTlvs += result.unknownTlvs;
    this.#health.accepted(source, result, now);
    this.#noteWhites(result, now);
    for (const entry of result.entries) this.#deliver(entry, source);
  }

  /** Handles the datagrams that came in before listeners could be attached. */
  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const [bytes, source] of early) this.receive(bytes, source);
  }

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
  reader(options: ReceivedOptions): ReceivedQueue {
    checkReceivedOptions(options);
    const queue = new ReceivedQueue((ended) => this.#readers.delete(ended), options.signal);
    if (!queue.ended) this.#readers.add(queue);
    return queue;
  }

  end(): void {
    for (const reader of this.#readers) reader.end();
  }

  #keepEarly(early: [Buffer, Source][], bytes: Buffer, source: Source): void {
    // A copy: a transport may use the buffer again once this returns.
    if (early.length < MAX_EARLY) early.push([Buffer.from(bytes), source]);
    else this.#drop({ reason: 'overload', source, size: bytes.length, detail: 'arrived before the peer was open' });
  }

  /**
   * Must come before the listeners: one of them may decode another datagram, which overwrites the addresses. A
   * freshness marker is not counted.
   */
  #noteWhites({ entries, addresses }: Accepted, now: number): void {
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Entry;
      if (entry.type === 'white' && entry.expires > 0) this.#bulkRate.noteWhite(addresses[at] as number, now);
    }
  }

  #deliver(entry: Entry, source: Source): void {
    const listeners = this.#listeners;
    countEntry(this.#counters.entries, entry.type);
    if (CHANNELS.entry.hasSubscribers) CHANNELS.entry.publish({ peer: this.#peer, entry, source });
    listeners.call('entry', entry, source);
    if (entry.type === 'grey') listeners.call('grey', entry, source);
    else if (entry.type === 'white') listeners.call('white', entry, source);
    else if (entry.type === 'trapped') listeners.call('trapped', entry, source);
    for (const reader of this.#readers) {
      if (!reader.push({ entry, source })) {
        this.#drop({ reason: 'overload', source, size: 0, detail: 'a reader of received() is too slow' });
      }
    }
  }

  #drop(drop: Drop): void {
    this.#counters.drops[drop.reason]++;
    if (CHANNELS.drop.hasSubscribers) CHANNELS.drop.publish({ peer: this.#peer, drop });
    this.#listeners.call('drop', drop);
  }
}
