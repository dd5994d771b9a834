import { LRUCache } from 'lru-cache';
import type { SharedRecord } from './messages.ts';
import { hashOfRecord, type RecordHash } from './shared.ts';

/** How many records are remembered, some 100 bytes each. */
const MAX = 10_000;

/**
 * Records of the other end that were refused here, by the policy or because they have expired. They are not asked for
 * again as long as they do not change.
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
