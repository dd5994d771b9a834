import { SpamdSyncError, shown } from '../errors.ts';
import {
  type AddressChange,
  type AddressRecord,
  applyChange,
  newAddressRecord,
  stateOf,
} from '../rules/address-record.ts';
import { noteAnnounced, takeAttempt } from '../rules/attempt.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';
import type { Counts } from '../store/codec.ts';
import type {
  AttemptOutcome,
  AttemptStep,
  Awaitable,
  Spamtraps,
  Store,
  StoreRecord,
  StoreStats,
  Sweep,
} from '../store/store.ts';
import { checkHere, HERE } from '../validate.ts';
import { loadAll, type Parts, sweepAll } from './bulk.ts';
import {
  ADDRESSES,
  type Contents,
  metaOperation,
  type RepairReport,
  readContents,
  repairDirectory,
  TUPLES,
} from './contents.ts';
import { Database } from './database.ts';
import { type CheckedOptions, checkedOptions, type LevelStoreOptions } from './options.ts';
import { ABSENT, Table } from './table.ts';
import { TrapTable } from './traps.ts';
import { Writer } from './writer.ts';

const MISSING = Symbol('missing');

/**
 * A greylist in a directory, by LevelDB: for one process at a time, and it survives that. Needs the package
 * classic-level.
 *
 * @example
 * await using store = await LevelStore.open('/var/db/greylist');
 * const greylist = new Greylist({ store });
 */
export class LevelStore implements Store, AsyncDisposable {
  readonly #db: Database;
  readonly #tuples: Table<TupleRecord>;
  readonly #addresses: Table<AddressRecord>;
  readonly #traps: TrapTable;
  readonly #writer: Writer;
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  private constructor(from: typeof HERE, db: Database, contents: Contents, options: CheckedOptions) {
    checkHere(from, 'LevelStore', 'LevelStore.open(directory)');
    const { counts, spamtraps } = contents;
    this.#db = db;
    const cacheSize = options.recordCacheSize / 2;
    const writer = () => this.#writer;
    this.#tuples = new Table(TUPLES, db, writer, { count: counts.tuples, cacheSize });
    this.#addresses = new Table(ADDRESSES, db, writer, { count: counts.addresses, cacheSize });
    this.#traps = new TrapTable(spamtraps, writer);
    const counted = { begin: () => [metaOperation(this.#counts())], end: () => {} };
    this.#writer = new Writer({
      sources: [this.#tuples, this.#addresses, this.#traps, counted],
      write: (operations) => db.write(operations),
      recover: () => db.reopen(),
      maxLossMs: options.maxLossMs,
    });
    this.#parts = {
      tuples: this.#tuples,
      addresses: this.#addresses,
      traps: this.#traps,
      writer: this.#writer,
      checkOpen: () => {
        if (this.#closing !== undefined) throw this.#closed();
      },
    };
  }

  /**
   * Opens a directory, made if it is not there.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`; `ERR_SPAMD_OPTIONAL` without classic-level; `ERR_SPAMD_STORE_LOCKED`
   * while another process has it; `ERR_SPAMD_STORE_DAMAGED`; `ERR_SPAMD_STORE` for anything else, saying what to do.
   */
  static async open(directory: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
    const checked = checkedOptions(directory, options);
    const db = await Database.open(directory, checked.blockCacheSize);
    try {
      return new LevelStore(HERE, db, await readContents(db), checked);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /**
   * Saves what can be read of a damaged directory, which must not be open. Copy it first: what cannot be read is gone
   * afterwards.
   *
   * @throws {SpamdSyncError} As `open` does.
   */
  static repair(directory: string): Promise<RepairReport> {
    return repairDirectory(directory, checkedOptions(directory, {}).blockCacheSize);
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => this.#run({ step: () => this.#traps.add(address) }),
    delete: (address) => this.#run({ step: () => this.#traps.delete(address) }),
    has: (address) => this.#traps.has(address),
  };

  recordAttempt(step: AttemptStep): Awaitable<AttemptOutcome> {
    if (this.#traps.count > 0 && this.#traps.has(step.to())) return { step: 'spamtrap' };
    return this.#run({
      step: () => this.#take(step),
      fetch: () => Promise.all([this.#addresses.fetch(step.ip), this.#tuples.fetch(step.key)]),
    });
  }

  mergeAddress(change: AddressChange, options: { now: number; announced: boolean }): Awaitable<number> {
    return this.#run({
      step: () => this.#merge(change, options),
      fetch: () => this.#addresses.fetch(change.ip),
    });
  }

  address(ip: string): Awaitable<Readonly<AddressRecord> | undefined> {
    const address = this.#addresses.get(ip);
    if (this.#closing !== undefined) return Promise.reject(this.#closed());
    return address === undefined ? this.#addresses.fetch(ip).then(() => this.address(ip)) : present(address);
  }

  async *entries(): AsyncIterable<StoreRecord> {
    this.#parts.checkOpen();
    await this.#writer.commit();
    for await (const slice of this.#tuples.slices()) {
      for (const { key, record } of slice) yield { type: 'tuple', key, record };
    }
    for await (const slice of this.#addresses.slices()) {
      for (const { key, record } of slice) yield { type: 'address', ip: key, record };
    }
    for (const address of this.#traps) yield { type: 'spamtrap', address };
  }

  load(records: readonly StoreRecord[]): Promise<void> {
    return loadAll(this.#parts, records);
  }

  sweep(options: { now: number; trapWins: boolean }): Promise<Sweep> {
    return sweepAll(this.#parts, options);
  }

  stats(): StoreStats {
    return { ...this.#counts(), evictedTuples: 0, evictedAddresses: 0 };
  }

  /**
   * Writes what is not on the disk yet. Idempotent.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` when that cannot be written: it is lost.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Takes a step that is atomic because nothing in it waits. Where a record that it needs is not in memory, it
   * returns `MISSING`, and is taken again when that has been fetched.
   */
  #run<T>(o: { step: () => T | typeof MISSING; fetch?: () => Promise<unknown> }): Awaitable<T> {
    if (this.#closing !== undefined) return Promise.reject(this.#closed());
    if (this.#writer.full) return this.#writer.commit().then(() => this.#run(o));
    const done = o.step();
    if (done === MISSING) return Promise.resolve(o.fetch?.()).then(() => this.#run(o));
    return this.#writer.mustWait ? this.#writer.commit().then(() => done) : done;
  }

  #take(step: AttemptStep): AttemptOutcome | typeof MISSING {
    const address = this.#addresses.get(step.ip);
    if (address === undefined) return MISSING;
    const decided = address !== ABSENT && stateOf(address, step.now, step.rules.trapWins) !== undefined;
    const tuple = decided ? ABSENT : this.#tuples.get(step.key);
    if (tuple === undefined) return MISSING;
    const taken = takeAttempt(present(address), present(tuple), step);
    if (taken.tuple !== undefined) this.#tuples.put(step.key, taken.tuple);
    if (taken.address !== undefined) this.#addresses.put(step.ip, taken.address);
    return taken.outcome;
  }

  #merge(change: AddressChange, { now, announced }: { now: number; announced: boolean }): number | typeof MISSING {
    const address = this.#addresses.get(change.ip);
    if (address === undefined) return MISSING;
    const record = present(address) ?? newAddressRecord(change.at);
    const at = applyChange(record, change);
    if (announced) noteAnnounced(record, change.until, now);
    this.#addresses.put(change.ip, record);
    return at;
  }

  async #close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#db.close();
    }
  }

  #counts(): Counts {
    return { tuples: this.#tuples.count, addresses: this.#addresses.count, spamtraps: this.#traps.count };
  }

  #closed(): SpamdSyncError {
    return new SpamdSyncError('ERR_SPAMD_CLOSED', `store ${shown(this.#db.directory)} is closed`);
  }
}

function present<R extends object>(record: R | typeof ABSENT): R | undefined {
  return record === ABSENT ? undefined : record;
}
