import { EventEmitter } from 'node:events';
import { type TimedClock, within } from '../clock.ts';
import { Listeners } from '../listeners.ts';
import type { Rules } from '../rules/attempt.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { type RestoreReport, restore, type SnapshotOptions, type SnapshotSource, snapshot } from '../store/snapshot.ts';
import type { Store } from '../store/store.ts';
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

/** A policy, and the rules and the decider that are made from it. */
interface Current extends Deciding {
  readonly rules: Rules;
}

/**
 * spamd's greylist: says of each attempt whether to pass, defer or reject it. Keeps in step with a sync group.
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
  /** The policy in use. What is in progress when it changes ends by the policy with which it began. */
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
          // An IPv6 entry can come from another host only if the group has a form for IPv6.
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
    this.#sweeper = new Sweeper({
      ...{ store, group, clock, announcements: this.#announcements, counters: this.#counters },
      interval: sweepInterval,
      trapWins: () => this.#current.policy.trapWins,
      onFailed: (error) => this.#warn('WARN_SPAMD_STORE', 'the sweep failed', error),
    });
  }

  /**
   * Says what to do with an attempt to deliver. Never rejects for trouble with the store or the group. If the store
   * fails, the verdict is what `policy.onError` says, with reason `error`, and the greylist warns and counts.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` if `ip` is not an IP address or a string is missing: a mistake of the
   * caller.
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
   * Says what to do with a message to several recipients, for a caller that can give only one answer, such as a mail
   * server that asks at DATA. If a recipient is rejected, the message is rejected, and the recipients after it are not
   * checked. A retry makes the client white, so the message passes for all. Otherwise, if a recipient is deferred, the
   * message is deferred for the longest of the waits. Each recipient is recorded as by {@link check}.
   *
   * @param recipients Each with or without its brackets, at least one.
   * @throws {EntryError} `ERR_SPAMD_FIELD` as {@link check} does, and for no recipients.
   */
  checkAll(attempt: Omit<Attempt, 'to'>, recipients: Iterable<string>, options?: CheckOptions): Promise<Verdict> {
    return checkAll((one) => this.check(one, options), attempt, recipients);
  }

  /**
   * Replaces the whole policy: a member that is left out has its default. Files of `exempt` are read again. If a member
   * is invalid, nothing changes. What is in progress ends by the policy with which it began. Records keep their expiry.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the member of the policy that is invalid.
   */
  setPolicy(policy: PolicyOptions): void {
    this.#current = this.#madeOf(checkedPolicy(policy));
  }

  /**
   * Traps an address and announces it.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` if `ip` is not an IP address, or `expires` is not in the future. An error of
   * the store rejects as it is.
   */
  async trap(ip: string, options: TrapOptions = {}): Promise<void> {
    const { by, ...claim } = checkedTrap(options);
    await this.#claim('trapped', ip, claim, by);
  }

  /**
   * Makes an address white and announces it. If the address was trapped, it is announced once more when the spamd hosts
   * have scanned: only then does a WHITE make it white there, see `docs/greylist.md`.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` if `ip` is not an IP address, or `expires` is not in the future. An error of
   * the store rejects as it is.
   */
  async allow(ip: string, options: ClaimOptions = {}): Promise<void> {
    await this.#claim('white', ip, options);
  }

  /**
   * Records that mail passed to or from an address, above all outbound mail, as spamlogd(8) does. The address is then
   * white for whiteexp from now. It is announced at most once in each tenth of whiteexp, however much mail passes.
   *
   * @param options.endsTrap Whether an address that is trapped becomes white, as by {@link allow}. Default `false`.
   * @returns Whether the address is white now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` if `ip` is not an IP address. An error of the store rejects as it is.
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
   * (greyd and this library). The tuples of the address stay. Rejects as `trap` does.
   */
  async forget(ip: string): Promise<void> {
    await this.#current.decider.forget(checkedAddress(ip), this.#now());
  }

  /**
   * Lets a client that waits for its passtime pass, here and in the group. The address becomes white for whiteexp, as
   * by a retry, and is announced. Unlike {@link allow}, this changes nothing for a client that does not wait, and ends
   * no trap unless `endsTrap` is set.
   *
   * @param waiting An attempt that was deferred. Or an address, if any tuple of the address may be the waiting one.
   * @param options.endsTrap Whether an address that is trapped becomes white, as by {@link allow}. Default `false`.
   * @returns `released`; `white`: the client passes already; `trapped`: it stays so; `unknown`: no such tuple is
   * remembered.
   * @throws {EntryError} `ERR_SPAMD_FIELD` if there is no IP address, or a string of the attempt is missing. An error
   * of the store rejects as it is.
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
   * Says why an address is answered as it is: its state, what was claimed of it and by whom, its tuples, the evidence
   * of its traps, and what was announced. If nothing is known of the address, it says just that. A store may have to
   * look through all its tuples: call this for an operator, not for each connection.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` if `ip` is not an IP address. An error of the store rejects as it is.
   */
  async why(ip: string): Promise<Why> {
    const address = checkedAddress(ip);
    const { policy, decider } = this.#current;
    return explained(this.#store, policy, address, decider.isExempt(address), this.#now());
  }

  /** The spamtraps: recipients that trap every client that writes to them. Case and brackets do not matter. */
  readonly spamtraps = {
    /** @throws {EntryError} `ERR_SPAMD_FIELD` for text that is not a mail address: no recipient could equal it. */
    add: async (address: string): Promise<void> => this.#store.spamtraps.add(checkedSpamtrap(address)),
    /** @returns Whether it was a spamtrap. */
    delete: async (address: string): Promise<boolean> => this.#store.spamtraps.delete(checkedMailbox(address)),
    /** Whether it is a spamtrap. */
    has: async (address: string): Promise<boolean> => this.#store.spamtraps.has(checkedMailbox(address)),
    /** All of them, lower case and without brackets, in no order. */
    list: (): AsyncIterable<string> => eachOf(this.#store.spamtraps.list()),
  };

  /**
   * Everything that still holds, as spamdb(8) would list it: tuples, then addresses, then spamtraps.
   *
   * @param options.evidence Whether trapped addresses come with the evidence of their traps. Default `false`.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for an invalid option.
   */
  export(options: ExportOptions = {}): AsyncIterable<ExportedRecord> {
    return exportRecords(this.#store, this.#now(), this.#current.policy.trapWins, checkedExport(options));
  }

  /** Takes in what spamdb(8) or another greylist listed. Addresses known already are merged. Nothing is announced. */
  import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    return importRecords(this.#store, records, this.#now(), this.#current.policy);
  }

  /**
   * Merges tuples and addresses that another peer holds, as if the group had announced them. Nothing is announced. An
   * `Exchange` calls this with what it receives. Rejects with the error of the store.
   *
   * @param source The peer's address, for the evidence.
   * @returns The records that were refused: expired, or not of a client by the policy.
   */
  mergeRecords(records: readonly SharedRecord[], source: string): Promise<readonly SharedRecord[]> {
    return mergeRecords(this.#store, this.#current.policy, records, this.#now(), source);
  }

  /**
   * Everything that the store holds, as bytes for a file. Unlike `export()` this includes what spamdb(8) has no line
   * for. It can be restored into a greylist with any other store.
   */
  snapshot(options: SnapshotOptions = {}): AsyncIterable<Uint8Array> {
    return snapshot(this.#store, this.#now(), options);
  }

  /**
   * Takes in a snapshot. What is known already is merged. Nothing is announced. The snapshot is read twice: nothing is
   * applied before the whole snapshot has been found sound.
   *
   * @throws {SnapshotError} `ERR_SPAMD_SNAPSHOT`, with the offset, for a snapshot that was cut or changed.
   */
  restore(source: SnapshotSource, options: SnapshotOptions = {}): Promise<RestoreReport> {
    return restore(this.#store, source, options);
  }

  /**
   * Removes expired records and repairs expiries. Runs by itself every `sweepInterval`. If the store fails on a record,
   * the other records are still swept, and then the promise rejects.
   */
  async sweep(): Promise<SweepReport> {
    return this.#sweeper.sweep();
  }

  /** The counters of the greylist. Its member `store` is `undefined` while the store does not answer. */
  async stats(): Promise<GreylistStats> {
    const asked = async () => this.#store.stats();
    const held = await this.#inTime(asked()).catch(() => undefined);
    return this.#counters.snapshot(held, this.#listeners.failed);
  }

  /**
   * Stops sweeping and receiving, and waits until all received entries are applied. After that the caller may close the
   * store. The greylist closes the store only if it made the store itself. Idempotent.
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
    // A store that does not answer must not hold up the close.
    const settled = Promise.all([this.#sweeper.stop(), this.#subscription?.stop()]);
    await this.#inTime(settled).catch(() => undefined);
    if (this.#settings.ownsStore) await this.#store.close();
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
