import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnnounceOptions, Entry, Group, Source } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { badOption, checkMembers, isList } from '../validate.ts';
import { Calls } from './calls.ts';
import { connectionOf, type RedisClient } from './connection.ts';
import { type BroadcasterOptions, type BroadcasterSettings, checkedOptions } from './options.ts';
import { Queue } from './queue.ts';
import { Speaker } from './speaker.ts';

/**
 * What an operator should look at, though the broadcaster goes on:
 * - `WARN_SPAMD_STORE`: Redis does not answer;
 * - `WARN_SPAMD_PEER`: the peer could not be opened, or failed; another process may have more luck;
 * - `WARN_SPAMD_ANNOUNCE`: the peer refused what was queued, which is lost.
 */
export type BroadcasterWarningCode = 'WARN_SPAMD_STORE' | 'WARN_SPAMD_PEER' | 'WARN_SPAMD_ANNOUNCE';

export interface BroadcasterWarning {
  readonly code: BroadcasterWarningCode;
  readonly message: string;
  readonly error: unknown;
}

export interface BroadcasterEvents {
  /** Something the group said; in the process that holds the lease alone. */
  entry: [entry: Entry, source: Source];
  /** This process speaks and listens from now on. */
  lead: [];
  /** It does so no more. */
  yield: [];
  warning: [warning: BroadcasterWarning];
}

export interface BroadcasterStats {
  /** Calls of `announce` that wait for the holder of the lease; a gauge. */
  readonly waiting: number;
  /** Those that `maxQueued` forced out, of all processes together. */
  readonly trimmed: number;
}

/** How often the holder looks for what others queued, and the others look for the lease, milliseconds. */
const POLL_MS = 50;
const CANDIDATE_PART = 6;
/** What may be under way at once: so many calls are announced twice at the most, when the holder dies. */
const BATCH = 256;
/** While the peer has so many entries, which it sends at a pace, it is given no more: its own queue has a bound. */
const MOST_ENTRIES = 16_384;

/**
 * One voice for all processes that share a store: a lease in Redis picks which of them opens the peer, to speak and
 * listen for the group; the others queue what they announce. When the holder dies another takes over.
 *
 * @example
 * const broadcaster = new Broadcaster(client, { open: () => SyncPeer.open({ key, listen: 'em0', targets: ['em0'] }) });
 * const greylist = new Greylist({ store: new RedisStore(client), group: broadcaster });
 */
export class Broadcaster extends EventEmitter<BroadcasterEvents> implements Group, AsyncDisposable {
  readonly #settings: BroadcasterSettings;
  readonly #queue: Queue;
  readonly #speaker: Speaker;
  readonly #running: Promise<void>;
  #saying: { entries: readonly Entry[]; options: AnnounceOptions }[] = [];
  #queued: Promise<void> | undefined;
  #adding: Promise<void> | undefined;
  #sent: string[] = [];
  /** The id of what was read from the queue last. */
  #read: string | undefined;
  #wake: () => void = () => {};
  #lease: NodeJS.Timeout | undefined;
  #failing = false;
  #unable = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  /**
   * @param client As for `RedisStore`.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming what will not do.
   */
  constructor(client: RedisClient, options: BroadcasterOptions) {
    super();
    this.#settings = checkedOptions(options);
    const { prefix, scope, timeoutMs } = this.#settings;
    this.#queue = new Queue(new Calls(connectionOf(client), timeoutMs), prefix, scope, randomUUID());
    this.#speaker = new Speaker(this.#settings.open, {
      entry: (entry, source) => this.emit('entry', entry, source),
      lead: () => {
        this.emit('lead');
        this.#wake();
      },
      yield: () => this.emit('yield'),
      failed: (error) => {
        // Every call under way says so.
        if (!this.#unable) this.#warn('WARN_SPAMD_PEER', 'the peer failed', error);
        this.#unable = true;
        this.#wake();
      },
      said: (id) => {
        this.#sent.push(id);
        this.#wake();
      },
      refused: (error) => this.#warn('WARN_SPAMD_ANNOUNCE', 'the peer refused what was queued', error),
    });
    this.#running = this.#run();
  }

  /** Whether this process speaks and listens for the group. */
  get leading(): boolean {
    return this.#speaker.speaking;
  }

  /**
   * Queues entries, for whichever process holds the lease to announce. Those of one turn of the event loop go to Redis
   * together.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no list; `ERR_SPAMD_CLOSED` after {@link close}. Trouble with
   * Redis rejects as it is.
   */
  async announce(entries: Iterable<Entry>, options: AnnounceOptions = {}): Promise<void> {
    if (this.#closed) throw new SpamdSyncError('ERR_SPAMD_CLOSED', 'the broadcaster is closed');
    if (!isList(entries)) throw badOption('entries', 'not a list of entries', entries);
    checkMembers('options', options, { backdated: true });
    this.#saying.push({ entries: [...entries], options });
    this.#queued ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#queueAll());
    await this.#queued;
  }

  stats(): Promise<BroadcasterStats> {
    return this.#queue.counts();
  }

  /** Queues what was said, sends what is queued if this process holds the lease, gives it up, closes the peer. */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #queueAll(): Promise<void> {
    const saying = this.#saying;
    this.#saying = [];
    this.#queued = undefined;
    this.#adding = this.#queue.add(saying, this.#settings.maxQueued);
    await this.#adding;
    if (this.leading) this.#wake();
  }

  async #run(): Promise<void> {
    // By then the caller has attached its listeners.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#closed) {
      if (this.#unable) await this.#rest();
      const busy = await this.#round();
      const candidateMs = Math.ceil(this.#settings.leaseMs / CANDIDATE_PART);
      if (!busy) await this.#pause(this.leading ? POLL_MS : candidateMs);
    }
  }

  /** @returns Whether there was something to send or to tick off, and so may be more. */
  async #round(): Promise<boolean> {
    const { leaseMs } = this.#settings;
    const { calls, entries } = this.#speaker.underWay;
    const count = this.#speaker.speaking && entries < MOST_ENTRIES ? BATCH - calls : 0;
    const after = calls === 0 ? undefined : this.#read;
    const sent = [...this.#sent];
    // The lease counts from before it is asked for, so that it ends here before it does in Redis.
    const lease = setTimeout(() => this.#speaker.stop(), leaseMs).unref();
    try {
      const held = await this.#queue.lead(leaseMs, { count, after, sent });
      this.#sent = this.#sent.slice(sent.length);
      this.#failing = false;
      if (held === undefined) {
        clearTimeout(lease);
        await this.#speaker.stop();
        return false;
      }
      clearTimeout(this.#lease);
      this.#lease = lease;
      this.#speaker.start();
      this.#read = held.queued.at(-1)?.id ?? this.#read;
      this.#speaker.say(held.queued, held.now);
      return held.queued.length > 0 || this.#sent.length > 0;
    } catch (error) {
      clearTimeout(lease);
      if (!this.#failing) this.#warn('WARN_SPAMD_STORE', 'no lease can be had', error);
      this.#failing = true;
      return false;
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The lease is of no use without a peer: another process may have it. */
  async #rest(): Promise<void> {
    await this.#speaker.stop();
    await this.#release();
    await this.#pause(this.#settings.leaseMs);
    this.#unable = false;
  }

  async #close(): Promise<void> {
    await Promise.allSettled([this.#queued, this.#adding]);
    this.#wake();
    await this.#running;
    await this.#speaker.settled();
    while (this.#speaker.speaking && (await this.#round()) && (await this.#saidSoon()));
    await this.#speaker.stop();
    await this.#speaker.idle();
    clearTimeout(this.#lease);
    await this.#release();
  }

  /** Whether everything under way is said while the lease holds. The rest of long calls is left to the next holder. */
  async #saidSoon(): Promise<boolean> {
    const late = new AbortController();
    const patience = sleep(this.#settings.leaseMs / 2, false, { signal: late.signal }).catch(() => true);
    const said = await Promise.race([this.#speaker.idle().then(() => true), patience]);
    late.abort();
    return said;
  }

  async #release(): Promise<void> {
    const sent = this.#sent;
    this.#sent = [];
    // Without it the lease runs out by itself, and what was sent goes out once more.
    await this.#queue.release(sent).catch((error: unknown) => this.#warn('WARN_SPAMD_STORE', 'the lease stays', error));
  }

  #warn(code: BroadcasterWarningCode, what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.emit('warning', { code, message: `${what}: ${why}`, error });
  }
}
