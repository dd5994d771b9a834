import { EventEmitter } from 'node:events';
import { orAborted } from '../abort.ts';
import { keysOf } from '../auth/keyring.ts';
import type { TimedClock, Timer } from '../clock.ts';
import type { AnnounceOptions, Entry, Group, Source, Tuple } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Link, OpenTransport } from '../transport/transport.ts';
import { badOption, notMadeByNew } from '../validate.ts';
import { BulkRate } from './bulk-rate.ts';
import { checkedEntry, checkedExpires, checkedList, checkedTuple } from './check.ts';
import type { PeerWarningCode, SyncPeerEvents } from './events.ts';
import { Health, type HealthWarnings, type PeerHealth } from './health.ts';
import { Inbound } from './inbound.ts';
import { checkedTarget, Settings, type SyncPeerOptions, type Target } from './options.ts';
import { Outbound } from './outbound.ts';
import { lookUp, lookUpAgain, Outlet } from './outlet.ts';
import { Pacer } from './pacer.ts';
import type { Received, ReceivedOptions } from './received.ts';
import { Receiver } from './receiver.ts';
import type { SendReport } from './report.ts';
import { checkSeed, Seeder, type SeedOptions, type SeedReport } from './seeder.ts';
import { SentDigests } from './sent-digests.ts';
import { Signer } from './signer.ts';
import { Counters, type PeerStats } from './stats.ts';

/**
 * A member of a spamd sync group: receives what the other hosts announce, and announces to them what this host saw.
 *
 * @example
 * await using peer = await SyncPeer.open({
 *   key: await SyncKey.fromFile('/etc/mail/spamd.key'),
 *   listen: 'em0',
 *   targets: ['em0', 'mx2.example.org'],
 * });
 * peer.on('trapped', ({ ip, expires }) => console.log(`${ip} is trapped until ${new Date(expires * 1000)}`));
 */
export class SyncPeer extends EventEmitter<SyncPeerEvents> implements AsyncDisposable, Group {
  readonly #settings: Settings;
  readonly #clock: TimedClock;
  readonly #listeners: Listeners<SyncPeerEvents>;
  readonly #counters = new Counters();
  readonly #bulkRate: BulkRate;
  /** The pacer of bulk sends, and of seeds without a rate of their own. */
  readonly #pacer: Pacer;
  readonly #inbound: Inbound;
  readonly #receiver: Receiver;
  readonly #health: Health;
  readonly #signer: Signer;
  #outlets: readonly Outlet[] = [];
  #transport!: OpenTransport;
  #outbound!: Outbound;
  /** Aborted when the peer closes. */
  readonly #closed = new AbortController();
  #lookingUp: Timer | undefined;
  #closing: Promise<void> | undefined;
  #isWindowTooSmall = false;

  private constructor(settings: Settings) {
    super();
    // A program without type checks can call this, and would get a peer that was never opened.
    if (!(settings instanceof Settings)) {
      throw notMadeByNew('SyncPeer', 'SyncPeer.open(options)');
    }
    const { key, clock, maxSkew } = settings;
    const sent = new SentDigests(maxSkew);
    const bulkRate = new BulkRate(settings.bulkRate);
    this.#settings = settings;
    this.#clock = clock;
    this.#listeners = new Listeners(this, clock);
    this.#bulkRate = bulkRate;
    this.#pacer = new Pacer(() => bulkRate.rate);
    this.#signer = new Signer(key, sent, clock);
    this.#health = new Health(
      () => this.#outlets,
      () => keysOf(key),
      this.#healthWarnings(),
    );
    this.#inbound = new Inbound({
      ...settings,
      sent,
      isLocal: (address) => this.#transport.isLocal(address),
      onForgotten: () => this.#warnOfWindow(),
    });
    this.#receiver = new Receiver(this, this.#listeners, this.#inbound, this.#health, this.#counters, clock, bulkRate);
  }

  /**
   * Opens a peer. It is then bound, has joined its group and has looked up the names of its targets, or has tried to
   * for two seconds.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, which names an invalid option; `ERR_SPAMD_LISTEN` if the address and
   * port cannot be bound; `ERR_SPAMD_INTERFACE` for an interface that is not there, is down, has no carrier or no IPv4
   * address. With `waitForInterface`, an interface or address that is not there is no error. A target whose name does
   * not resolve is no error either: the name is looked up again every half minute, see {@link health}.
   */
  static async open(options: SyncPeerOptions): Promise<SyncPeer> {
    const settings = new Settings(options);
    settings.signal?.throwIfAborted();
    const peer = new SyncPeer(settings);
    await peer.#open();
    return peer;
  }

  /** The local address and port, as bound. */
  get address(): Source {
    return { address: this.#transport.address, port: this.#transport.port };
  }

  /**
   * Announces that this tuple was seen, now.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that only a mistake in the caller can produce.
   * @throws {SpamdSyncError} `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async grey(tuple: Tuple): Promise<SendReport> {
    const { ip, helo, from, to } = checkedTuple(tuple);
    return this.#announceOne({ type: 'grey', ip, helo, from, to, timestamp: this.#seconds() });
  }

  /**
   * Announces that this address delivered real mail and may pass.
   *
   * @param expires Until when, Unix seconds or a `Date`. Hosts that know the address already keep the expiry they have.
   * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that only a mistake in the caller can produce.
   * @throws {SpamdSyncError} `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async white(ip: string, expires: number | Date): Promise<SendReport> {
    return this.#announceOne({ type: 'white', ip, timestamp: this.#seconds(), expires: checkedExpires(expires) });
  }

  /**
   * Announces that this address hit a spamtrap.
   *
   * @param expires Until when, Unix seconds or a `Date`. Hosts that know the address already keep the expiry they have.
   * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that only a mistake in the caller can produce.
   * @throws {SpamdSyncError} `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async trapped(ip: string, expires: number | Date): Promise<SendReport> {
    return this.#announceOne({ type: 'trapped', ip, timestamp: this.#seconds(), expires: checkedExpires(expires) });
  }

  /**
   * Announces these entries as they are. Entries that are announced in one turn of the event loop share datagrams. An
   * entry that must not be sent to a target's kind of receiver is skipped, and the report lists it.
   *
   * A call with more than a second's worth at `batch.bulkRate` is a bulk send. A second's worth is three datagrams or
   * 255 addresses unless the rate is set, and less if the group holds many WHITE. That much goes at once, and the rest
   * at that rate, as backdated; the report comes at the end. Other calls overtake a bulk send, except for entries about
   * an address that still waits. Entries that still wait when the peer closes are skipped as `closed`.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` for an entry that only a mistake in the caller can produce; nothing is sent
   * then.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a list; `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async announce(entries: Iterable<Entry>, options: AnnounceOptions = {}): Promise<SendReport> {
    this.#checkOpen();
    return this.#outbound.submit(checkedList(entries, options), options.backdated);
  }

  /**
   * Sends many entries, for example a whole greylist, to one new host or to the group. They go in full datagrams (85
   * addresses, 84 of old ones), evenly, at the rate of bulk sends unless `options.rate` is given. Their timestamps stay
   * as they are, so that hosts of this library merge them correctly.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` at an entry that only a mistake in the caller can produce.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option; `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async seed(entries: Iterable<Entry> | AsyncIterable<Entry>, options: SeedOptions = {}): Promise<SeedReport> {
    this.#checkOpen();
    checkSeed(entries, options);
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    const outlets = options.to === undefined ? this.#outlets : [await this.#outletOf(options.to, signal)];
    const shared = { clock: this.#clock, signer: this.#signer, pacer: this.#pacer, bulkRate: this.#bulkRate };
    return new Seeder(outlets, shared, signal, options).run(entries);
  }

  /**
   * Takes note of how many white addresses this host holds, including those sent and received so far. The rest of the
   * group holds about as many, and the rate of bulk sends follows that number, see `BatchOptions.bulkRate`.
   *
   * @param count 0 or more. The rate follows the last count plus the different white addresses sent and received since,
   * or all white addresses sent and received, if those are more.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for any other value.
   */
  noteWhites(count: number): void {
    if (!Number.isInteger(count) || count < 0) throw badOption('count', 'not a whole number, 0 or more', count);
    this.#bulkRate.noteWhites(count);
  }

  /**
   * The entries that the group announces from now on, to be read with `for await`. A reader may fall behind by 16384
   * entries; those that it misses beyond that are counted, as `overload`. The iteration ends when the peer closes. If
   * its signal is aborted, it rejects with the signal's reason.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option.
   */
  received(options: ReceivedOptions = {}): AsyncIterableIterator<Received> {
    const reader = this.#receiver.reader(options);
    if (this.#closing !== undefined) reader.end();
    return reader;
  }

  /** For each source: whether it is silent, and what was dropped and why. For each target: how sending to it goes. */
  health(): PeerHealth {
    return this.#health.snapshot(this.#transport.interfaces, this.#clock.now());
  }

  /** What was received, dropped and sent since the peer was opened. A snapshot. */
  stats(): PeerStats {
    return this.#counters.snapshot({
      queued: this.#outbound.pending,
      bulk: { rate: this.#bulkRate.rate, whites: this.#bulkRate.whites },
      digests: this.#inbound.digests,
      receiveBuffer: this.#transport.receiveBuffer,
      listenerErrors: this.#listeners.failed,
    });
  }

  /**
   * Sends the queued entries, except the rest of bulk sends, then leaves the group and releases the port. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { targets, signal, key } = this.#settings;
    const clock = this.#clock;
    this.#transport = await this.#openTransport();
    this.#outlets = this.#transport.links.map((link, index) => this.#outlet(targets[index] as Target, link));
    this.#outbound = new Outbound({
      ...this.#settings,
      counters: this.#counters,
      outlets: this.#outlets,
      signer: this.#signer,
      bulkRate: this.#bulkRate,
      pacer: this.#pacer,
    });
    await Promise.all(this.#outlets.map(({ link }) => lookUp(link, clock, signal)));
    if (signal?.aborted) {
      await this.close();
      throw signal.reason;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#lookingUp = lookUpAgain(this.#outlets, clock);
    // At the end of this turn the caller, which a microtask resumes, has attached its listeners.
    clock.endOfTurn(() => {
      if (this.#closing !== undefined) return;
      for (const { address, detail } of this.#transport.interfaces) {
        if (address === undefined) this.#warn('WARN_SPAMD_INTERFACE', `${detail}: it is waited for`);
      }
      for (const message of keysOf(key).flatMap(({ warnings }) => warnings)) this.#warn('WARN_SPAMD_KEY', message);
      this.#receiver.begin();
    });
  }

  /** A transport that opens only after the signal was aborted is closed again, and nothing waits for that. */
  async #openTransport(): Promise<OpenTransport> {
    const { transport, signal } = this.#settings;
    const opening = transport.open(this.#settings, {
      receive: (bytes, source) => this.#receiver.receive(bytes, source),
      interfaceChanged: (message) => this.#warn('WARN_SPAMD_INTERFACE', message),
      error: (error) => this.#fail(error),
    });
    if (signal === undefined) return opening;
    try {
      return await orAborted(opening, signal);
    } catch (error) {
      if (signal.aborted) {
        opening
          .then(
            (late) => late.close(),
            () => {},
          )
          .catch(() => {});
      }
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this.#abort);
    this.#lookingUp?.cancel();
    this.#closed.abort();
    await this.#outbound.close();
    await this.#transport.close();
    this.#receiver.end();
    this.#listeners.call('close');
  }

  readonly #abort = (): void => void this.close();

  #outlet(target: Target, link: Link): Outlet {
    return new Outlet(target, link, this.#counters, {
      onFailing: (error) => this.#warn('WARN_SPAMD_TARGET', error.message, error),
      onSent: ({ name }, sharing, size) => {
        if (this.listenerCount('sent') === 0) return;
        this.#listeners.call('sent', { entries: sharing.map(({ entry }) => entry), target: name, size });
      },
    });
  }

  async #announceOne(entry: Entry): Promise<SendReport> {
    this.#checkOpen();
    return this.#outbound.submit([checkedEntry(entry)]);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new SpamdSyncError('ERR_SPAMD_CLOSED', 'the peer is closed');
  }

  /** The target of that name, or a new one for this call alone. */
  async #outletOf(name: string, signal: AbortSignal): Promise<Outlet> {
    const known = this.#outlets.find(({ target }) => target.name === name || target.host === name);
    if (known !== undefined) return known;
    const target = checkedTarget('to', name, this.#settings.port);
    const link = this.#transport.link(target);
    await lookUp(link, this.#clock, signal);
    return this.#outlet(target, link);
  }

  #healthWarnings(): HealthWarnings {
    return {
      onMismatch: (address, target) => {
        const who = target === undefined ? address : `target ${target} (${address})`;
        this.#warn('WARN_SPAMD_KEY_MISMATCH', `datagrams of ${who} fail verification: has it another key?`);
      },
      onNotAllowed: (address) => {
        this.#warn('WARN_SPAMD_SOURCE', `datagrams of ${address} are authenticated, but allow does not name it`);
      },
    };
  }

  #warnOfWindow(): void {
    if (this.#isWindowTooSmall) return;
    this.#isWindowTooSmall = true;
    const bound = `maxDigests (${this.#settings.maxDigests})`;
    this.#warn('WARN_SPAMD_REPLAY', `more datagrams arrive than ${bound} can remember: old ones might be replayed`);
  }

  /** As usual in Node, an error is thrown if there is no listener for it. */
  #fail(error: Error): void {
    if (this.listenerCount('error') === 0) this.emit('error', error);
    else this.#listeners.call('error', error);
  }

  #warn(code: PeerWarningCode, message: string, error?: unknown): void {
    this.#listeners.call('warning', { code, message, error });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now());
  }
}
