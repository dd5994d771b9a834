import { EventEmitter } from 'node:events';
import { type TimedClock, within } from '../clock.ts';
import { Listeners } from '../listeners.ts';
import type { Rules } from '../rules/attempt.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { type RestoreReport, restore, type SnapshotOptions, type SnapshotSource, snapshot } from '../store/snapshot.ts';
import type { Store } from '../store/store.ts';
import { sweep } from '../store/sweep.ts';
import { Announcements } from './announcements.ts';
import { Answers, type Deciding } from './answers.ts';
import { checkAll } from './check-all.ts';
import { Decider } from './decide.ts';
import type { GreylistEvents, GreylistWarningCode } from './events.ts';
import { TOO_MANY } from './in-flight.ts';
import {
  type Attempt,
  type CheckOptions,
  checkedAddress,
  checkedAttempt,
  checkedExpires,
  checkedMailbox,
  checkedSpamtrap,
  checkedTrapsOnly,
} from './input.ts';
import { mergeRecords, type SharedRecord } from './merge-records.ts';
import {
  type ClaimOptions,
  checkedClaim,
  checkedDelivery,
  checkedOptions,
  checkedTrap,
  type GreylistOptions,
  type Released,
  type Settings,
  type SweepReport,
  type TrapOptions,
} from './options.ts';
import { checkedPolicy, type GreylistPolicy, type PolicyOptions, rulesOf } from './policy.ts';
import { applyEntry } from './received.ts';
import {
  checkedExport,
  type ExportedRecord,
  type ExportOptions,
  exportRecords,
  type ImportReport,
  importRecords,
} from './records.ts';
import { GreylistCounters, type GreylistStats } from './stats.ts';
import { canSubscribe, Subscription } from './subscription.ts';
import { Sweeper } from './sweeper.ts';
import type { Verdict } from './verdict.ts';
import { explained, type Why } from './why.ts';

/** A policy, and what is made of it. */
interface Current extends Deciding {
  readonly rules: Rules;
}

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
  /** The policy in use; what is in flight ends by the one that it began with. */
  #current: Current;
  readonly #announcements: Announcements;
  readonly #subscription: Subscription | undefined;
  readonly #sweeper: Sweeper;
  readonly #started: number;
  readonly #counters = new GreylistCounters();
  readonly #answers: Answers;
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
    this.#answers = new Answers({
      greylist: this,
      counters: this.#counters,
      inTime: (promise) => this.#inTime(promise),
      onUndecided: (error) => this.#warn('WARN_SPAMD_STORE', 'the greylist could not decide', error),
    });
    this.#started = this.#now();
    this.#current = this.#madeOf(policy);
    if (canSubscribe(group)) {
      this.#subscription = new Subscription(group, {
        counters: this.#counters,
        apply: (entry, source) => {
          // Only where IPv6 has a form can it have come from another host.
          if (entry.ip.includes(':') && group.ipv6 !== true) return Promise.resolve('address');
          const { policy, rules } = this.#current;
          return applyEntry(store, policy, rules, entry, this.#now(), source);
        },
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
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option.
   */
  check(attempt: Attempt, options?: CheckOptions): Promise<Verdict> {
    try {
      const trapsOnly = options !== undefined && checkedTrapsOnly(options);
      const ip = checkedAttempt(attempt);
      return this.#answers.to({ ip, attempt, now: this.#now(), trapsOnly }, this.#current);
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
  checkAll(attempt: Omit<Attempt, 'to'>, recipients: Iterable<string>, options?: CheckOptions): Promise<Verdict> {
    return checkAll((one) => this.check(one, options), attempt, recipients);
  }

  /**
   * Replaces the policy, all of it: what is left out has its default. Files of `exempt` are read again. Nothing changes where
   * any of it is invalid. What is in flight ends by the policy that it began with, and what is recorded keeps its expiry.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the member of the policy that is invalid.
   */
  setPolicy(policy: PolicyOptions): void {
    this.#current = this.#madeOf(checkedPolicy(policy));
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
    if (await this.#current.decider.delivered(address, this.#now())) return true;
    if (endsTrap) await this.allow(address);
    return endsTrap;
  }

  /**
   * Forgets that an address is white or trapped, and announces that to the members of the group that know removals
   * (greyd and this library). Its tuples stay. Rejects as `trap` does.
   */
  async forget(ip: string): Promise<void> {
    await this.#current.decider.forget(checkedAddress(ip), this.#now());
  }

  /**
   * Lets a client pass that waits for its passtime, here and in the group: its address becomes white for whiteexp, as by its
   * retry, and is announced. Unlike {@link allow} it changes nothing for a client that does not wait, and ends no trap
   * unless asked to.
   *
   * @param waiting An attempt that was deferred; or an address, of which any tuple may wait.
   * @param options.endsTrap Whether an address that is trapped becomes white, as by {@link allow}. Default `false`.
   * @returns `released`; or `white`: it passes already; `trapped`: it stays so; `unknown`: no such tuple is remembered.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when there is no IP address, or a string of the attempt is missing. Store trouble
   * rejects as it is.
   */
  async release(
    waiting: string | Attempt,
    options: { readonly endsTrap?: boolean | undefined } = {},
  ): Promise<Released> {
    const { endsTrap = false } = checkedDelivery(options);
    const isTuple = typeof waiting === 'object' && waiting !== null;
    const address = isTuple ? checkedAttempt(waiting) : checkedAddress(waiting);
    const released = await this.#current.decider.release(address, isTuple ? waiting : undefined, this.#now());
    if (released !== 'trapped' || !endsTrap) return released;
    await this.allow(address);
    return 'released';
  }

  /**
   * Why an address is answered as it is: what it is, what was claimed of it and by whom, its tuples, the evidence of its
   * traps, and what was announced. Of an address that nothing is known of it says just that. A store may have to look
   * through all its tuples: ask for an operator, not for each connection.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address. Store trouble rejects as it is.
   */
  async why(ip: string): Promise<Why> {
    const address = checkedAddress(ip);
    const { policy, decider } = this.#current;
    return explained(this.#store, policy, address, decider.isExempt(address), this.#now());
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

  /**
   * Everything that still holds, as spamdb(8) would list it: tuples, then addresses, then spamtraps.
   *
   * @param options.evidence Whether trapped addresses have the evidence of their traps with them. Default `false`.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option.
   */
  export(options: ExportOptions = {}): AsyncIterable<ExportedRecord> {
    return exportRecords(this.#store, this.#now(), this.#current.policy.trapWins, checkedExport(options));
  }

  /** Takes in what spamdb(8) or another greylist listed; addresses known already are merged, nothing is announced. */
  import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    return importRecords(this.#store, records, this.#now(), this.#current.policy);
  }

  /**
   * Merges tuples and addresses that another peer holds, as if the group had announced them; nothing is announced. What an
   * `Exchange` receives goes this way. Rejects with what the store fails with.
   *
   * @param source The peer's address, for the evidence.
   * @returns Those that were refused: expired, or of no client by the policy.
   */
  mergeRecords(records: readonly SharedRecord[], source: string): Promise<readonly SharedRecord[]> {
    return mergeRecords(this.#store, this.#current.policy, records, this.#now(), source);
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
    const { group } = this.#settings;
    const { policy } = this.#current;
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

  #madeOf(policy: GreylistPolicy): Current {
    const rules = rulesOf(policy);
    const decider = new Decider({
      store: this.#store,
      policy,
      rules,
      started: this.#started,
      announce: (entry) => this.#announcements.announce(entry),
      onUnrecorded: (ip, error) => {
        this.#counters.unrecorded++;
        this.#warn('WARN_SPAMD_STORE', `the trap of ${ip} could not be recorded`, error);
      },
    });
    return { policy, rules, decider };
  }

  #inTime<T>(promise: Promise<T>): Promise<T> {
    const { timeout } = this.#settings;
    return within(this.#clock, promise, timeout, () => new Error(`no answer from the store in ${timeout} s`));
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
    await this.#current.decider.claim(claiming, now);
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
