import { LoadAddressStep, LoadTupleStep, ReadStep } from '../rules/change.ts';
import type { Step } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import type { Candidate, Spamtraps, Store, StoreRecord, StoreStats } from '../store/store.ts';
import { Calls } from './calls.ts';
import { connectionOf, type RedisClient } from './connection.ts';
import { DueIndex } from './due-index.ts';
import { InTime } from './in-time.ts';
import { Keys } from './keys.ts';
import { type RedisStoreOptions, storeSettings } from './options.ts';
import { asList, asNumber } from './replies.ts';
import { addressesIn, countKeys, membersOf, tuplesIn } from './scan.ts';
import { ServerTime } from './server-time.ts';
import { Updates } from './updates.ts';

/** How many records are put in at once. */
const SLICE = 1000;

/**
 * A greylist in Redis 6 or later, Valkey, or a cluster of them, shared by every process and host that uses it: of
 * several that see one retry exactly one promotes and announces. A step runs here, over what this process saw last, and
 * is written if that still stands, else run again over what stands.
 *
 * What attempts merely count on an address is written about once a second. The death of a process loses its last second of
 * that.
 *
 * @example
 * const client = await createClient({ url: 'redis://127.0.0.1' }).on('error', log).connect();
 * const greylist = new Greylist({ store: new RedisStore(client), group: broadcaster });
 */
export class RedisStore implements Store, AsyncDisposable {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #cluster: boolean;
  readonly #due: DueIndex;
  readonly #inTime: InTime;
  readonly #serverTime: ServerTime | undefined;
  readonly #updates: Updates;

  /**
   * @param client Connected, of node-redis or ioredis, for one server or a cluster. The caller closes it, and listens
   * to its `error` event.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming what is invalid.
   */
  constructor(client: RedisClient, options: RedisStoreOptions = {}) {
    const { prefix, timeout, time, clock } = storeSettings(options);
    const connection = connectionOf(client);
    this.#cluster = connection.cluster;
    this.#calls = new Calls(connection, clock, timeout);
    this.#keys = new Keys(prefix, connection.cluster);
    this.#due = new DueIndex(this.#calls, this.#keys, clock, connection.cluster);
    this.#inTime = new InTime(clock, timeout);
    this.#serverTime = time === 'server' ? new ServerTime(clock) : undefined;
    const updates = {
      calls: this.#calls,
      keys: this.#keys,
      clock,
      serverTime: this.#serverTime,
      // In a cluster it is elsewhere.
      spamtraps: connection.cluster ? undefined : this.#keys.spamtraps,
      onIndexed: (ip: string) => this.#due.note(ip),
    };
    this.#updates = new Updates(updates, async (ip) => void (await this.update(new ReadStep(ip), 0)));
  }

  readonly spamtraps: Spamtraps = {
    add: async (address) => {
      await this.#calls.send(this.#keys.spamtraps, ['SADD', this.#keys.spamtraps, address]);
    },
    delete: async (address) =>
      asNumber(await this.#calls.send(this.#keys.spamtraps, ['SREM', this.#keys.spamtraps, address])) === 1,
    has: async (address) =>
      asNumber(await this.#calls.send(this.#keys.spamtraps, ['SISMEMBER', this.#keys.spamtraps, address])) === 1,
    list: () => this.#spamtraps(),
  };

  /** @throws {SpamdSyncError} `ERR_SPAMD_STORE`: Redis has trouble, or other writers were faster too often. */
  update<T>(step: Step<T>, now: number): Promise<T> {
    return this.#inTime.run((isLate) => {
      // The exchange of a cluster cannot look for spamtraps: they are elsewhere.
      const recipient = this.#cluster ? step.recipient : undefined;
      if (recipient === undefined) return this.#updates.run({ step, now, isSpamtrap: undefined }, isLate);
      const asked = Promise.resolve(this.spamtraps.has(recipient));
      return asked.then((isSpamtrap) => this.#updates.run({ step, now, isSpamtrap }, isLate));
    });
  }

  /** Everything. A record may be seen twice where Redis resizes its tables, or a cluster moves a slot, meanwhile. */
  async *records(): AsyncIterable<StoreRecord> {
    await this.#updates.flush();
    for await (const slice of tuplesIn(this.#calls, this.#keys)) {
      for (const tuple of slice) yield { type: 'tuple', ...tuple };
    }
    for await (const slice of addressesIn(this.#calls, this.#keys)) {
      for (const address of slice) yield { type: 'address', ...address };
    }
    for await (const address of this.#spamtraps()) yield { type: 'spamtrap', address };
  }

  /** Each record is put whole, but they are not put all at once: after a rejection some may be there. */
  async load(records: readonly StoreRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += SLICE) {
      await Promise.all(records.slice(from, from + SLICE).map((record) => this.#load(record)));
    }
  }

  /** What has expired Redis removes by itself, and it is no candidate, unless the time is the caller's. */
  async *sweepCandidates(now: number): AsyncIterable<readonly Candidate[]> {
    if (this.#serverTime !== undefined) {
      await this.#askTime(this.#serverTime);
      for await (const ips of this.#due.due(this.#serverTime.now())) yield ips.map((ip) => ({ type: 'address', ip }));
      return;
    }
    for await (const slice of tuplesIn(this.#calls, this.#keys)) {
      const expired = slice.filter(({ record }) => isExpiredTuple(record, now));
      yield expired.map(({ key }): Candidate => ({ type: 'tuple', key }));
    }
    for await (const slice of addressesIn(this.#calls, this.#keys)) {
      const ripe = slice.filter(({ record }) => isForSweep(record, now));
      yield ripe.map(({ ip }): Candidate => ({ type: 'address', ip }));
    }
  }

  /** Tuples and addresses are counted up to some ten thousand keys; beyond that they are estimated from that sample. */
  async stats(): Promise<StoreStats> {
    const { tuples, addresses } = await countKeys(this.#calls, this.#keys);
    const spamtraps = asNumber(await this.#calls.send(this.#keys.spamtraps, ['SCARD', this.#keys.spamtraps]));
    return { tuples, addresses, spamtraps, evictedTuples: 0, evictedAddresses: 0, conflicts: this.#updates.conflicts };
  }

  /**
   * Writes what is put off of counts. The client is the caller's, and to be closed after that.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` when that cannot be written: it is lost.
   */
  close(): Promise<void> {
    return this.#updates.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#spamtraps(): AsyncIterable<string> {
    for await (const slice of membersOf(this.#calls, this.#keys.spamtraps)) yield* slice;
  }

  /** The host's clock may be wrong, and there was no step yet to say so. */
  async #askTime(serverTime: ServerTime): Promise<void> {
    const correct = serverTime.asked();
    const [seconds, microseconds] = asList(await this.#calls.send(this.#keys.spamtraps, ['TIME']));
    correct(asNumber(seconds) + asNumber(microseconds) / 1e6);
  }

  async #load(item: StoreRecord): Promise<void> {
    switch (item.type) {
      case 'tuple':
        return this.update(new LoadTupleStep(item.key, { ...item.record }), 0);
      case 'address':
        return this.update(new LoadAddressStep(item.ip, { ...item.record }), 0);
      case 'spamtrap':
        return this.spamtraps.add(item.address);
    }
  }
}
