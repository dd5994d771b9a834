import { EventEmitter } from 'node:events';
import type { TimedClock } from '../clock.ts';
import type { SpamdSyncError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import { LoadAddressStep, LoadTupleStep, ReadStep } from '../rules/change.ts';
import { canonicalMailbox, tupleKeyPrefix } from '../rules/key.ts';
import type { Step } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import type { Candidate, Spamtraps, Store, StoredTuple, StoreRecord, StoreStats } from '../store/store.ts';
import { Admission } from './admission.ts';
import { Calls } from './calls.ts';
import { connectionOf, type RedisClient } from './connection.ts';
import { DueIndex } from './due-index.ts';
import { ForeignItems } from './foreign.ts';
import { InTime } from './in-time.ts';
import { Keys } from './keys.ts';
import { type RedisStoreOptions, storeSettings } from './options.ts';
import { asList, asNumber } from './replies.ts';
import { addressesIn, countKeys, membersOf, type Scan, tuplesIn } from './scan.ts';
import { ServerTime } from './server-time.ts';
import { Updates } from './updates.ts';

/** How many records are put in at once. */
const SLICE = 1000;
/** What a step takes while it waits, besides its strings, bytes. */
const STEP = 1024;
/**
 * A warning is due when the difference of the clocks exceeds this, and again when it has changed by more than this: a
 * quarter of a peer's `maxSkew`, seconds.
 */
const CLOCK_WARNING = 150;

/**
 * What an operator should look at, though the store goes on:
 * - `WARN_SPAMD_STORE`: Redis takes no writes, since it is full, a replica, or cannot save; reported once until it
 *   takes writes again;
 * - `WARN_SPAMD_FOREIGN`: something under our keys is not ours, and affects nothing but itself; reported once for each;
 * - `WARN_SPAMD_CLOCK`: Redis's clock is off by minutes; reported again when that changes;
 * - `WARN_SPAMD_LISTENER`: a listener threw, or its promise rejected: the program's own mistake.
 */
export type RedisStoreWarningCode =
  | 'WARN_SPAMD_STORE'
  | 'WARN_SPAMD_FOREIGN'
  | 'WARN_SPAMD_CLOCK'
  | 'WARN_SPAMD_LISTENER';

/** Something that an operator should look at. */
export interface RedisStoreWarning {
  /** The code. It is stable, unlike the message. */
  readonly code: RedisStoreWarningCode;
  /** What happened, and why. */
  readonly message: string;
  /** What Redis answered, if it did. */
  readonly error: unknown;
}

/** The events of a {@link RedisStore}. */
export interface RedisStoreEvents {
  /** Something that an operator should look at. */
  warning: [warning: RedisStoreWarning];
}

/** What a store in Redis holds, and what this process had to do for it. */
export interface RedisStoreStats extends StoreStats {
  /**
   * How far Redis's clock is ahead of this host's, seconds, with a fraction; 0 with the caller's time. A cluster has
   * one for all its servers.
   */
  readonly clockDifference: number;
  /** How often something was found under our keys that is not ours. */
  readonly foreign: number;
  /** Steps that were answered by what stands while Redis took no writes. Their answers do not depend on a write. */
  readonly unwritten: number;
  /** Attempts that are not counted because the counts of too many addresses were put off. */
  readonly lostCounts: number;
  /** Steps that were refused because too much waited for Redis. */
  readonly refused: number;
}

/**
 * A greylist in Redis 6 or later, Valkey, or a cluster of them. Every process and host that uses it shares it: if
 * several of them see one retry, exactly one promotes the address and announces it. A step runs in this process, over
 * what the process saw last. Its changes are written if that still stands; otherwise the step runs again over what
 * stands.
 *
 * The counts of attempts on an address are written about once a second. The death of a process loses its last second of
 * counts.
 *
 * @example
 * const client = await createClient({ url: 'redis://127.0.0.1' }).on('error', log).connect();
 * const greylist = new Greylist({ store: new RedisStore(client), group: broadcaster });
 */
export class RedisStore extends EventEmitter<RedisStoreEvents> implements Store, AsyncDisposable {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #cluster: boolean;
  readonly #clock: TimedClock;
  readonly #listeners: Listeners<RedisStoreEvents>;
  readonly #due: DueIndex;
  readonly #inTime: InTime;
  readonly #serverTime: ServerTime | undefined;
  readonly #foreign: ForeignItems;
  readonly #admission: { readonly tuples: Admission; readonly traps: Admission };
  readonly #updates: Updates;
  /** The difference of the clocks that was reported last, seconds. */
  #reportedAhead = 0;

  /**
   * @param client A connected client of node-redis or ioredis, for one server or a cluster. The caller closes it, and
   * listens to its `error` event.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming what is invalid.
   */
  constructor(client: RedisClient, options: RedisStoreOptions = {}) {
    super();
    const { prefix, timeout, time, clock, maxTuples } = storeSettings(options);
    const connection = connectionOf(client);
    this.#cluster = connection.cluster;
    this.#clock = clock;
    this.#listeners = new Listeners(this, clock);
    this.#calls = new Calls(connection, clock, timeout);
    this.#keys = new Keys(prefix, connection.cluster);
    this.#inTime = new InTime(clock, timeout);
    this.#serverTime = time === 'server' ? new ServerTime(clock, (ahead) => this.#checkClock(ahead)) : undefined;
    this.#foreign = new ForeignItems((error) => this.#warn('WARN_SPAMD_FOREIGN', error.message, error));
    this.#due = new DueIndex(this.#calls, this.#keys, this.#foreign, { clock, cluster: connection.cluster });
    this.#admission = { tuples: new Admission(maxTuples), traps: new Admission(maxTuples) };
    const updates = {
      calls: this.#calls,
      keys: this.#keys,
      clock,
      serverTime: this.#serverTime,
      // In a cluster the set is in another slot.
      spamtraps: connection.cluster ? undefined : this.#keys.spamtraps,
      foreign: this.#foreign,
      admission: this.#admission,
      onIndexed: (ip: string) => this.#due.note(ip),
      onRefused: (error: SpamdSyncError) => this.#warn('WARN_SPAMD_STORE', error.message, error),
    };
    this.#updates = new Updates(updates, async (ip) => void (await this.update(new ReadStep(ip), 0)));
  }

  readonly spamtraps: Spamtraps = {
    add: async (address) => {
      await this.#calls.send(this.#keys.spamtraps, ['SADD', this.#keys.spamtraps, address]);
    },
    delete: async (address) =>
      asNumber(await this.#calls.send(this.#keys.spamtraps, ['SREM', this.#keys.spamtraps, address])) === 1,
    has: async (address) => asNumber(await this.#askSpamtraps('SISMEMBER', address)) === 1,
    list: () => this.#spamtraps(),
  };

  /** @throws {SpamdSyncError} `ERR_SPAMD_STORE`: Redis has trouble, or other writers were faster too often. */
  update<T>(step: Step<T>, now: number): Promise<T> {
    return this.#update(step, now, false);
  }

  #update<T>(step: Step<T>, now: number, isLoad: boolean): Promise<T> {
    const run = (isLate: () => boolean): Promise<T> => {
      // In a cluster an exchange cannot look for spamtraps: their set is in another slot.
      const recipient = this.#cluster ? step.recipient : undefined;
      if (recipient === undefined) return this.#updates.run({ step, now, isSpamtrap: undefined, isLoad }, isLate);
      const asked = Promise.resolve(this.spamtraps.has(recipient));
      return asked.then((isSpamtrap) => this.#updates.run({ step, now, isSpamtrap, isLoad }, isLate));
    };
    return this.#inTime.run(run, STEP + 2 * (step.key?.length ?? step.ip.length));
  }

  /**
   * All records, but nothing foreign. A record may be seen twice if Redis resizes its tables, or a cluster moves a
   * slot, meanwhile.
   */
  async *records(): AsyncIterable<StoreRecord> {
    // Counts that cannot be written stay owed. The records can be read without them.
    await this.#updates.flush().catch(() => {});
    const scan = await this.#scan();
    for await (const slice of tuplesIn(scan)) {
      for (const tuple of slice) yield { type: 'tuple', ...tuple };
    }
    for await (const slice of addressesIn(scan)) {
      for (const address of slice) yield { type: 'address', ...address };
    }
    for await (const address of this.#spamtraps()) yield { type: 'spamtrap', address };
  }

  /** The tuples of one address. Redis looks through all its keys, a thousand at a time. */
  async *tuplesOf(ip: string): AsyncIterable<StoredTuple> {
    for await (const slice of tuplesIn(await this.#scan(), tupleKeyPrefix(ip))) yield* slice;
  }

  /** Each record is put in whole, but not all records at once: after a rejection some of them may be there. */
  async load(records: readonly StoreRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += SLICE) {
      await Promise.all(records.slice(from, from + SLICE).map((record) => this.#load(record)));
    }
  }

  /** Redis removes expired records by itself, so they are not candidates, unless the time is the caller's. */
  async *sweepCandidates(now: number): AsyncIterable<readonly Candidate[]> {
    if (this.#serverTime !== undefined) {
      await this.#askTime(this.#serverTime);
      for await (const ips of this.#due.due(this.#serverTime.now())) yield ips.map((ip) => ({ type: 'address', ip }));
      return;
    }
    const scan = await this.#scan();
    for await (const slice of tuplesIn(scan)) {
      const expired = slice.filter(({ record }) => isExpiredTuple(record, now));
      yield expired.map(({ key }): Candidate => ({ type: 'tuple', key }));
    }
    for await (const slice of addressesIn(scan)) {
      const ripe = slice.filter(({ record }) => isForSweep(record, now));
      yield ripe.map(({ ip }): Candidate => ({ type: 'address', ip }));
    }
  }

  /** Tuples and addresses are counted up to some ten thousand keys; beyond that they are estimated from that sample. */
  async stats(): Promise<RedisStoreStats> {
    const { tuples, addresses } = await countKeys(this.#calls, this.#keys);
    const spamtraps = asNumber(await this.#askSpamtraps('SCARD'));
    const { conflicts, unwritten, lostCounts } = this.#updates;
    return {
      tuples,
      addresses,
      spamtraps,
      evictedTuples: this.#admission.tuples.keptOut,
      evictedAddresses: this.#admission.traps.keptOut,
      conflicts,
      clockDifference: this.#serverTime?.difference ?? 0,
      foreign: this.#foreign.count,
      unwritten,
      lostCounts,
      refused: this.#inTime.refused,
    };
  }

  /**
   * Writes the counts that are put off. The caller closes the client after that.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` when the counts cannot be written. They are lost then.
   */
  close(): Promise<void> {
    return this.#updates.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends a command over the set of spamtraps. If its key is of another type, no recipient is a spamtrap. */
  #askSpamtraps(command: string, ...args: string[]): Promise<unknown> {
    const { spamtraps } = this.#keys;
    return this.#foreign.passOver<unknown>(spamtraps, this.#calls.send(spamtraps, [command, spamtraps, ...args]), 0);
  }

  async *#spamtraps(): AsyncIterable<string> {
    const { spamtraps } = this.#keys;
    for await (const slice of membersOf(this.#calls, spamtraps, this.#foreign)) {
      for (const address of slice) {
        // Recipients are looked for only in this form.
        if (address !== '' && canonicalMailbox(address) === address) yield address;
        else this.#foreign.found(`${spamtraps}: ${address}`);
      }
    }
  }

  /** The times of records are shifted to this host's time as they are read, so Redis's time has to be known. */
  async #scan(): Promise<Scan> {
    if (this.#serverTime !== undefined) await this.#askTime(this.#serverTime);
    const ahead = this.#serverTime?.ahead ?? 0;
    return { calls: this.#calls, keys: this.#keys, foreign: this.#foreign, ahead };
  }

  #checkClock(ahead: number): void {
    if (Math.abs(ahead - this.#reportedAhead) <= CLOCK_WARNING) return;
    this.#reportedAhead = ahead;
    const off = ahead === 0 ? 'right again' : `${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} this host's`;
    this.#warn('WARN_SPAMD_CLOCK', `Redis's clock is ${off}; see that both are set by NTP`, undefined);
  }

  /** Warns at the end of the turn, when the caller has attached its listeners. */
  #warn(code: RedisStoreWarningCode, message: string, error: unknown): void {
    this.#clock.endOfTurn(() => this.#listeners.call('warning', { code, message, error }));
  }

  /**
   * Asks Redis for its time: this host's clock may be wrong, and there may not have been a step yet that showed that.
   */
  async #askTime(serverTime: ServerTime): Promise<void> {
    const correct = serverTime.asked();
    const [seconds, microseconds] = asList(await this.#calls.send(this.#keys.spamtraps, ['TIME']));
    correct(asNumber(seconds) + asNumber(microseconds) / 1e6);
  }

  async #load(item: StoreRecord): Promise<void> {
    switch (item.type) {
      case 'tuple':
        return this.#update(new LoadTupleStep(item.key, { ...item.record }), 0, true);
      case 'address':
        return this.#update(new LoadAddressStep(item.ip, { ...item.record }), 0, true);
      case 'spamtrap':
        return this.spamtraps.add(item.address);
    }
  }
}
