import { EventEmitter } from 'node:events';
import { type TimedClock, within } from '../clock.ts';
import { CHANNELS } from '../diagnostics.ts';
import { Listeners } from '../listeners.ts';
import type { Rules } from '../rules/attempt.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { type RestoreReport, restore, type SnapshotOptions, type SnapshotSource, snapshot } from '../store/snapshot.ts';
import type { Awaitable, Store } from '../store/store.ts';
import { sweep } from '../store/sweep.ts';
import { Announcements } from './announcements.ts';
import { checkAll } from './check-all.ts';
import { Decider } from './decide.ts';
import type { GreylistEvents, GreylistWarningCode } from './events.ts';
import { InFlight } from './in-flight.ts';
import {
  type Attempt,
  checkedAddress,
  checkedAttempt,
  checkedExpires,
  checkedMailbox,
  checkedSpamtrap,
} from './input.ts';
import {
  type ClaimOptions,
  checkedClaim,
  checkedDelivery,
  checkedOptions,
  checkedTrap,
  type GreylistOptions,
  type Settings,
  type SweepReport,
  type TrapOptions,
} from './options.ts';
import { applyEntry, merge, removalExpires } from './received.ts';
import { exportRecords, type ImportReport, importRecords } from './records.ts';
import { GreylistCounters, type GreylistStats } from './stats.ts';
import { canSubscribe, Subscription } from './subscription.ts';
import { Sweeper } from './sweeper.ts';
import { learnt, undecided, type Verdict } from './verdict.ts';

const TOO_MANY = new Error('the store is too slow for what comes: 16 MiB wait for it');

/** A renewed white address is announced again at most once per this part of whiteexp. */
const RENEWAL_PART = 10;

/**
 * spamd's greylist as one question: pass, defer or reject? Keeps in step with a sync group.
 *
 * @example
 * const greylist = new Greylist({ group: peer });
 * const verdict = await greylist.check({ ip, helo, from, to });
 * if (verdict.action !== 'pass') reply(verdict.reply);
 */
export class Greylist extends EventEmitter<GreylistEvents> implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #clock: TimedClock;
  readonly #listeners: Listeners<GreylistEvents>;
  readonly #rules: Rules;
  readonly #decider: Decider;
  readonly #announcements: Announcements;
  readonly #subscription: Subscription | undefined;
  readonly #sweeper: Sweeper;
  readonly #counters = new GreylistCounters();
  readonly #inFlight = new InFlight();
  #closing: Promise<void> | undefined;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option or the member of the policy that is invalid. */
  constructor(options: GreylistOptions = {}) {
    super();
    this.#settings = checkedOptions(options);
    const { store, group, policy, clock, sweepInterval } = this.#settings;
    this.#store = store;
    this.#clock = clock;
    this.#listeners = new Listeners(this, clock);
    this.#announcements = new Announcements(group, {
      counters: this.#counters,
      onFailed: (error) => this.#warn('WARN_SPAMD_ANNOUNCE', 'not announced to the group', error),
    });
    const { passtime, greyexp, whiteexp, trapWins } = policy;
    this.#rules = { passtime, greyexp, whiteexp, trapWins, renewal: Math.ceil(whiteexp / RENEWAL_PART) };
    this.#decider = new Decider({
      store,
      policy,
      rules: this.#rules,
      started: this.#now(),
      announce: (entry) => this.#announcements.announce(entry),
      onUnrecorded: (ip, error) => {
        this.#counters.unrecorded++;
        this.#warn('WARN_SPAMD_STORE', `the trap of ${ip} could not be recorded`, error);
      },
    });
    if (canSubscribe(group)) {
      this.#subscription = new Subscription(group, {
        counters: this.#counters,
        apply: (entry, source) => applyEntry(store, policy, this.#rules, entry, this.#now(), source),
        onLost: (entry, error) =>
          this.#warn('WARN_SPAMD_STORE', `${entry.type} of ${entry.ip} from the group is lost`, error),
        onOverload: ({ type, ip }) =>
          this.#warn('WARN_SPAMD_STORE', `${type} of ${ip} from the group, and more, is lost`, TOO_MANY),
      });
    }
    this.#sweeper = new Sweeper(clock, sweepInterval, () => this.#sweepQuietly());
  }

  /**
   * What to do with an attempt to deliver. Never rejects for trouble of the store or the group: then it answers as
   * `policy.onError` says, with reason `error`, warns and counts.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address or a string is missing: a mistake of the caller.
   */
  check(attempt: Attempt): Promise<Verdict> {
    try {
      const ip = checkedAttempt(attempt);
      if (!this.#inFlight.hasRoom(attempt)) return Promise.resolve(this.#answered(attempt, this.#failed(TOO_MANY)));
      const decided = this.#decide(ip, attempt);
      if (decided instanceof Promise) return this.#settled(attempt, decided, this.#inFlight.begin(attempt));
      return Promise.resolve(this.#answered(attempt, decided));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * What to do with a message to several recipients, for a caller that can give one answer: a mail server that asks at DATA.
   * Any rejection rejects, and the recipients after it are not looked at. A retry makes the client white, so it passes for
   * all. Else any deferral defers, for as long as the longest. Each recipient is recorded as by {@link check}.
   *
   * @param recipients Each with or without its brackets, at least one.
   * @throws {EntryError} `ERR_SPAMD_FIELD` as {@link check} does, and for no recipients.
   */
  checkAll(attempt: Omit<Attempt, 'to'>, recipients: Iterable<string>): Promise<Verdict> {
    return checkAll((one) => this.check(one), attempt, recipients);
  }

  /**
   * Traps an address and announces it.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address, or `expires` no time to come. Store trouble rejects
   * as it is.
   */
  async trap(ip: string, options: TrapOptions = {}): Promise<void> {
    const { by, ...claim } = checkedTrap(options);
    await this.#claim('trapped', ip, claim, by);
  }

  /**
   * Makes an address white and announces it. Where it was trapped, it is announced once more when the spamd hosts have
   * scanned: only then does a WHITE make it white there, see `docs/greylist.md`.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address, or `expires` no time to come. Store trouble rejects
   * as it is.
   */
  async allow(ip: string, options: ClaimOptions = {}): Promise<void> {
    await this.#claim('white', ip, options);
  }

  /**
   * Takes note that mail passed to or from an address, outbound mail above all, as spamlogd(8) does: the address is white for
   * whiteexp from now. It is announced at most once per a tenth of whiteexp, however much mail passes.
   *
   * @param options.endsTrap Whether an address that is trapped becomes white, as by {@link allow}. Default `false`.
   * @returns Whether it is white now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address. Store trouble rejects as it is.
   */
  async delivered(ip: string, options: { readonly endsTrap?: boolean | undefined } = {}): Promise<boolean> {
    const { endsTrap = false } = checkedDelivery(options);
    const address = checkedAddress(ip);
    if (await this.#decider.delivered(address, this.#now())) return true;
    if (endsTrap) await this.allow(address);
    return endsTrap;
  }

  /**
   * Forgets that an address is white or trapped, and announces that to the members of the group that know removals
   * (greyd and this library). Its tuples stay. Rejects as `trap` does.
   */
  async forget(ip: string): Promise<void> {
    const address = checkedAddress(ip);
    const { policy } = this.#settings;
    for (const type of ['remove-white', 'remove-trapped'] as const) {
      const removal = (at: number) => ({ type, at, expires: removalExpires(policy, at), local: true });
      const { at } = await merge(this.#store, policy, address, removal, this.#now());
      this.#announcements.announce({ type, ip: address, timestamp: at });
    }
  }

  /** The spamtraps: recipients that trap whoever writes to them. Case and brackets do not matter. */
  readonly spamtraps = {
    /** @throws {EntryError} `ERR_SPAMD_FIELD` for what is no mail address: no recipient would ever be it. */
    add: async (address: string): Promise<void> => this.#store.spamtraps.add(checkedSpamtrap(address)),
    /** @returns Whether it was one. */
    delete: async (address: string): Promise<boolean> => this.#store.spamtraps.delete(checkedMailbox(address)),
    /** Whether it is one. */
    has: async (address: string): Promise<boolean> => this.#store.spamtraps.has(checkedMailbox(address)),
    /** All of them, lower case and without brackets, in no order. */
    list: (): AsyncIterable<string> => eachOf(this.#store.spamtraps.list()),
  };

  /** Everything that still holds, as spamdb(8) would list it: tuples, then addresses, then spamtraps. */
  export(): AsyncIterable<SpamdbRecord> {
    return exportRecords(this.#store, this.#now(), this.#settings.policy.trapWins);
  }

  /** Takes in what spamdb(8) or another greylist listed; addresses known already are merged, nothing is announced. */
  import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    return importRecords(this.#store, records, this.#now(), this.#settings.policy);
  }

  /**
   * Everything that the store holds, as bytes for a file: unlike `export()` also what spamdb(8) has no line for. May be
   * restored into a greylist over any other store.
   */
  snapshot(options: SnapshotOptions = {}): AsyncIterable<Uint8Array> {
    return snapshot(this.#store, this.#now(), options);
  }

  /**
   * Takes in a snapshot; what is known already is merged, nothing is announced. It is read twice: nothing is applied
   * before all of it has been found sound.
   *
   * @throws {SnapshotError} `ERR_SPAMD_SNAPSHOT`, with the offset, for one that was cut or changed.
   */
  restore(source: SnapshotSource, options: SnapshotOptions = {}): Promise<RestoreReport> {
    return restore(this.#store, source, options);
  }

  /**
   * Removes what has expired and repairs expiries. Runs by itself every `sweepInterval`. Where the store fails on a record
   * the others are swept, and it rejects then.
   */
  async sweep(): Promise<SweepReport> {
    const { group, policy } = this.#settings;
    // Before anything is announced again: the more white addresses the group holds, the slower that has to go.
    if (group?.noteWhites !== undefined) group.noteWhites((await this.#store.stats()).addresses);
    const { room } = this.#announcements;
    const { removed, due, failure } = await sweep(this.#store, this.#now(), policy.trapWins, room);
    const entries = due.map(({ type, ip, at, expires }) => ({ type, ip, timestamp: at, expires }));
    const repaired = this.#announcements.announceAgain(entries);
    this.#counters.swept += removed;
    this.#counters.repaired += repaired;
    if (failure !== undefined) throw failure.error;
    return { removed, repaired };
  }

  /** What became of everything; the store's part is `undefined` while the store does not answer. */
  async stats(): Promise<GreylistStats> {
    const asked = async () => this.#store.stats();
    const held = await this.#inTime(asked()).catch(() => undefined);
    return this.#counters.snapshot(held, this.#listeners.failed);
  }

  /**
   * Stops sweeping and receiving, and waits for what was received to be applied, so that the store may be closed then.
   * Closes it only if it made it itself. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Without a promise where the store answers without one: that is half the time of a check. */
  #decide(ip: string, attempt: Attempt): Awaitable<Verdict> {
    try {
      return this.#decider.decide(ip, attempt, this.#now());
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #settled(attempt: Attempt, deciding: Promise<Verdict>, waiting: number): Promise<Verdict> {
    // It waits on after `check` has given up.
    const done = () => this.#inFlight.done(waiting);
    deciding.then(done, done);
    return this.#answered(attempt, await this.#inTime(deciding).catch((error: unknown) => this.#failed(error)));
  }

  #inTime<T>(promise: Promise<T>): Promise<T> {
    const { timeout } = this.#settings;
    return within(this.#clock, promise, timeout, () => new Error(`no answer from the store in ${timeout} s`));
  }

  /** Counted, shown to whoever looks, and as the mode has it. */
  #answered(attempt: Attempt, decided: Verdict): Verdict {
    const verdict = this.#counted(decided);
    if (CHANNELS.verdict.hasSubscribers) CHANNELS.verdict.publish({ greylist: this, attempt, verdict });
    return verdict;
  }

  #counted(verdict: Verdict): Verdict {
    if (verdict.reason !== 'learn') this.#counters.verdicts[verdict.reason]++;
    return this.#settings.policy.mode === 'learn' ? learnt(verdict) : verdict;
  }

  #failed(error: unknown): Verdict {
    this.#warn('WARN_SPAMD_STORE', 'the greylist could not decide', error);
    return undecided(this.#settings.policy.onError, error instanceof Error ? error : new Error(String(error)));
  }

  async #claim(type: 'white' | 'trapped', ip: string, options: ClaimOptions, by?: string): Promise<void> {
    const now = this.#now();
    const { expires } = checkedClaim(options);
    const claiming = {
      type,
      ip: checkedAddress(ip),
      by: 'operator',
      circumstances: { by },
      expires: expires === undefined ? undefined : checkedExpires(expires, now),
    };
    await this.#decider.claim(claiming, now);
  }

  async #close(): Promise<void> {
    // A store that does not answer must not hold up the end.
    const settled = Promise.all([this.#sweeper.stop(), this.#subscription?.stop()]);
    await this.#inTime(settled).catch(() => undefined);
    if (this.#settings.ownsStore) await this.#store.close();
  }

  async #sweepQuietly(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#warn('WARN_SPAMD_STORE', 'the sweep failed', error);
    }
  }

  #warn(code: GreylistWarningCode, what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#listeners.call('warning', { code, message: `${what}: ${why}`, error });
  }

  #now(): number {
    return Math.floor(this.#clock.now());
  }
}

async function* eachOf<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}
