import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { parseIPv4 } from '../address.ts';
import { every, sleep, type Timer } from '../clock.ts';
import type { AnnounceOptions, Entry, Group, Source } from '../entry.ts';
import { SpamdSyncError, systemCode } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Store } from '../store/index.ts';
import { checkMethods } from '../validate.ts';
import type { Channel } from './channel.ts';
import { Digest } from './digest.ts';
import { DigestedStore } from './digested-store.ts';
import type { ExchangeEvents } from './events.ts';
import { INSTANCE, type SharedRecord } from './messages.ts';
import { checkedOptions, type ExchangeOptions, type Place, type Settings } from './options.ts';
import { scan } from './scan.ts';
import { Session, type SessionOptions } from './session.ts';
import { LEAVES } from './shared.ts';
import { ExchangeCounters, type ExchangeStats } from './stats.ts';
import { connectTls, TlsListener } from './tls.ts';

/** What merges the records of other peers: a `Greylist`. */
export interface Merger {
  /** @returns Those that were refused. */
  mergeRecords(records: readonly SharedRecord[], source: string): Promise<readonly SharedRecord[]>;
}

/** A connection in use. */
interface Running {
  readonly session: Session;
  /** Whether this end opened it. */
  readonly isOurs: boolean;
  readonly ended: Promise<void>;
}

/** How long after a failure a peer is connected to again, seconds: doubled each time up to the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60;

/**
 * State between peers of this library, beside spamd's wire: a peer that starts empty gets all that another holds, what the
 * group's datagrams lost is repaired, and IPv6 travels. It is a group to the greylist, and passes on to the group that it was
 * given what that has a form for.
 *
 * @example
 * const exchange = new Exchange({ key, group: peer, store, listen: '0.0.0.0:8026', with: ['mx2.example.org'] });
 * const greylist = new Greylist({ store: exchange.store, group: exchange });
 * await exchange.open(greylist);
 */
export class Exchange extends EventEmitter<ExchangeEvents> implements Group, AsyncDisposable {
  readonly #settings: Settings;
  readonly #digest = new Digest();
  readonly #listeners: Listeners<ExchangeEvents>;
  readonly #counters = new ExchangeCounters();
  readonly #instance = randomBytes(INSTANCE);
  /** By what the other end is known, in hexadecimal digits. */
  readonly #sessions = new Map<string, Running>();
  readonly #ended = new AbortController();
  readonly #tasks = new Set<Promise<unknown>>();
  #listener: TlsListener | undefined;
  #timer: Timer | undefined;
  #merger: Merger | undefined;
  #closing: Promise<void> | undefined;
  /** The store for the greylist: a digest follows what it changes. The caller closes the one that was given. */
  readonly store: Store;
  /** Entries about IPv6 may be announced. */
  readonly ipv6 = true;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
  constructor(options: ExchangeOptions) {
    super();
    this.#settings = checkedOptions(options);
    const { store, group, clock } = this.#settings;
    this.store = new DigestedStore(store, this.#digest);
    this.#listeners = new Listeners(this, clock);
    group?.on?.('entry', this.#receive);
  }

  /**
   * Looks at what the store holds, listens, and connects to the peers. Resolves when it listens and, with `joinTimeout`, when a
   * peer was asked for all that it has or that time is over.
   *
   * @param merger What merges the records of other peers: the greylist over `exchange.store`.
   * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` where it cannot listen; `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async open(merger: Merger): Promise<void> {
    if (this.#closing !== undefined) throw new SpamdSyncError('ERR_SPAMD_CLOSED', 'the exchange is closed');
    checkMethods('merger', merger, ['mergeRecords']);
    this.#merger = merger;
    const { store, listen, interval, joinTimeout, clock, with: peers } = this.#settings;
    await scan(store, this.#digest, new Set(Array(LEAVES).keys()), () => undefined);
    if (listen !== undefined) this.#listener = await this.#listen(listen);
    const joined = new Promise<void>((resolve) => this.once('round', () => resolve()));
    for (const peer of peers) this.#track(this.#connect(peer));
    this.#timer = every(clock, interval, () => {
      for (const { session } of this.#sessions.values()) this.#track(this.#round(session));
    });
    if (joinTimeout > 0) await Promise.race([joined, sleep(clock, joinTimeout, this.#ended.signal)]);
  }

  /** The address and port that it listens at; `undefined` where it does not. */
  get address(): { readonly address: string; readonly port: number } | undefined {
    return this.#listener?.address;
  }

  /** Announces entries to the group, and those about IPv6 to the peers that are connected. Resolves as the group does. */
  async announce(entries: Iterable<Entry>, options?: AnnounceOptions): Promise<unknown> {
    const all = [...entries];
    const live = all.filter(({ ip }) => parseIPv4(ip) < 0);
    if (live.length > 0) {
      this.#counters.announced += live.length;
      for (const { session } of this.#sessions.values())
        this.#track(session.announce(live).catch(() => session.close()));
    }
    const { group } = this.#settings;
    const others = live.length === 0 ? all : all.filter(({ ip }) => parseIPv4(ip) >= 0);
    return others.length === 0 ? undefined : group?.announce(others, options);
  }

  /** Hands on to the group how many white addresses this host knows. */
  noteWhites(count: number): void {
    this.#settings.group?.noteWhites?.(count);
  }

  /** What became of everything, and how it stands with each peer. */
  stats(): ExchangeStats {
    return this.#counters.snapshot(
      [...this.#sessions.values()].map(({ session }) => session),
      this.#listener?.counts,
      this.#listeners.failed,
    );
  }

  /** Ends all connections. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#settings.group?.off?.('entry', this.#receive);
    this.#timer?.cancel();
    this.#ended.abort();
    for (const { session } of this.#sessions.values()) session.close();
    await this.#listener?.close();
    await Promise.all(this.#tasks);
  }

  async #listen(place: Place): Promise<TlsListener> {
    const { keyring, clock } = this.#settings;
    try {
      return await TlsListener.open(keyring, place, clock, (channel) => this.#track(this.#serve(channel, false)));
    } catch (cause) {
      const where = `${place.host}:${place.port}`;
      throw new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${where} (TCP): ${systemCode(cause) ?? cause}`, {
        cause,
      });
    }
  }

  /** Keeps a connection to a peer, until this is closed or the peer is this one itself. */
  async #connect(place: Place): Promise<void> {
    const { keyring, clock } = this.#settings;
    const { signal } = this.#ended;
    const name = `${place.host}:${place.port}`;
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      try {
        const channel = await connectTls(keyring, place, clock, signal);
        pause = FIRST_PAUSE;
        if ((await this.#serve(channel, true)) === 'self') return;
      } catch (error) {
        if (signal.aborted) return;
        this.#counters.unreachable++;
        if (pause === FIRST_PAUSE) this.#warn(`no connection to ${name}`, error);
      }
      await sleep(clock, pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** @returns `self` where the other end is this process; else when the connection has ended. */
  async #serve(channel: Channel, isOurs: boolean): Promise<'self' | undefined> {
    let session: Session;
    try {
      session = await Session.open(channel, this.#sessionOptions());
    } catch (error) {
      this.#counters.malformed++;
      this.#warn(`connection with ${channel.remote.address} ended`, error);
      return undefined;
    }
    if (this.#instance.equals(session.instance)) {
      session.close();
      return 'self';
    }
    const name = Buffer.from(session.instance).toString('hex');
    const known = this.#sessions.get(name);
    if (known !== undefined && !this.#takesPlaceOf(known, session, isOurs)) {
      session.close();
      await known.ended;
      return undefined;
    }
    known?.session.close();
    const ended = this.#run(session);
    this.#sessions.set(name, { session, isOurs, ended });
    this.#track(this.#round(session));
    await ended;
    if (this.#sessions.get(name)?.session === session) this.#sessions.delete(name);
    return undefined;
  }

  /**
   * Whether a second connection with a peer is to be kept instead of the first. Both ends keep that which the one opened whose
   * instance is lower; and of two that one end opened the newer, for the older has ended and it does not show yet.
   */
  #takesPlaceOf(known: Running, session: Session, isOurs: boolean): boolean {
    if (known.isOurs === isOurs) return true;
    return isOurs === Buffer.compare(this.#instance, session.instance) < 0;
  }

  async #run(session: Session): Promise<void> {
    try {
      await session.run();
    } catch (error) {
      this.#counters.malformed++;
      this.#warn(`the connection with ${session.remote.address} is ended`, error);
    }
    this.#counters.add(session.counts);
  }

  async #round(session: Session): Promise<void> {
    try {
      const report = await session.round();
      this.#counters.rounds++;
      this.#listeners.call('round', { ...report, address: session.remote.address });
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#counters.failedRounds++;
      this.#warn(`the round with ${session.remote.address} failed`, error);
      // What still comes of it would be taken for an answer of the next.
      session.close();
    }
  }

  #sessionOptions(): SessionOptions {
    const { clock } = this.#settings;
    return {
      store: this.store,
      digest: this.#digest,
      clock,
      instance: this.#instance,
      salt: () => randomInt(2 ** 32),
      merge: async (records, address) => (await this.#merger?.mergeRecords(records, address)) ?? records,
      onLive: (entry, remote) => {
        this.#counters.received++;
        this.#receive(entry, remote);
      },
    };
  }

  readonly #receive = (entry: Entry, source: Source): void => this.#listeners.call('entry', entry, source);

  #warn(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#listeners.call('warning', { code: 'WARN_SPAMD_EXCHANGE', message: `${what}: ${why}`, error });
  }

  #track(task: Promise<unknown>): void {
    this.#tasks.add(task);
    const done = (): void => void this.#tasks.delete(task);
    task.then(done, done);
  }
}
