import { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import type { Announcer, Clock, Entry, Source, SpamdbRecord } from '../entry.ts';
import { EntryError } from '../errors.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Rules, Store } from '../store/store.ts';
import type { Attempt } from './attempt.ts';
import { canonicalAddress, canonicalMailbox } from './canonical.ts';
import { Decider } from './decide.ts';
import { GreylistCounters, type GreylistEvents, type GreylistStats, type GreylistWarningCode } from './events.ts';
import { checkedPolicy, type GreylistPolicy } from './policy.ts';
import { applyEntry } from './received.ts';
import { exportRecords, type ImportReport, importRecords } from './records.ts';
import { Sweeper, within } from './sweeper.ts';
import { failed, type Verdict } from './verdict.ts';

export interface GreylistOptions {
  /** Where it keeps what it knows; the caller closes it. Default: a `MemoryStore` of its own. */
  readonly store?: Store;
  /**
   * Who tells the group, usually a `SyncPeer`. If it also emits `entry`, as a peer does, what arrives is applied. The
   * caller closes it.
   */
  readonly announcer?: Announcer;
  readonly policy?: Partial<GreylistPolicy>;
  /** Default the system's. */
  readonly clock?: Clock;
}

/** How far a sweep got. */
export interface SweepReport {
  /** Records removed because they had expired. */
  readonly removed: number;
  /** Addresses announced again, because the expiry that spamd hosts know has passed while they still hold here. */
  readonly repaired: number;
}

/** A renewed white address is announced again at most once per this part of whiteexp. */
const RENEWAL_PART = 10;

/** An announcer that also tells what the group says. */
interface Hearer {
  on(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  off(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
}

/**
 * spamd's greylist as one question: defer, pass or trapped? Keeps in step with a sync group through its announcer.
 *
 * @example
 * const greylist = new Greylist({ announcer: peer });
 * const verdict = await greylist.check({ ip, helo, from, to });
 * if (verdict.action !== 'pass') reply(verdict.reply);
 */
export class Greylist extends EventEmitter<GreylistEvents> implements AsyncDisposable {
  readonly #store: Store;
  readonly #ownStore: boolean;
  readonly #announcer: Announcer | undefined;
  readonly #policy: GreylistPolicy;
  readonly #rules: Rules;
  readonly #decider: Decider;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper;
  readonly #counters = new GreylistCounters();

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the member of the policy that will not do. */
  constructor(options: GreylistOptions = {}) {
    super();
    this.#policy = checkedPolicy(options.policy);
    this.#ownStore = options.store === undefined;
    this.#store = options.store ?? new MemoryStore();
    this.#announcer = options.announcer;
    this.#clock = options.clock ?? { now: () => Date.now() / 1000 };
    const { passtime, greyexp, whiteexp, trapWins } = this.#policy;
    this.#rules = { passtime, greyexp, whiteexp, trapWins, renewal: Math.ceil(whiteexp / RENEWAL_PART) };
    this.#decider = new Decider({
      store: this.#store,
      policy: this.#policy,
      rules: this.#rules,
      started: this.#now(),
      announce: (entry) => this.#announce([entry], false),
    });
    if (isHearer(this.#announcer)) this.#announcer.on('entry', this.#apply);
    this.#sweeper = new Sweeper(this.#policy.sweepInterval, () => this.#sweepQuietly());
  }

  /**
   * What to do with an attempt to deliver. Never rejects for trouble of the store or the group: then it answers as
   * `policy.onError` says, with reason `error`, warns and counts.
   *
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address or a string is missing: a mistake of the caller.
   */
  async check(attempt: Attempt): Promise<Verdict> {
    const ip = checkedAttempt(attempt);
    let verdict: Verdict;
    try {
      const decided = this.#decider.decide(ip, attempt, this.#now());
      verdict = decided instanceof Promise ? await within(decided, this.#policy.timeoutMs) : decided;
    } catch (error) {
      this.#warn('WARN_SPAMD_STORE', 'the greylist could not decide', error);
      verdict = failed(this.#policy.onError, error instanceof Error ? error : new Error(String(error)));
    }
    this.#counters.verdicts[verdict.reason]++;
    return verdict;
  }

  /**
   * Traps an address and tells the group.
   *
   * @param options.expires Until when, Unix seconds. Default: trapexp from now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address. Store trouble rejects as it is.
   */
  async trap(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    const expires = options.expires ?? this.#now() + this.#policy.trapexp;
    await this.#decider.claim('trapped', checkedAddress(ip), expires, 'operator', this.#now());
  }

  /**
   * Makes an address white and tells the group.
   *
   * @param options.expires Until when, Unix seconds. Default: whiteexp from now.
   * @throws {EntryError} `ERR_SPAMD_FIELD` when `ip` is no IP address. Store trouble rejects as it is.
   */
  async allow(ip: string, options: { readonly expires?: number } = {}): Promise<void> {
    const expires = options.expires ?? this.#now() + this.#policy.whiteexp;
    await this.#decider.claim('white', checkedAddress(ip), expires, 'operator', this.#now());
  }

  /**
   * Forgets that an address is white or trapped, and tells those members of the group that know removals (greyd and
   * this library). Its tuples stay. Rejects as `trap` does.
   */
  async forget(ip: string): Promise<void> {
    const address = checkedAddress(ip);
    const now = this.#now();
    const removals = [
      { type: 'remove-white', ip: this.#decider.poolOf(address), until: now + this.#policy.whiteexp },
      { type: 'remove-trapped', ip: address, until: now + this.#policy.trapexp },
    ] as const;
    for (const removal of removals) {
      const change = { ...removal, at: now, own: true };
      const timestamp = await this.#store.mergeAddress(change, { now, announced: false });
      this.#announce([{ type: removal.type, ip: address, timestamp }], false);
    }
  }

  /** The spamtraps: recipients that trap whoever writes to them. Case and brackets do not matter. */
  readonly spamtraps = {
    add: async (address: string): Promise<void> => this.#store.spamtraps.add(canonicalMailbox(address)),
    delete: async (address: string): Promise<boolean> => this.#store.spamtraps.delete(canonicalMailbox(address)),
    has: async (address: string): Promise<boolean> => this.#store.spamtraps.has(canonicalMailbox(address)),
  };

  /** Everything that still holds, as spamdb(8) would list it: tuples, then addresses, then spamtraps. */
  entries(): AsyncIterable<SpamdbRecord> {
    return exportRecords(this.#store, this.#now(), this.#policy.trapWins);
  }

  /** Takes in what spamdb(8) or another greylist listed; addresses known already are merged, nothing is announced. */
  import(records: Iterable<SpamdbRecord> | AsyncIterable<SpamdbRecord>): Promise<ImportReport> {
    return importRecords(this.#store, records, this.#now(), this.#policy.trapexp);
  }

  /** Removes what has expired and repairs expiries. Runs by itself every `policy.sweepInterval`. */
  async sweep(): Promise<SweepReport> {
    const { removed, due } = await this.#store.sweep({ now: this.#now(), trapWins: this.#policy.trapWins });
    const repairable = due.filter(({ ip }) => isIPv4(ip) && this.#decider.poolOf(ip) === ip);
    const entries = repairable.map(({ type, ip, at, until }) => ({ type, ip, timestamp: at, expires: until }));
    if (entries.length > 0) this.#announce(entries, true);
    this.#counters.swept += removed;
    this.#counters.repaired += entries.length;
    return { removed, repaired: entries.length };
  }

  /** What became of everything; the store's part is `undefined` while the store does not answer. */
  async stats(): Promise<GreylistStats> {
    const store = await Promise.resolve(this.#store.stats()).catch(() => undefined);
    return this.#counters.snapshot(store);
  }

  /** Stops sweeping and listening. Closes the store only if it made it itself. Idempotent. */
  async close(): Promise<void> {
    await this.#sweeper.stop();
    if (isHearer(this.#announcer)) this.#announcer.off('entry', this.#apply);
    if (this.#ownStore) await this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #apply = (entry: Entry): void => {
    applyEntry(this.#store, this.#policy, this.#rules, entry, this.#now()).then(
      (ignored) => {
        if (ignored === undefined) this.#counters.applied++;
        else this.#counters.ignored[ignored]++;
      },
      (error: unknown) => {
        this.#counters.ignored.store++;
        this.#warn('WARN_SPAMD_STORE', `${entry.type} of ${entry.ip} from the group is lost`, error);
      },
    );
  };

  /** What has no form on the wire is not even tried: an IPv6 client is this host's business alone. */
  #announce(entries: readonly Entry[], backdated: boolean): void {
    if (this.#announcer === undefined || !entries.every(({ ip }) => isIPv4(ip))) return;
    this.#counters.announced += entries.length;
    this.#announcer.announce(entries, { backdated }).catch((error: unknown) => {
      this.#counters.unannounced += entries.length;
      this.#warn('WARN_SPAMD_ANNOUNCE', 'the group could not be told', error);
    });
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

function isHearer(announcer: Announcer | undefined): announcer is Announcer & Hearer {
  return announcer !== undefined && 'on' in announcer && 'off' in announcer;
}

function checkedAddress(ip: string): string {
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined;
  if (address === undefined) throw new EntryError('ip', ip, 0, 'is not an IP address');
  return address;
}

/** @returns The attempt's address, canonical. */
function checkedAttempt(attempt: Attempt): string {
  for (const field of ['helo', 'from', 'to'] as const) {
    if (typeof attempt[field] !== 'string') throw new EntryError(field, attempt[field], 0, 'is not a string');
  }
  return checkedAddress(attempt.ip);
}
