import type { TimedClock } from '../clock.ts';
import type { SpamdSyncError } from '../errors.ts';
import type { AddressRecord } from '../rules/address.ts';
import { LoadAddressStep, LoadTupleStep } from '../rules/change.ts';
import { tupleKeyPrefix } from '../rules/key.ts';
import type { Step, View } from '../rules/step.ts';
import { isExpiredTuple, isForSweep } from '../rules/sweep.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import type { Counts } from '../store/codec.ts';
import type { Awaitable, Candidate, Spamtraps, Store, StoredTuple, StoreRecord, StoreStats } from '../store/store.ts';
import { notMadeByNew } from '../validate.ts';
import { censusFinding, surplus, takeCensus } from './census.ts';
import { ADDRESSES, addressBound, type Contents, metaOperation, readContents, TUPLES, tupleBound } from './contents.ts';
import { Database } from './database.ts';
import { closed, storeError } from './errors.ts';
import { type CheckedOptions, checkedOptions, type LevelStoreOptions } from './options.ts';
import { type RepairReport, repairDirectory } from './repair.ts';
import { ABSENT, Table } from './table.ts';
import { TrapTable } from './traps.ts';
import { Writer } from './writer.ts';

/** What a `LevelStore` holds, and what it had to do for it. */
export interface LevelStoreStats extends StoreStats {
  /** How often a record was read that fails its checksum. Such a record is not served. */
  readonly damaged: number;
}

/** How many records `load` puts in at a time, before other work has its turn. */
const SLICE = 500;

/**
 * A greylist in a directory, kept by LevelDB. One process at a time can use it, and it survives a restart. Needs the
 * package classic-level.
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
  readonly #clock: TimedClock;
  readonly #census: Promise<void>;
  /** What the census found wrong, for the next call to report. */
  #finding: SpamdSyncError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(db: Database, contents: Contents, options: CheckedOptions) {
    // A program without types can call a private constructor, too.
    if (!(db instanceof Database)) throw notMadeByNew('LevelStore', 'LevelStore.open(directory)');
    const { counts, spamtraps } = contents;
    this.#db = db;
    const cacheSize = options.recordCacheSize / 2;
    const writer = () => this.#writer;
    this.#tuples = new Table(TUPLES, db, writer, {
      count: counts.tuples,
      cacheSize,
      bound: tupleBound(options.maxTupleBytes),
    });
    this.#addresses = new Table(ADDRESSES, db, writer, {
      count: counts.addresses,
      cacheSize,
      bound: addressBound(options.maxAddresses),
    });
    this.#traps = new TrapTable(spamtraps, writer);
    this.#clock = options.clock;
    const counted = { begin: () => [metaOperation(this.#counts())], end: () => {} };
    this.#writer = new Writer({
      sources: [this.#tuples, this.#addresses, this.#traps, counted],
      write: (operations) => db.write(operations, this.#counts()),
      recover: async () => {
        await this.#census;
        await db.reopen();
      },
      clock: options.clock,
      maxLossMs: options.maxLossMs,
    });
    this.#census = this.#count();
  }

  /**
   * Opens a directory. If there is none, it is made.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`; `ERR_SPAMD_OPTIONAL` without classic-level; `ERR_SPAMD_STORE_LOCKED`
   * while another process, or this one, has it open; `ERR_SPAMD_STORE_DAMAGED`; `ERR_SPAMD_STORE` for anything else, saying what to do.
   */
  static async open(directory: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
    const checked = checkedOptions(directory, options);
    const db = await Database.open(directory, checked.blockCacheSize);
    try {
      return new LevelStore(db, await readContents(db), checked);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /**
   * Saves what can be read of a damaged directory, which must not be open. Copy it first: what cannot be read is gone
   * afterwards.
   *
   * @throws {SpamdSyncError} As `open` does, and `ERR_SPAMD_STORE` where there is no store.
   */
  static repair(directory: string): Promise<RepairReport> {
    return repairDirectory(directory, checkedOptions(directory, {}).blockCacheSize);
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => this.#durably(() => this.#traps.add(address)),
    delete: (address) => this.#durably(() => this.#traps.delete(address)),
    has: (address) => this.#traps.has(address),
    list: () => [...this.#traps],
  };

  update<T>(step: Step<T>, now: number): Awaitable<T> {
    return this.#update(step, now, false);
  }

  /** @param hasRoom Whether room was made for what the step adds. */
  #update<T>(step: Step<T>, now: number, hasRoom: boolean): Awaitable<T> {
    if (this.#closing !== undefined) return Promise.reject(closed(this.#db.directory));
    if (this.#finding !== undefined) return this.#reportFinding();
    if (this.#writer.full) return this.#writer.commit().then(() => this.#update(step, now, hasRoom));
    const view = new LevelView(step, now, this.#addresses, this.#tuples, this.#traps);
    // `address` is read once, here: the result of a step that only counts makes the record each time it is read.
    const { value, address, tuple } = step.run(view);
    if (view.missedAddress || view.missedTuple || this.#isUnknown(step, address, tuple, view)) {
      // The result is discarded: some of the records that the step looked at were not in memory.
      return this.#fetch(step, view).then(() => this.#update(step, now, hasRoom));
    }
    if (!hasRoom) {
      const full = this.#full(step, address, tuple);
      if (full !== undefined) return full.makeRoom(now).then(() => this.#update(step, now, true));
    }
    if (tuple !== undefined && step.key !== undefined) this.#tuples.put(step.key, tuple, view.knownTuple);
    if (address !== undefined) this.#addresses.put(step.ip, address, view.knownAddress);
    return this.#writer.mustWait ? this.#writer.commit().then(() => value) : value;
  }

  async *records(): AsyncIterable<StoreRecord> {
    await this.#readyToList();
    for await (const slice of this.#tuples.slices()) {
      for (const { key, record } of slice) yield { type: 'tuple', key, record };
    }
    for await (const slice of this.#addresses.slices()) {
      for (const { key, record } of slice) yield { type: 'address', ip: key, record };
    }
    for (const address of this.#traps) yield { type: 'spamtrap', address };
  }

  /** The tuples of one address. Their keys begin with the address, so no other records are read. */
  async *tuplesOf(ip: string): AsyncIterable<StoredTuple> {
    this.#checkOpen();
    await this.#writer.commit();
    for await (const slice of this.#tuples.slices(tupleKeyPrefix(ip))) yield* slice;
  }

  async load(records: readonly StoreRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += SLICE) {
      await Promise.all(records.slice(from, from + SLICE).map((record) => this.#load(record)));
    }
    this.#checkOpen();
  }

  async *sweepCandidates(now: number): AsyncIterable<readonly Candidate[]> {
    // A step looks at each candidate again, as the record is by then.
    await this.#readyToList();
    for await (const slice of this.#tuples.all()) {
      const expired = slice.filter(({ record }) => isExpiredTuple(record, now));
      yield expired.map(({ key }): Candidate => ({ type: 'tuple', key }));
    }
    for await (const slice of this.#addresses.all()) {
      const ripe = slice.filter(({ record }) => isForSweep(record, now));
      yield ripe.map(({ key }): Candidate => ({ type: 'address', ip: key }));
    }
  }

  stats(): LevelStoreStats {
    return {
      ...this.#counts(),
      evictedTuples: this.#tuples.evicted,
      evictedAddresses: this.#addresses.evicted,
      conflicts: 0,
      damaged: this.#db.damaged,
    };
  }

  /**
   * Writes the changes that are not on the disk yet. Idempotent.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` when these cannot be written. They are lost then.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits until all records are on the disk, and the census has looked at them. */
  async #readyToList(): Promise<void> {
    this.#checkOpen();
    await this.#writer.commit();
    await this.#census;
    if (this.#finding !== undefined) await this.#reportFinding();
  }

  /** Rejects once with what the census found. After that the store goes on with the records that are there. */
  #reportFinding(): Promise<never> {
    const finding = this.#finding;
    this.#finding = undefined;
    return Promise.reject(finding);
  }

  /** Whether a step puts a record under a key whose present record is not in memory. */
  #isUnknown(
    step: Step<unknown>,
    address: AddressRecord | null | undefined,
    tuple: TupleRecord | null | undefined,
    { knownAddress, knownTuple }: LevelView,
  ): boolean {
    const isTupleUnknown =
      tuple !== undefined && knownTuple === undefined && step.key !== undefined && !this.#tuples.get(step.key);
    return isTupleUnknown || (address !== undefined && knownAddress === undefined && !this.#addresses.get(step.ip));
  }

  /** The table that has no room for a record that the step adds; `undefined` if there is room. */
  #full(
    step: Step<unknown>,
    address: AddressRecord | null | undefined,
    tuple: TupleRecord | null | undefined,
  ): Table<AddressRecord> | Table<TupleRecord> | undefined {
    if (tuple && this.#tuples.isFull && this.#tuples.get(step.key as string) === ABSENT) return this.#tuples;
    if (address && this.#addresses.isFull && this.#addresses.get(step.ip) === ABSENT) return this.#addresses;
    return undefined;
  }

  async #fetch(step: Step<unknown>, { missedAddress }: LevelView): Promise<void> {
    // A step that missed the address has not read the tuple yet, but most steps do: so both are looked up at once.
    const fetches = missedAddress || step.key === undefined ? [this.#addresses.fetch(step.ip)] : [];
    if (step.key !== undefined) fetches.push(this.#tuples.fetch(step.key));
    await Promise.all(fetches);
  }

  #load(item: StoreRecord): Awaitable<void> {
    switch (item.type) {
      case 'tuple':
        return this.update(new LoadTupleStep(item.key, { ...item.record }), Math.floor(this.#clock.now()));
      case 'address':
        return this.update(new LoadAddressStep(item.ip, { ...item.record }), Math.floor(this.#clock.now()));
      case 'spamtrap':
        return this.spamtraps.add(item.address);
    }
  }

  #durably<T>(change: () => T): Awaitable<T> {
    if (this.#closing !== undefined) return Promise.reject(closed(this.#db.directory));
    if (this.#writer.full) return this.#writer.commit().then(() => this.#durably(change));
    const done = change();
    return this.#writer.mustWait ? this.#writer.commit().then(() => done) : done;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed(this.#db.directory);
  }

  /** Looks at every record once, to find damage soon, and to count how much each client network holds. */
  async #count(): Promise<void> {
    try {
      const census = await takeCensus(this.#db, {
        onTuple: (key, record) => this.#tuples.found(key, record),
        onAddress: (ip, record) => this.#addresses.found(ip, record),
        isOver: () => this.#closing !== undefined,
      });
      if (census === undefined) return;
      this.#tuples.completed(surplus(census, 'tuples'), census.unsound.tuples === 0);
      this.#addresses.completed(surplus(census, 'addresses'), census.unsound.addresses === 0);
      this.#finding = censusFinding(this.#db.directory, census);
    } catch (error) {
      // The bounds go by what was counted until then: a bound that takes effect late is better than none.
      this.#tuples.completed(0, false);
      this.#addresses.completed(0, false);
      this.#finding = storeError(this.#db.directory, error);
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#census;
      await this.#writer.close();
    } finally {
      await this.#db.close();
    }
  }

  #counts(): Counts {
    return { tuples: this.#tuples.count, addresses: this.#addresses.count, spamtraps: this.#traps.count };
  }
}

/**
 * The records as a step sees them. If it reads one that is not in memory, that record is missed, and has to be fetched
 * first.
 */
class LevelView implements View {
  readonly now: number;
  missedAddress = false;
  missedTuple = false;
  /** What the step has read, if it was in memory. */
  knownAddress: AddressRecord | typeof ABSENT | undefined;
  knownTuple: TupleRecord | typeof ABSENT | undefined;
  readonly #step: Step<unknown>;
  readonly #addresses: Table<AddressRecord>;
  readonly #tuples: Table<TupleRecord>;
  readonly #traps: TrapTable;

  constructor(
    step: Step<unknown>,
    now: number,
    addresses: Table<AddressRecord>,
    tuples: Table<TupleRecord>,
    traps: TrapTable,
  ) {
    this.now = now;
    this.#step = step;
    this.#addresses = addresses;
    this.#tuples = tuples;
    this.#traps = traps;
  }

  get address(): AddressRecord | undefined {
    this.knownAddress ??= this.#addresses.get(this.#step.ip);
    if (this.knownAddress === undefined) this.missedAddress = true;
    return this.knownAddress === ABSENT ? undefined : this.knownAddress;
  }

  get tuple(): TupleRecord | undefined {
    const { key } = this.#step;
    this.knownTuple ??= key === undefined ? ABSENT : this.#tuples.get(key);
    if (this.knownTuple === undefined) this.missedTuple = true;
    return this.knownTuple === ABSENT ? undefined : this.knownTuple;
  }

  get isSpamtrap(): boolean {
    if (this.#traps.count === 0) return false;
    const { recipient } = this.#step;
    return recipient !== undefined && this.#traps.has(recipient);
  }
}
