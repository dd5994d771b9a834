import { LRUCache } from 'lru-cache';
import type { SharedRecord } from './messages.ts';
import { hashOfRecord, type RecordHash } from './shared.ts';

/** How many are remembered, some 100 bytes each. */
const MAX = 10_000;

/**
 * Records that the other end has and that were refused here, by the policy or since they hold no more: they are not asked
 * for again as long as they stay what they are.
 */
export class Refused implements Iterable<RecordHash> {
  readonly #hashes = new LRUCache<string, RecordHash>({ max: MAX });

  add(record: SharedRecord): void {
    const hash = hashOfRecord(record);
    this.#hashes.set(`${hash.low},${hash.high}`, hash);
  }

  [Symbol.iterator](): Iterator<RecordHash> {
    return this.#hashes.values();
  }
}
