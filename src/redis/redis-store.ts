import type { AddressChange, AddressRecord } from '../rules/address-record.ts';
import type { AttemptOutcome, AttemptStep, Spamtraps, Store, StoreRecord, StoreStats, Sweep } from '../store/store.ts';
import { badOption, checkMembers } from '../validate.ts';
import { Calls } from './calls.ts';
import { connectionOf, type RedisClient } from './connection.ts';
import { Keys } from './keys.ts';
import { ATTEMPT, LOAD_ADDRESS, LOAD_TUPLE, MERGE } from './lua/steps.ts';
import { ADDRESS_FIELDS, asNumber, formatAddress, parseAddress, parseOutcome } from './records.ts';
import { countKeys, recordsIn } from './scan.ts';
import { scriptOf } from './script.ts';
import { pruneAll, takeAllDue } from './sweep.ts';

export interface RedisStoreOptions {
  /** What every key begins with, without braces. Default `spamd:`. */
  readonly prefix?: string;
  /** How long an answer may take, milliseconds, 1..600000. Default 2000; later counts as store trouble. */
  readonly timeoutMs?: number;
  /**
   * Whose clock decides. `server`, the default: that of Redis, one for all hosts, and records expire there by
   * themselves. `caller`: the time that the greylist gives, for tests and simulations; only a sweep removes records.
   */
  readonly clock?: 'server' | 'caller';
}

const LOADED_AT_ONCE = 1000;

const attempt = scriptOf(ATTEMPT);
const merge = scriptOf(MERGE);
const loadAddress = scriptOf(LOAD_ADDRESS);
const loadTuple = scriptOf(LOAD_TUPLE);

/**
 * A greylist in Redis 6 or later, Valkey, or a cluster of them, shared by every process and host that uses it: of
 * several that take one retry exactly one promotes and announces. Each step is one script, and so atomic.
 *
 * @example
 * const client = await createClient({ url: 'redis://127.0.0.1' }).on('error', log).connect();
 * const greylist = new Greylist({ store: new RedisStore(client), group: broadcaster });
 */
export class RedisStore implements Store {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #cluster: boolean;
  readonly #server: '1' | '0';

  /**
   * @param client Connected, of node-redis or ioredis, for one server or a cluster. The caller closes it, and listens
   * to its `error` event.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming what will not do.
   */
  constructor(client: RedisClient, options: RedisStoreOptions = {}) {
    checkMembers('options', options, { prefix: true, timeoutMs: true, clock: true });
    const { prefix = 'spamd:', timeoutMs, clock = 'server' } = options;
    if (clock !== 'server' && clock !== 'caller') throw badOption('clock', "not 'server' or 'caller'", clock);
    const connection = connectionOf(client);
    this.#cluster = connection.cluster;
    this.#calls = new Calls(connection, timeoutMs);
    this.#keys = new Keys(prefix, connection.cluster);
    this.#server = flag(clock === 'server');
  }

  readonly spamtraps: Spamtraps = {
    add: async (address) => {
      await this.#calls.send(this.#keys.spamtraps, ['SADD', this.#keys.spamtraps, address]);
    },
    delete: async (address) =>
      asNumber(await this.#calls.send(this.#keys.spamtraps, ['SREM', this.#keys.spamtraps, address])) === 1,
    has: async (address) =>
      asNumber(await this.#calls.send(this.#keys.spamtraps, ['SISMEMBER', this.#keys.spamtraps, address])) === 1,
  };

  async recordAttempt(step: AttemptStep): Promise<AttemptOutcome> {
    const { ip, key, rules } = step;
    const to = step.to();
    // Elsewhere in a cluster: a second script could not take back what a first one had done to the address meanwhile.
    if (this.#cluster && (await this.spamtraps.has(to))) return { step: 'spamtrap' };
    const keys = [this.#keys.address(ip), this.#keys.tuple(key), this.#keys.due(ip)];
    if (!this.#cluster) keys.push(this.#keys.spamtraps);
    const { passtime, greyexp, whiteexp, trapWins, renewal } = rules;
    const reply = await this.#calls.run(attempt, keys, [
      `${step.at}`,
      `${step.now}`,
      flag(step.own),
      step.record,
      `${passtime}`,
      `${greyexp}`,
      `${whiteexp}`,
      flag(trapWins),
      `${renewal}`,
      this.#server,
      ip,
      step.spelled() ?? '',
      to,
    ]);
    return parseOutcome(reply);
  }

  async mergeAddress(change: AddressChange, options: { now: number; announced: boolean }): Promise<number> {
    const { type, ip, at, until, own } = change;
    const by = 'by' in change ? change.by : '';
    const { now, announced } = options;
    const args = [ip, type, `${at}`, `${until}`, flag(own), by, `${now}`, flag(announced), this.#server];
    return asNumber(await this.#calls.run(merge, [this.#keys.address(ip), this.#keys.due(ip)], args));
  }

  async address(ip: string): Promise<Readonly<AddressRecord> | undefined> {
    const key = this.#keys.address(ip);
    return parseAddress(await this.#calls.send(key, ['HMGET', key, ...ADDRESS_FIELDS]));
  }

  /** Everything. A record may be seen twice where Redis resizes its tables, or a cluster moves a slot, meanwhile. */
  async *entries(): AsyncIterable<StoreRecord> {
    yield* recordsIn(this.#calls, this.#keys);
  }

  /** Each record is put whole, but they are not put all at once: after a rejection some may be there. */
  async load(records: readonly StoreRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += LOADED_AT_ONCE) {
      await Promise.all(records.slice(from, from + LOADED_AT_ONCE).map((record) => this.#load(record)));
    }
  }

  /**
   * What has expired Redis removes by itself, unless the clock is the caller's; so `removed` is 0 or nearly so.
   */
  async sweep(options: { now: number; trapWins: boolean }): Promise<Sweep> {
    const server = this.#server === '1';
    const due = await takeAllDue(this.#calls, this.#keys, { ...options, server, cluster: this.#cluster });
    const removed = server ? 0 : await pruneAll(this.#calls, this.#keys, options.now);
    return { removed, due };
  }

  /** Tuples and addresses are counted up to some ten thousand keys; beyond that they are estimated from that sample. */
  async stats(): Promise<StoreStats> {
    const { tuples, addresses } = await countKeys(this.#calls, this.#keys);
    const spamtraps = asNumber(await this.#calls.send(this.#keys.spamtraps, ['SCARD', this.#keys.spamtraps]));
    return { tuples, addresses, spamtraps, evictedTuples: 0, evictedAddresses: 0 };
  }

  /** Nothing: the client is the caller's. */
  close(): void {}

  async #load(item: StoreRecord): Promise<void> {
    switch (item.type) {
      case 'spamtrap':
        await this.spamtraps.add(item.address);
        break;
      case 'tuple': {
        const { first, pass, expires, blocked, passed, spelled = '' } = item.record;
        const numbers = [first, pass, expires, blocked, passed].map(String);
        await this.#calls.run(loadTuple, [this.#keys.tuple(item.key)], [this.#server, ...numbers, spelled]);
        break;
      }
      case 'address': {
        const keys = [this.#keys.address(item.ip), this.#keys.due(item.ip)];
        await this.#calls.run(loadAddress, keys, [item.ip, this.#server, ...formatAddress(item.record)]);
      }
    }
  }
}

function flag(value: boolean): '1' | '0' {
  return value ? '1' : '0';
}
