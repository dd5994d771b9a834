import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { sleep, type Timer } from '../clock.ts';
import type { AnnounceOptions, Entry, Group, Source } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import { badOption, checkMembers, isList, notMadeByNew } from '../validate.ts';
import { Backdated } from './backdated.ts';
import { Calls } from './calls.ts';
import { type Connection, connectionOf, type RedisClient } from './connection.ts';
import { ForeignItems } from './foreign.ts';
import { Leader } from './leader.ts';
import { Lease } from './lease.ts';
import { type BroadcasterOptions, type BroadcasterSettings, broadcasterSettings } from './options.ts';
import { Queue } from './queue.ts';

/**
 * What an operator should look at, though the broadcaster goes on:
 * - `WARN_SPAMD_STORE`: Redis does not answer;
 * - `WARN_SPAMD_PEER`: the peer could not be opened, or failed; another process may succeed;
 * - `WARN_SPAMD_ANNOUNCE`: the peer refused entries that were queued; they are lost;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: the program's own mistake;
 * - `WARN_SPAMD_FOREIGN`: something in the queue was never announced, and is removed; reported once for each.
 */
export type BroadcasterWarningCode =
  | 'WARN_SPAMD_STORE'
  | 'WARN_SPAMD_PEER'
  | 'WARN_SPAMD_ANNOUNCE'
  | 'WARN_SPAMD_LISTENER'
  | 'WARN_SPAMD_FOREIGN';

/** Something that an operator should look at. */
export interface BroadcasterWarning {
  /** The code. It is stable, unlike the message. */
  readonly code: BroadcasterWarningCode;
  /** What happened, and why. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
}

/**
 * The events of a {@link Broadcaster}. An error that a listener throws stops nothing: it is reported as a `warning`.
 */
export interface BroadcasterEvents {
  /** Something that the group announced. Emitted in the leader only. */
  entry: [entry: Entry, source: Source];
  /** This process leads from now on: its peer is open. */
  lead: [];
  /** This process stands by again. */
  yield: [];
  /** Something that an operator should look at. */
  warning: [warning: BroadcasterWarning];
}

/** What a broadcaster counts. */
export interface BroadcasterStats {
  /** Calls of `announce` that wait for the leader; a gauge. */
  readonly waiting: number;
  /** How many bytes these calls take; a gauge. */
  readonly bytes: number;
  /** Calls that `maxQueued` and `maxQueuedBytes` forced out, of all processes together. */
  readonly trimmed: number;
  /** Items that this process found in the queue and removed, since they were never announced. */
  readonly foreign: number;
}

/** A call of `announce` that is to be queued. */
interface ToQueue {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How often the leader looks for what others queued, seconds. */
const POLL = 0.05;
/** How many times a standby asks for the lease in the time that a lease holds. */
const STANDBY_PART = 6;
/** How many calls may be under way at once. When the leader dies, so many calls are announced twice at the most. */
const BATCH = 256;
/** While the peer has so many entries, those of bulk sends included, it is given no more: its own queue has a bound. */
const MAX_ENTRIES = 16_384;

/**
 * One peer for all processes that share a store. A lease in Redis picks the leader, which opens the peer to announce
 * and to receive. The other processes stand by, and queue what they announce. When the leader dies, another process
 * takes over.
 *
 * @example
 * const open = () => SyncPeer.open({ key, listen: 'em0', targets: ['em0'] });
 * await using broadcaster = await Broadcaster.open(client, { open });
 * const greylist = new Greylist({ store: new RedisStore(client), group: broadcaster });
 */
export class Broadcaster extends EventEmitter<BroadcasterEvents> implements Group, AsyncDisposable {
  readonly #settings: BroadcasterSettings;
  readonly #listeners: Listeners<BroadcasterEvents>;
  readonly #lease: Lease;
  readonly #foreign: ForeignItems;
  readonly #queue: Queue;
  readonly #backdated: Backdated;
  readonly #leader: Leader;
  readonly #running: Promise<void>;
  #toQueue: ToQueue[] = [];
  /** The calls that are being queued. */
  readonly #queueing = new Set<Promise<void>>();
  #sent: string[] = [];
  /** The id of what was read from the queue last. */
  #read: string | undefined;
  #wake: () => void = () => {};
  /** Ends the leadership when the lease runs out. */
  #expiry: Timer | undefined;
  #failing = false;
  #unable = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(opening: Opening) {
    // A program without types can call a private constructor, too.
    if (!(opening instanceof Opening)) throw notMadeByNew('Broadcaster', 'Broadcaster.open(client, options)');
    super();
    const { connection, settings } = opening;
    this.#settings = settings;
    this.#listeners = new Listeners(this, settings.clock);
    const { prefix, scope, clock, timeout, leaseMs, maxQueued, maxQueuedBytes: maxBytes } = settings;
    const calls = new Calls(connection, clock, timeout);
    const key = (what: string): string => `${prefix}${what}:{${scope}}`;
    this.#lease = new Lease(calls, key('lease'), randomUUID(), leaseMs);
    this.#foreign = new ForeignItems((error) => this.#warn('WARN_SPAMD_FOREIGN', 'it is passed over', error));
    const keys = { queue: key('queue'), bytes: key('bytes'), trimmed: key('trimmed') };
    this.#queue = new Queue(calls, keys, { maxQueued, maxBytes }, this.#foreign);
    this.#backdated = new Backdated(this.#queue, clock);
    this.#leader = new Leader(settings.open, {
      entry: (entry, source) => this.#listeners.call('entry', entry, source),
      lead: () => {
        this.#listeners.call('lead');
        this.#wake();
      },
      yield: () => this.#listeners.call('yield'),
      failed: (error) => {
        // Every call that is under way reports the failure: one warning is enough.
        if (!this.#unable) this.#warn('WARN_SPAMD_PEER', 'the peer failed', error);
        this.#unable = true;
        this.#wake();
      },
      sent: (id) => {
        this.#sent.push(id);
        this.#wake();
      },
      refused: (error) => this.#warn('WARN_SPAMD_ANNOUNCE', 'the peer refused what was queued', error),
    });
    this.#running = this.#run();
  }

  /**
   * Joins the processes of a scope. It does not wait for Redis: while Redis does not answer, the broadcaster warns, and
   * goes on trying.
   *
   * @param client As for `RedisStore`.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming what is invalid.
   */
  static async open(client: RedisClient, options: BroadcasterOptions): Promise<Broadcaster> {
    return new Broadcaster(new Opening(connectionOf(client), broadcasterSettings(options)));
  }

  /** Whether this process announces and receives for the others. */
  get leading(): boolean {
    return this.#leader.leads;
  }

  /**
   * Queues entries, for the leader to announce. Calls of one turn of the event loop go to Redis together. A backdated
   * call first waits until the queue holds little, or until the broadcaster is closed.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is not a list; `ERR_SPAMD_CLOSED` after {@link close};
   * `ERR_SPAMD_STORE` if Redis does not take the call; `ERR_SPAMD_TOO_LONG` for more than `maxQueuedBytes` in one call.
   */
  async announce(entries: Iterable<Entry>, options: AnnounceOptions = {}): Promise<void> {
    if (this.#closed) throw new SpamdSyncError('ERR_SPAMD_CLOSED', 'the broadcaster is closed');
    if (!isList(entries)) throw badOption('entries', 'not a list of entries', entries);
    checkMembers('options', options, { backdated: true });
    const text = this.#queue.textOf([...entries], options);
    if (options.backdated) return this.#track(this.#backdated.add(text).then(() => this.#queued()));
    return new Promise((resolve, reject) => {
      this.#toQueue.push({ text, resolve, reject });
      if (this.#toQueue.length === 1) void this.#track(this.#queueAll());
    });
  }

  /**
   * Takes note of how many white addresses this host knows. Whenever this process leads, its peer is given the last
   * count, which limits the rate of bulk sends; see `SyncPeer.noteWhites`.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is not a whole number, 0 or more.
   */
  noteWhites(count: number): void {
    if (!Number.isInteger(count) || count < 0) throw badOption('count', 'not a whole number, 0 or more', count);
    this.#leader.noteWhites(count);
  }

  /** Asks Redis how much waits. */
  async stats(): Promise<BroadcasterStats> {
    return { ...(await this.#queue.counts()), foreign: this.#foreign.count };
  }

  /**
   * Queues what was announced. The leader then sends what is queued, closes the peer, and gives up the lease.
   * Idempotent.
   */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #queueAll(): Promise<void> {
    await this.#endOfTurn();
    const taken = this.#toQueue;
    this.#toQueue = [];
    const added = taken.map(({ text }) => this.#queue.add(text));
    await Promise.allSettled(added);
    for (const [at, { resolve, reject }] of taken.entries()) added[at]?.then(resolve, reject);
    this.#queued();
  }

  /** Keeps a call that is being queued, so that `close` can wait for it. */
  #track(queueing: Promise<void>): Promise<void> {
    this.#queueing.add(queueing);
    const done = (): void => void this.#queueing.delete(queueing);
    queueing.then(done, done);
    return queueing;
  }

  /** Something was queued: the leader reads it at once. */
  #queued(): void {
    if (this.leading) this.#wake();
  }

  #endOfTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#settings.clock.endOfTurn(resolve);
    });
  }

  async #run(): Promise<void> {
    // By then the caller has attached its listeners.
    await this.#endOfTurn();
    while (!this.#closed) {
      if (this.#unable) await this.#rest();
      const busy = await this.#round();
      // If the peer has failed already, it did so before there was a pause to end.
      if (!busy && !this.#unable) await this.#pause(this.leading ? POLL : this.#leaseSeconds / STANDBY_PART);
    }
  }

  /** @returns Whether there was something to send or to remove, and so there may be more. */
  async #round(): Promise<boolean> {
    const { calls, entries } = this.#leader.underWay;
    const count = this.#leader.leads && entries < MAX_ENTRIES ? BATCH - calls : 0;
    const after = calls === 0 ? undefined : this.#read;
    const sent = [...this.#sent];
    // The lease counts from before it is asked for, so that it ends here before it ends in Redis.
    const end = (): void => void this.#leader.stop();
    const expiry = this.#settings.clock.setTimer(this.#leaseSeconds, end, { unref: true });
    try {
      // These go in this order, in one packet. So what was sent is not read again, unless Redis has forgotten the
      // script that removes it.
      const [, isHeld, read] = await Promise.all([
        this.#queue.remove(sent),
        this.#lease.hold(),
        count > 0 ? this.#queue.read(count, after) : [],
      ]);
      const queued = read.filter(({ id }) => !sent.includes(id));
      this.#sent = this.#sent.slice(sent.length);
      this.#failing = false;
      if (!isHeld) {
        expiry.cancel();
        await this.#leader.stop();
        return false;
      }
      this.#expiry?.cancel();
      this.#expiry = expiry;
      this.#leader.start();
      this.#read = queued.at(-1)?.id ?? this.#read;
      // This is not Redis's time, which may be off: entries carry the time of the hosts that made them, which NTP sets.
      this.#leader.announce(queued, this.#settings.clock.now());
      return queued.length > 0 || this.#sent.length > 0;
    } catch (error) {
      expiry.cancel();
      if (!this.#failing) this.#warn('WARN_SPAMD_STORE', 'no lease can be had', error);
      this.#failing = true;
      return false;
    }
  }

  get #leaseSeconds(): number {
    return this.#settings.leaseMs / 1000;
  }

  async #pause(seconds: number): Promise<void> {
    if (this.#closed) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await sleep(this.#settings.clock, seconds, woken.signal);
  }

  /** Gives the lease up for a while. It is of no use without a peer, and another process may have it. */
  async #rest(): Promise<void> {
    await this.#leader.stop();
    await this.#release();
    await this.#pause(this.#leaseSeconds);
    this.#unable = false;
  }

  async #close(): Promise<void> {
    this.#backdated.end();
    await Promise.allSettled(this.#queueing);
    this.#wake();
    await this.#running;
    await this.#leader.settled();
    while (this.#leader.leads && (await this.#round()) && (await this.#sentSoon()));
    await this.#leader.stop();
    await this.#leader.idle();
    this.#expiry?.cancel();
    await this.#release();
  }

  /**
   * Whether everything that is under way is sent while the lease holds. The rest of a bulk send is left to the next
   * leader.
   */
  async #sentSoon(): Promise<boolean> {
    const idle = new AbortController();
    const patience = sleep(this.#settings.clock, this.#leaseSeconds / 2, idle.signal).then(() => false);
    const sent = await Promise.race([this.#leader.idle().then(() => true), patience]);
    idle.abort();
    return sent;
  }

  async #release(): Promise<void> {
    const sent = this.#sent;
    this.#sent = [];
    try {
      await Promise.all([this.#queue.remove(sent), this.#lease.release()]);
    } catch (error) {
      // The lease runs out by itself, and what was sent is sent once more.
      this.#warn('WARN_SPAMD_STORE', 'the lease stays', error);
    }
  }

  #warn(code: BroadcasterWarningCode, what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#listeners.call('warning', { code, message: `${what}: ${why}`, error });
  }
}

/** What a broadcaster is made of. */
class Opening {
  readonly connection: Connection;
  readonly settings: BroadcasterSettings;

  constructor(connection: Connection, settings: BroadcasterSettings) {
    this.connection = connection;
    this.settings = settings;
  }
}
