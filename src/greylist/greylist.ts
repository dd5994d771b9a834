import { EventEmitter } from 'node:events';
import type { Clock } from '../clock.ts';
import type { SpamdbRecord } from '../spamdb-record.ts';
import { type RestoreReport, restore, type SnapshotOptions, type SnapshotSource, snapshot } from '../store/snapshot.ts';
import type { Awaitable, Rules, Store } from '../store/store.ts';
import {
  type Attempt,
  checkedAddress,
  checkedAttempt,
  checkedExpires,
  checkedMailbox,
  checkedSpamtrap,
} from './attempt.ts';
import { Decider } from './decide.ts';
import { GreylistCounters, type GreylistEvents, type GreylistStats, type GreylistWarningCode } from './events.ts';
import { canSubscribe, Hearing } from './hearing.ts';
import { checkedClaim, checkedOptions, type GreylistOptions, type SweepReport } from './options.ts';
import type { GreylistPolicy } from './policy.ts';
import { applyEntry, poolOf, removedUntil } from './received.ts';
import { exportRecords, type ImportReport, importRecords } from './records.ts';
import { Sweeper, within } from './sweeper.ts';
import { Telling } from './telling.ts';
import { failed, type Verdict } from './verdict.ts';

/** A renewed white address is announced again at most once per this part of whiteexp. */
const RENEWAL_PART = 10;

/**
 * spamd's greylist as one question: defer, pass or trapped? Keeps in step with a sync group through its group.
 *
 * @example
 * const greylist = new Greylist({ group: peer });
 * const verdict = await greylist.check({ ip, helo, from, to });
 * if (verdict.action !== 'pass') reply(verdict.reply);
 */
export class Greylist extends EventEmitter<GreylistEvents> implements AsyncDisposable {
  readonly #store: Store;
  readonly #ownStore: boolean;
  readonly #telling: Telling;
  readonly #policy: GreylistPolicy;
  readonly #rules: Rules;
  readonly #decider: Decider;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper;
  readonly #counters = new GreylistCounters();
  readonly #hearing: Hearing | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option or the member of the policy that will not do. */
  constructor(options: GreylistOptions = {}) {
    super();
    const { store, ownStore, group, policy, clock } = checkedOptions(options);
    this.#policy = policy;
    this.#ownStore = ownStore;
    this.#store = store;
    this.#clock = clock;
    this.#telling = new Telling(group, {
      counters: this.#counters,
      onFailed: (error) => this.#warn('WARN_SPAMD_ANNOUNCE', 'the group could not be told', error),
    });
    const { passtime, greyexp, whiteexp, trapWins } = policy;
    this.#rules = { passtime, greyexp, whiteexp, trapWins, renewal: Math.ceil(whiteexp / RENEWAL_PART) };
    this.#decider = new Decider({
      store: this.#store,
      policy: this.#policy,
      rules: this.#rules,
      started: this.#now(),
      announce: (entry) => this.#telling.tell(entry),
    });
    if (canSubscribe(group)) {
      this.#hearing = new Hearing(group, {
        counters: this.#counters,
        apply: (entry) => applyEntry(this.#store, this.#policy, this.#rules, entry, this.#now()),
        onLost: (entry, error) =>
          this.#warn('WARN_SPAMD_STORE', `${entry.type} of ${entry.ip} from the group is lost`, error),
      });
    }
    this.#sweeper = new Sweeper(this.#policy.sweepInterval, () => this.#sweepQuietly());
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
      const decided = this.#decide(ip, attempt);
      return decided instanceof Promise ? this.#settled(decided) : Promise.resolve(this.#counted(decided));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Traps an address and tells the group.
   *
   * @param options.expires Until when, Unix seconds. Default: trapexp from now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address, or `expires` no time to come. Store trouble rejects
   * as it is.
   */
  async trap(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    const now = this.#now();
    const { expires = now + this.#policy.trapexp } = checkedClaim(options);
    await this.#decider.claim('trapped', checkedAddress(ip), checkedExpires(expires, now), 'operator', now);
  }

  /**
   * Makes an address white and tells the group.
   *
   * @param options.expires Until when, Unix seconds. Default: whiteexp from now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address, or `expires` no time to come. Store trouble rejects
   * as it is.
   */
  async allow(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    const now = this.#now();
    const { expires = now + this.#policy.whiteexp } = checkedClaim(options);
    await this.#decider.claim('white', checkedAddress(ip), checkedExpires(expires, now), 'operator', now);
  }

  /**
   * Forgets that an address is white or trapped, and tells those members of the group that know removals (greyd and
   * this library). Its tuples stay. Rejects as `trap` does.
   */
  async forget(ip: string): Promise<void> {
    const address = checkedAddress(ip);
    const now = this.#now();
    const removals = [
      { type: 'remove-white', ip: poolOf(address, this.#policy) },
      { type: 'remove-trapped', ip: address },
    ] as const;
    for (const removal of removals) {
      const change = { ...removal, at: now, until: removedUntil(this.#policy, now), own: true };
      const timestamp = await this.#store.mergeAddress(change, { now, announced: false });
      this.#telling.tell({ type: removal.type, ip: address, timestamp });
    }
  }

  /** The spamtraps: recipients that trap whoever writes to them. Case and brackets do not matter. */
  readonly spamtraps = {
    add: async (address: string): Promise<void> => this.#store.spamtraps.add(checkedSpamtrap(address)),
    delete: async (address: string): Promise<boolean> => this.#store.spamtraps.delete(checkedMailbox(address)),
    has: async (address: string): Promise<boolean> => this.#store.spamtraps.has(checkedMailbox(address)),
  };

  /** Everything that still holds, as spamdb(8) would list it: tuples, then addresses, then spamtraps. */
  entries(): AsyncIterable<SpamdbRecord> {
    return exportRecords(this.#store, this.#now(), this.#policy.trapWins);
  }

  /** Takes in what spamdb(8) or another greylist listed; addresses known already are merged, nothing is announced. */
  import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    return importRecords(this.#store, records, this.#now(), this.#policy);
  }

  /**
   * Everything that the store holds, as bytes for a file: unlike `entries()` also what spamdb(8) has no line for. May be
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

  /** Removes what has expired and repairs expiries. Runs by itself every `policy.sweepInterval`. */
  async sweep(): Promise<SweepReport> {
    const { removed, due } = await this.#store.sweep({ now: this.#now(), trapWins: this.#policy.trapWins });
    const entries = due.map(({ type, ip, at, until }) => ({ type, ip, timestamp: at, expires: until }));
    const repaired = this.#telling.tellAgain(entries);
    this.#counters.swept += removed;
    this.#counters.repaired += repaired;
    return { removed, repaired };
  }

  /** What became of everything; the store's part is `undefined` while the store does not answer. */
  async stats(): Promise<GreylistStats> {
    const asked = async () => this.#store.stats();
    return this.#counters.snapshot(await within(asked(), this.#policy.timeoutMs).catch(() => undefined));
  }

  /**
   * Stops sweeping and listening, and waits for what was heard to be applied, so that the store may be closed then.
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

  async #settled(deciding: Promise<Verdict>): Promise<Verdict> {
    return this.#counted(await within(deciding, this.#policy.timeoutMs).catch((error: unknown) => this.#failed(error)));
  }

  #counted(verdict: Verdict): Verdict {
    this.#counters.verdicts[verdict.reason]++;
    return verdict;
  }

  #failed(error: unknown): Verdict {
    this.#warn('WARN_SPAMD_STORE', 'the greylist could not decide', error);
    return failed(this.#policy.onError, error instanceof Error ? error : new Error(String(error)));
  }

  async #close(): Promise<void> {
    // A store that does not answer must not hold up the end.
    const settled = Promise.all([this.#sweeper.stop(), this.#hearing?.stop()]);
    await within(settled, this.#policy.timeoutMs).catch(() => undefined);
    if (this.#ownStore) await this.#store.close();
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
    this.emit('warning', { code, message: `${what}: ${why}`, error });
  }

  #now(): number {
    return Math.floor(this.#clock.now());
  }
}
