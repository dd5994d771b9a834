import {
  type AddressChange,
  type AddressRecord,
  applyChange,
  isSpent,
  newAddressRecord,
} from '../rules/address-record.ts';
import { noteAnnounced, takeDue, takeSettled, takeTuple } from '../rules/attempt.ts';
import { loadAddress } from '../rules/load.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';
import { checkedWhole, checkMembers } from '../validate.ts';
import { BoundedTable } from './bounded.ts';
import type { AttemptOutcome, AttemptStep, Due, Spamtraps, Store, StoreRecord, StoreStats, Sweep } from './store.ts';

export interface MemoryStoreOptions {
  /** How many tuples are kept, 1..2^24; the longest unseen goes first. Default 500000, some 130 MB. */
  readonly maxTuples?: number;
  /** How many addresses are kept, 1..2^24; tuples never push one out. Default 500000, some 200 MB. */
  readonly maxAddresses?: number;
}

const DEFAULT_MAX = 500_000;
const MOST = 2 ** 24;

/** A greylist in memory: bounded, fast, gone with the process. */
export class MemoryStore implements Store {
  readonly #tuples: BoundedTable<TupleRecord>;
  readonly #addresses: BoundedTable<AddressRecord>;
  readonly #spamtraps = new Set<string>();
  #now = 0;
  #evictedTuples = 0;
  #evictedAddresses = 0;

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` naming the option. */
  constructor(options: MemoryStoreOptions = {}) {
    checkMembers('options', options, { maxTuples: true, maxAddresses: true });
    const { maxTuples = DEFAULT_MAX, maxAddresses = DEFAULT_MAX } = options;
    this.#tuples = new BoundedTable(checkedWhole('maxTuples', maxTuples, 1, MOST), ({ expires }) => {
      if (expires > this.#now) this.#evictedTuples++;
    });
    this.#addresses = new BoundedTable(checkedWhole('maxAddresses', maxAddresses, 1, MOST), (record) => {
      if (!isSpent(record, this.#now)) this.#evictedAddresses++;
    });
  }

  readonly spamtraps: Spamtraps = {
    add: (address) => void this.#spamtraps.add(address),
    delete: (address) => this.#spamtraps.delete(address),
    has: (address) => this.#spamtraps.has(address),
  };

  recordAttempt(step: AttemptStep): AttemptOutcome {
    this.#now = step.now;
    if (this.#spamtraps.size > 0 && this.#spamtraps.has(step.to())) return { step: 'spamtrap' };
    const address = this.#addresses.get(step.ip);
    const settled = takeSettled(address, step);
    if (settled !== undefined) return settled;
    const known = this.#tuples.get(step.key);
    const { outcome, tuple, address: changed } = takeTuple(address, known, step);
    if (tuple !== undefined && tuple !== known) this.#tuples.set(step.key, tuple);
    if (changed !== undefined && changed !== address) this.#addresses.set(step.ip, changed);
    return outcome;
  }

  mergeAddress(change: AddressChange, { now, announced }: { now: number; announced: boolean }): number {
    this.#now = now;
    const record = this.#addresses.get(change.ip) ?? newAddressRecord(change.at);
    const at = applyChange(record, change);
    if (announced) noteAnnounced(record, change.until, now);
    this.#addresses.set(change.ip, record);
    return at;
  }

  address(ip: string): Readonly<AddressRecord> | undefined {
    return this.#addresses.peek(ip);
  }

  async *entries(): AsyncIterable<StoreRecord> {
    for await (const slice of this.#tuples.slices()) {
      for (const [key, record] of slice) yield { type: 'tuple', key, record };
    }
    for await (const slice of this.#addresses.slices()) {
      for (const [ip, record] of slice) yield { type: 'address', ip, record };
    }
    for (const address of [...this.#spamtraps]) yield { type: 'spamtrap', address };
  }

  load(records: readonly StoreRecord[]): void {
    for (const item of records) {
      if (item.type === 'tuple') this.#tuples.set(item.key, { ...item.record });
      else if (item.type === 'spamtrap') this.#spamtraps.add(item.address);
      else this.#addresses.set(item.ip, loadAddress(this.#addresses.peek(item.ip), item.record));
    }
  }

  async sweep({ now, trapWins }: { now: number; trapWins: boolean }): Promise<Sweep> {
    let removed = 0;
    const due: Due[] = [];
    for await (const slice of this.#tuples.slices()) {
      for (const [key, seen] of slice) {
        // Looked up again: it may have been replaced since the slice was taken.
        const { expires } = this.#tuples.peek(key) ?? seen;
        if (expires <= now && this.#tuples.delete(key)) removed++;
      }
    }
    for await (const slice of this.#addresses.slices()) {
      for (const [ip, seen] of slice) {
        const record = this.#addresses.peek(ip) ?? seen;
        if (isSpent(record, now)) {
          if (this.#addresses.delete(ip)) removed++;
          continue;
        }
        const again = takeDue(record, now, trapWins);
        if (again !== undefined) due.push({ ip, ...again });
      }
    }
    return { removed, due };
  }

  stats(): StoreStats {
    return {
      tuples: this.#tuples.size,
      addresses: this.#addresses.size,
      spamtraps: this.#spamtraps.size,
      evictedTuples: this.#evictedTuples,
      evictedAddresses: this.#evictedAddresses,
    };
  }

  close(): void {}
}
