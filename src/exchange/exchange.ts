import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { parseIPv4 } from '../address.ts';
import { every, sleep, type Timer } from '../clock.ts';
import type { AnnounceOptions, Entry, Group, Source } from '../entry.ts';
import { portReason, SpamdSyncError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Store } from '../store/index.ts';
import { checkMethods } from '../validate.ts';
import { Allowance } from './allowance.ts';
import type { RoundReport } from './asking.ts';
import type { Channel, ChannelAddress, ChannelListener, Place, RefusedConnection } from './channel.ts';
import { type ConnectFailure, connectErrorOf } from './connect-failure.ts';
import { Digest } from './digest.ts';
import { DigestedStore } from './digested-store.ts';
import type { ExchangeEvents } from './events.ts';
import type { KnownPeer } from './known-peer.ts';
import { KnownPeers } from './known-peers.ts';
import { INSTANCE, isBreak, type SharedRecord } from './messages.ts';
import { checkedOptions, type ExchangeOptions, type Settings } from './options.ts';
import { placeWords } from './place.ts';
import { Refusals } from './refusals.ts';
import { Rounds } from './rounds.ts';
import { scan } from './scan.ts';
import { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { LEAVES } from './shared.ts';
import { ExchangeCounters, type ExchangeStats } from './stats.ts';

/** Merges the records of other peers. A `Greylist` does. */
export interface Merger {
  /** @returns The records that were refused. */
  mergeRecords(records: readonly SharedRecord[], source: string): Promise<readonly SharedRecord[]>;
}

/**
 * How long to wait before connecting to a peer again, seconds. The pause doubles with each failure, up to the longest.
 */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60;

/**
 * Exchanges state between peers of this library, beside spamd's datagrams. A peer that starts empty gets all that
 * another holds, lost entries are repaired, and entries about IPv6 are sent too. To the greylist this is the group. It
 * passes IPv4 entries on to the group that it was given, and sends IPv6 entries to the connected peers.
 *
 * @example
 * const exchange = new Exchange({ key, group: peer, store, listen: '0.0.0.0:8027', with: ['mx2.example.org'] });
 * const greylist = new Greylist({ store: exchange.store, group: exchange });
 * await exchange.open(greylist);
 */
export class Exchange extends EventEmitter<ExchangeEvents> implements Group, AsyncDisposable {
  readonly #settings: Settings;
  readonly #digest = new Digest();
  readonly #listeners: Listeners<ExchangeEvents>;
  readonly #counters = new ExchangeCounters();
  readonly #instance = randomBytes(INSTANCE);
  readonly #sessions = new Sessions(this.#instance);
  readonly #known: KnownPeers;
  /** The peer that each connection is with. */
  readonly #peers = new Map<Session, KnownPeer>();
  readonly #refusals = new Refusals();
  readonly #rounds: Rounds;
  readonly #allowance: Allowance;
  /** All open channels, also those whose other end has not sent its hello yet. */
  readonly #channels = new Set<Channel>();
  readonly #ended = new AbortController();
  readonly #tasks = new Set<Promise<unknown>>();
  #listener: ChannelListener | undefined;
  #timer: Timer | undefined;
  #merger: Merger | undefined;
  #closing: Promise<void> | undefined;
  /** The store to give to the greylist: a digest follows its changes. The caller closes the store in the options. */
  readonly store: Store;
  /** Entries about IPv6 may be announced. */
  readonly ipv6 = true;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
  constructor(options: ExchangeOptions) {
    super();
    this.#settings = checkedOptions(options);
    const { store, group, clock } = this.#settings;
    this.store = new DigestedStore(store, this.#digest);
    this.#known = new KnownPeers(this.#settings.with);
    this.#listeners = new Listeners(this, clock);
    this.#allowance = new Allowance(clock);
    this.#rounds = new Rounds(clock, this.#roundEnded, this.#roundFailed);
    group?.on?.('entry', this.#receive);
  }

  /**
   * Looks at all that the store holds, listens, and begins to connect to the peers. Resolves when it listens. With
   * `joinTimeout` it then waits until one peer was asked for all that it has, or that time is over.
   *
   * @param merger Merges the records of other peers: the greylist that was given `exchange.store`.
   * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` if it cannot listen; `ERR_SPAMD_CLOSED` after {@link close}, also when
   * that is called meanwhile. An error of the store is passed on as it is.
   */
  async open(merger: Merger): Promise<void> {
    const { signal } = this.#ended;
    signal.throwIfAborted();
    checkMethods('merger', merger, ['mergeRecords']);
    this.#merger = merger;
    const { store, listen, interval, joinTimeout, clock, with: peers } = this.#settings;
    await scan(store, this.#digest, new Set(Array(LEAVES).keys()), () => undefined, signal);
    signal.throwIfAborted();
    if (listen !== undefined) await this.#listen(listen);
    for (const peer of peers) this.#track(this.#connect(peer));
    this.#timer = every(clock, interval, () => this.#askAll());
    if (joinTimeout > 0) await this.#joined(joinTimeout);
  }

  /** The address and port that it listens at; `undefined` if it does not listen. */
  get address(): ChannelAddress | undefined {
    return this.#listener?.address;
  }

  /**
   * Announces entries about IPv4 to the group, and those about IPv6 to the connected peers. Resolves to what the
   * group's
   * `announce` resolves to.
   */
  async announce(entries: Iterable<Entry>, options?: AnnounceOptions): Promise<unknown> {
    const all = [...entries];
    const live = all.filter(({ ip }) => parseIPv4(ip) < 0);
    if (live.length > 0) {
      this.#counters.announced += live.length;
      for (const session of this.#sessions.all) this.#track(this.#announceTo(session, live));
    }
    const { group } = this.#settings;
    const others = live.length === 0 ? all : all.filter(({ ip }) => parseIPv4(ip) >= 0);
    return others.length === 0 ? undefined : group?.announce(others, options);
  }

  /** Passes on to the group how many white addresses this host knows. */
  noteWhites(count: number): void {
    this.#settings.group?.noteWhites?.(count);
  }

  /** The counters, and the state of each peer. */
  stats(): ExchangeStats {
    const keys = this.#settings.keyring.keys.map(({ fingerprint }) => fingerprint);
    const known = { peers: this.#known.snapshot(keys), refusals: this.#refusals.all };
    return this.#counters.snapshot(known, this.#sessions.all, this.#listener?.counts, this.#listeners.failed);
  }

  /** Stops listening, and ends all connections. Idempotent. */
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
    this.#ended.abort(new SpamdSyncError('ERR_SPAMD_CLOSED', 'the exchange is closed'));
    for (const session of this.#sessions.all) session.close();
    for (const channel of this.#channels) channel.close();
    await this.#listener?.close();
    await this.#rounds.end();
    await Promise.all(this.#tasks);
  }

  async #listen(place: Place): Promise<void> {
    try {
      const onChannel = (channel: Channel): void => this.#track(this.#serve(channel, undefined));
      this.#listener = await this.#settings.transport.listen(place, onChannel, this.#refused);
    } catch (cause) {
      const message = `cannot listen on ${placeWords(place)} (TCP): ${portReason(cause)}`;
      throw new SpamdSyncError('ERR_SPAMD_LISTEN', message, { cause });
    }
    if (this.#closing !== undefined) await this.#listener.close();
  }

  async #joined(seconds: number): Promise<void> {
    let joined = (): void => {};
    const round = new Promise<void>((resolve) => {
      joined = resolve;
      this.once('round', joined);
    });
    await Promise.race([round, sleep(this.#settings.clock, seconds, this.#ended.signal)]);
    this.off('round', joined);
  }

  /**
   * Keeps a connection to a peer until the exchange is closed. Stops if the peer turns out to be this process itself.
   */
  async #connect(place: Place): Promise<void> {
    const { transport, clock } = this.#settings;
    const { signal } = this.#ended;
    let pause = FIRST_PAUSE;
    let warnedOf: ConnectFailure | undefined;
    while (!signal.aborted) {
      try {
        const channel = await transport.connect(place, signal);
        if (signal.aborted) channel.close();
        warnedOf = undefined;
        const served = await this.#serve(channel, place);
        if (served === 'self') return this.#known.remove(place);
        if (served === 'ended') pause = FIRST_PAUSE;
      } catch (cause) {
        if (signal.aborted) return;
        this.#counters.unreachable++;
        const error = connectErrorOf(cause);
        this.#known.failed(place, error);
        if (error.failure !== warnedOf) this.#warn(`no connection to ${placeWords(place)}`, error);
        warnedOf = error.failure;
      }
      await sleep(clock, pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /**
   * @param place The place that was connected to; `undefined` for a connection that came in.
   * @returns `self` if the other end is this process; `ended` if the connection was in use and has ended.
   */
  async #serve(channel: Channel, place: Place | undefined): Promise<'self' | 'ended' | undefined> {
    this.#refusals.forget(channel.remote.address);
    this.#channels.add(channel);
    try {
      const session = await this.#opened(channel);
      if (session === undefined) return undefined;
      if (this.#instance.equals(session.greeting.instance)) {
        session.close();
        return 'self';
      }
      const peer = this.#known.of(session, place);
      const isOurs = place !== undefined;
      await this.#sessions.add(session, isOurs, () => this.#run(session, isOurs, peer));
      return 'ended';
    } finally {
      this.#channels.delete(channel);
    }
  }

  async #opened(channel: Channel): Promise<Session | undefined> {
    const { clock } = this.#settings;
    try {
      return await Session.open(channel, {
        store: this.store,
        digest: this.#digest,
        clock,
        allowance: this.#allowance,
        instance: this.#instance,
        salt: () => randomInt(2 ** 32),
        merge: async (records, address) => (await this.#merger?.mergeRecords(records, address)) ?? records,
        onLive: (entry, remote) => {
          this.#counters.received++;
          this.#receive(entry, remote);
        },
      });
    } catch (error) {
      this.#countEnd(channel.remote, error);
      return undefined;
    }
  }

  /**
   * The end that opened the connection asks first, and again at each interval. The other end asks once it has answered.
   * If both asked at the same time, each would also send records that the other is about to replace.
   */
  async #run(session: Session, isOurs: boolean, peer: KnownPeer): Promise<void> {
    this.#peers.set(session, peer);
    this.#known.begin(peer, session);
    if (isOurs) this.#rounds.add(session);
    try {
      await session.run(() => isOurs || this.#askBack(session));
    } catch (error) {
      this.#countEnd(session.remote, error);
      if (!isBreak(error)) peer.troubled(wordsOf(error));
    }
    this.#rounds.delete(session);
    this.#counters.add(session.counts);
    this.#peers.delete(session);
    this.#known.end(peer, session);
  }

  #askAll(): void {
    for (const session of this.#sessions.all) if (!session.isAuthorised) session.close();
    for (const session of this.#sessions.ours) this.#rounds.add(session);
  }

  /** Asks at most once in half an interval, however often the other end asks. */
  #askBack(session: Session): void {
    const { clock, interval } = this.#settings;
    if (clock.now() - session.lastRound >= interval / 2) this.#rounds.add(session);
  }

  async #announceTo(session: Session, entries: readonly Entry[]): Promise<void> {
    try {
      this.#counters.unsent += await session.announce(entries);
    } catch {
      // The other end does not read, or the session has ended. The next round brings the entries that were not sent.
      session.close();
    }
  }

  readonly #roundEnded = (session: Session, report: RoundReport): void => {
    this.#counters.rounds++;
    this.#peers.get(session)?.roundEnded(report, this.#settings.clock.now());
    this.#listeners.call('round', { ...report, address: session.remote.address });
  };

  readonly #roundFailed = (session: Session, error: unknown): void => {
    if (this.#ended.signal.aborted) return;
    this.#counters.failedRounds++;
    this.#peers.get(session)?.roundFailed(wordsOf(error));
    if (!isBreak(error)) this.#warn(`the round with ${session.remote.address} failed`, error);
    // Answers of this round that still come in would be taken for answers of the next one.
    session.close();
  };

  readonly #receive = (entry: Entry, source: Source): void => this.#listeners.call('entry', entry, source);

  /**
   * Does not warn of the first connections from an address, because many try a port that is open to all. An address
   * that comes again and again is perhaps a host of the group with another key.
   */
  readonly #refused = (refused: RefusedConnection): void => {
    if (!this.#refusals.add(refused, this.#settings.clock.now())) return;
    const { address, why, fingerprint } = refused;
    const named = fingerprint === undefined ? '' : `, ${fingerprint} it says`;
    const what = why === 'other-key' ? `it has another key${named}` : 'what it sends is no exchange of state';
    this.#warn(`${address} is refused`, new Error(what));
  };

  #countEnd({ address }: ChannelAddress, error: unknown): void {
    if (this.#ended.signal.aborted) return;
    if (isBreak(error)) {
      this.#counters.broken++;
      return;
    }
    this.#counters.malformed++;
    this.#warn(`the connection with ${address} is ended`, error);
  }

  #warn(what: string, error: unknown): void {
    this.#listeners.call('warning', { code: 'WARN_SPAMD_EXCHANGE', message: `${what}: ${wordsOf(error)}`, error });
  }

  #track(task: Promise<unknown>): void {
    this.#tasks.add(task);
    const done = (): void => void this.#tasks.delete(task);
    task.then(done, done);
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The message of an OpenSSL error names a line of OpenSSL's source, and ends with a newline. Its reason does not.
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}
