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

/** What merges the records of other peers: a `Greylist`. */
export interface Merger {
  /** @returns Those that were refused. */
  mergeRecords(records: readonly SharedRecord[], source: string): Promise<readonly SharedRecord[]>;
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
  /** Whose connections they are. */
  readonly #peers = new Map<Session, KnownPeer>();
  readonly #refusals = new Refusals();
  readonly #rounds: Rounds;
  readonly #allowance: Allowance;
  /** All that are open, also those that have not said yet who they are. */
  readonly #channels = new Set<Channel>();
  readonly #ended = new AbortController();
  readonly #tasks = new Set<Promise<unknown>>();
  #listener: ChannelListener | undefined;
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
    this.#known = new KnownPeers(this.#settings.with);
    this.#listeners = new Listeners(this, clock);
    this.#allowance = new Allowance(clock);
    this.#rounds = new Rounds(clock, this.#roundEnded, this.#roundFailed);
    group?.on?.('entry', this.#receive);
  }

  /**
   * Looks at what the store holds, listens, and connects to the peers. Resolves when it listens and, with `joinTimeout`, when a
   * peer was asked for all that it has or that time is over.
   *
   * @param merger What merges the records of other peers: the greylist over `exchange.store`.
   * @throws {SpamdSyncError} `ERR_SPAMD_LISTEN` where it cannot listen; `ERR_SPAMD_CLOSED` after {@link close}, also meanwhile.
   * What the store fails with it rejects with.
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

  /** The address and port that it listens at; `undefined` where it does not. */
  get address(): ChannelAddress | undefined {
    return this.#listener?.address;
  }

  /** Announces entries to the group, and those about IPv6 to the peers that are connected. Resolves as the group does. */
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

  /** Hands on to the group how many white addresses this host knows. */
  noteWhites(count: number): void {
    this.#settings.group?.noteWhites?.(count);
  }

  /** What became of everything, and how it stands with each peer. */
  stats(): ExchangeStats {
    const keys = this.#settings.keyring.keys.map(({ fingerprint }) => fingerprint);
    const known = { peers: this.#known.snapshot(keys), refusals: this.#refusals.all };
    return this.#counters.snapshot(known, this.#sessions.all, this.#listener?.counts, this.#listeners.failed);
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

  /** Keeps a connection to a peer, until this is closed or the peer is this one itself. */
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
   * @param place Where it was connected to; `undefined` where it came in.
   * @returns `self` where the other end is this process; `ended` when the connection was in use and has ended.
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
   * Who has opened a connection asks first, and at each interval; the other end when it has answered that. Had both asked at the
   * same time, each would send what it is about to receive.
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

  /** Not more often for one that asks all the time. */
  #askBack(session: Session): void {
    const { clock, interval } = this.#settings;
    if (clock.now() - session.lastRound >= interval / 2) this.#rounds.add(session);
  }

  async #announceTo(session: Session, entries: readonly Entry[]): Promise<void> {
    try {
      this.#counters.unsent += await session.announce(entries);
    } catch {
      // It does not read, or has ended; what it has not received the next round brings.
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
    // What still comes of it would be taken for an answer of the next.
    session.close();
  };

  readonly #receive = (entry: Entry, source: Source): void => this.#listeners.call('entry', entry, source);

  /** A port that is open to all is tried by many: one that comes again and again is a host with another key, perhaps. */
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
  return error instanceof Error ? error.message : String(error);
}
