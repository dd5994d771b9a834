import { EventEmitter } from 'node:events';
import { keysOf } from '../auth/keyring.ts';
import type { Clock } from '../clock.ts';
import type { AnnounceOptions, Entry, Group, Source, Tuple } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import type { Link, OpenTransport } from '../transport/transport.ts';
import { checkHere, HERE } from '../validate.ts';
import { checkEntry, checkedList, checkedTuple, checkSeed } from './check.ts';
import type { PeerWarningCode, SyncPeerEvents } from './events.ts';
import { Health, type PeerHealth } from './health.ts';
import { Inbound } from './inbound.ts';
import { checkedOptions, checkedTarget, type Settings, type SyncPeerOptions, type Target } from './options.ts';
import { Outbound } from './outbound.ts';
import { Outlet } from './outlet.ts';
import type { Received } from './received.ts';
import { Receiver } from './receiver.ts';
import { lookUpAgain } from './refresh.ts';
import type { SendReport } from './report.ts';
import { Seeder, type SeedOptions, type SeedReport } from './seeder.ts';
import { Signer } from './signer.ts';
import { Counters, type PeerStats } from './stats.ts';

/**
 * A member of a spamd sync group: hears what the other hosts say, and tells them what this one saw.
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
  readonly #clock: Clock;
  readonly #counters = new Counters();
  readonly #inbound: Inbound;
  readonly #receiver: Receiver;
  readonly #health: Health;
  #outlets: readonly Outlet[] = [];
  #transport!: OpenTransport;
  #outbound!: Outbound;
  readonly #signer: Signer;
  /** Aborted when the peer closes. */
  readonly #seeding = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #forgetting = false;

  private constructor(from: typeof HERE, settings: Settings) {
    super();
    checkHere(from, 'SyncPeer', 'SyncPeer.open(options)');
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#health = new Health(
      () => this.#outlets,
      (target, address) =>
        this.#warn('WARN_SPAMD_KEY_MISMATCH', `target ${target} (${address}) signs with no key of ours: key mismatch?`),
    );
    this.#inbound = new Inbound({ ...settings, onForgotten: () => this.#warnForgotten() });
    this.#signer = new Signer(settings.key, (digest, newest) => {
      this.#inbound.noteSent(digest, newest, this.#clock.now());
    });
    this.#receiver = new Receiver(this, this.#inbound, this.#health, this.#counters, this.#clock);
  }

  /**
   * A peer that is bound, has joined its group and looked up its targets.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming an option that will not do, `ERR_SPAMD_LISTEN` when the address
   * and port cannot be had, `ERR_SPAMD_INTERFACE` for an interface that is not there or has no IPv4 address. A target
   * whose name does not resolve is no error: it is looked up again every half minute, see {@link health}.
   */
  static async open(options: SyncPeerOptions): Promise<SyncPeer> {
    const settings = checkedOptions(options);
    settings.signal?.throwIfAborted();
    const peer = new SyncPeer(HERE, settings);
    await peer.#open();
    return peer;
  }

  /** The local address and port, as bound. */
  get address(): Source {
    return { address: this.#transport.address, port: this.#transport.port };
  }

  /** Tells the group that this tuple was seen, now. */
  async grey(tuple: Tuple): Promise<SendReport> {
    const { ip, helo, from, to } = checkedTuple(tuple);
    return this.#tell({ type: 'grey', ip, helo, from, to, timestamp: this.#seconds() });
  }

  /**
   * Tells the group that this address delivered real mail and may pass.
   *
   * @param expires Until when, Unix seconds. Hosts that know the address already keep the expiry they have.
   */
  white(ip: string, expires: number): Promise<SendReport> {
    return this.#tell({ type: 'white', ip, timestamp: this.#seconds(), expires });
  }

  /**
   * Tells the group that this address hit a spamtrap.
   *
   * @param expires Until when, Unix seconds. Hosts that know the address already keep the expiry they have.
   */
  trapped(ip: string, expires: number): Promise<SendReport> {
    return this.#tell({ type: 'trapped', ip, timestamp: this.#seconds(), expires });
  }

  /**
   * Tells the group these entries, as they are. What is announced in one turn of the event loop shares datagrams.
   * What must not be sent to a target's kind of receiver is skipped, and the report says so.
   *
   * A call of more than a second's worth at `batch.bulkRate` (four datagrams, 340 addresses, unless set) sends that much
   * at once and the rest at that rate, as backdated; the report comes at the end. Shorter calls overtake it, save for
   * the addresses that still wait. What waits when the peer closes is skipped as `closed`.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` for what only a mistake in the caller can produce; nothing is sent then.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no list; `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async announce(entries: Iterable<Entry>, options: AnnounceOptions = {}): Promise<SendReport> {
    this.#checkOpen();
    return this.#outbound.submit(checkedList(entries, options), options.backdated);
  }

  /**
   * Sends many entries, a whole greylist say, to one new host or to the group: in full datagrams (85 addresses, 84 of
   * old ones), at an even pace. Their timestamps stay as they are, so that hosts of this library merge them rightly.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` at an entry that only a mistake in the caller can produce.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an option that will not do; `ERR_SPAMD_CLOSED` after {@link close}.
   */
  async seed(entries: Iterable<Entry> | AsyncIterable<Entry>, options: SeedOptions = {}): Promise<SeedReport> {
    this.#checkOpen();
    checkSeed(entries, options);
    const signals = [this.#seeding.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const outlets = options.to === undefined ? this.#outlets : [await this.#outletOf(options.to)];
    return new Seeder(outlets, this.#signer, this.#clock, AbortSignal.any(signals), options).run(entries);
  }

  /**
   * What the group says, to be read with `for await`. A reader may fall behind by 16384 entries; what it misses beyond
   * that is counted, as `overload`. Ends when the peer closes; an aborted signal rejects with its reason.
   */
  entries(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<Received> {
    const reader = this.#receiver.reader(options);
    if (this.#closing !== undefined) reader.end();
    return reader;
  }

  /** Who was heard and who is silent, what was dropped and why, per source; and how sending to each target fares. */
  health(): PeerHealth {
    return this.#health.snapshot();
  }

  stats(): PeerStats {
    return this.#counters.snapshot({
      queued: this.#outbound.pending,
      digests: this.#inbound.digests,
      receiveBuffer: this.#transport.receiveBuffer,
    });
  }

  /** Sends what is queued, but for the rest of long calls, leaves the group, releases the port. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { transport, targets, signal, key } = this.#settings;
    this.#transport = await transport.open(this.#settings, {
      receive: (bytes, source) => this.#receiver.receive(bytes, source),
      error: (error) => this.emit('error', error),
    });
    this.#outlets = this.#transport.links.map((link, index) => this.#outlet(targets[index] as Target, link));
    this.#outbound = new Outbound({
      ...this.#settings,
      counters: this.#counters,
      outlets: this.#outlets,
      signer: this.#signer,
    });
    if (signal?.aborted) {
      await this.close();
      throw signal.reason;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#timer = lookUpAgain(this.#outlets);
    // By then the caller, woken by a microtask, has attached its listeners.
    setImmediate(() => {
      if (this.#closing !== undefined) return;
      for (const message of keysOf(key).flatMap(({ warnings }) => warnings)) this.#warn('WARN_SPAMD_KEY', message);
      this.#receiver.begin();
    });
  }

  async #close(): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this.#abort);
    clearInterval(this.#timer);
    this.#seeding.abort();
    await this.#outbound.close();
    await this.#transport.close();
    this.#receiver.end();
    this.emit('close');
  }

  readonly #abort = (): void => void this.close();

  #outlet(target: Target, link: Link): Outlet {
    return new Outlet(target, link, this.#counters, (error) => this.#warn('WARN_SPAMD_TARGET', error.message));
  }

  async #tell(entry: Entry): Promise<SendReport> {
    this.#checkOpen();
    checkEntry(entry);
    return this.#outbound.submit([entry]);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new SpamdSyncError('ERR_SPAMD_CLOSED', 'the peer is closed');
  }

  /** The target of that name, or one made for the occasion. */
  async #outletOf(name: string): Promise<Outlet> {
    const known = this.#outlets.find(({ target }) => target.name === name || target.host === name);
    if (known !== undefined) return known;
    const target = checkedTarget('to', name, this.#settings.port);
    return this.#outlet(target, await this.#transport.link(target));
  }

  #warnForgotten(): void {
    if (this.#forgetting) return;
    this.#forgetting = true;
    const bound = `maxDigests (${this.#settings.maxDigests})`;
    this.#warn('WARN_SPAMD_REPLAY', `more datagrams arrive than ${bound} can remember: old ones might be replayed`);
  }

  #warn(code: PeerWarningCode, message: string): void {
    this.emit('warning', { code, message });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now());
  }
}
