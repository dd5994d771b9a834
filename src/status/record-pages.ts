import { every, nextTurn, systemClock, type TimedClock, type Timer } from '../clock.ts';
import type { Greylist, SpamdbRecord } from '../index.ts';
import type { RecordPage } from './shapes.ts';

/** How many records make a page. */
const PAGE = 100;
/** After how many records other work has its turn. */
const SLICE = 500;
/** How many readers there may be at once. Beyond that, the one that turned no page for longest has to begin anew. */
const MAX_READERS = 8;
/**
 * After how long without a page a reader has to begin anew, seconds: a store keeps records that are removed for each
 * reader.
 */
const PATIENCE = 300;
/** How often readers are checked for this time, seconds. */
const CHECK_INTERVAL = 30;

/** The position of a reader in the records. With it the next page costs no more than the records on it. */
interface Reader {
  readonly records: AsyncIterator<SpamdbRecord>;
  readonly type: string;
  page: number;
  used: number;
}

/** The records of a greylist, page by page. */
export class RecordPages {
  readonly #greylist: Pick<Greylist, 'export'>;
  readonly #clock: TimedClock;
  readonly #readers = new Map<string, Reader>();
  readonly #checking: Timer;
  #made = 0;

  constructor(greylist: Pick<Greylist, 'export'>, clock = systemClock) {
    this.#greylist = greylist;
    this.#clock = clock;
    this.#checking = every(clock, CHECK_INTERVAL, () => this.#forget());
  }

  /** The first page of the records of a type: GREY, WHITE, TRAPPED, SPAMTRAP; `undefined` as from {@link next}. */
  async first(type: string): Promise<RecordPage | undefined> {
    const id = `${++this.#made}`;
    const records = this.#greylist.export()[Symbol.asyncIterator]();
    const reader = { records, type, page: 0, used: this.#clock.monotonic() };
    this.#readers.set(id, reader);
    this.#forget();
    return this.#turn(id, reader);
  }

  /** The page after the one whose `next` is given; `undefined` if that was too long ago. */
  async next(cursor: string): Promise<RecordPage | undefined> {
    const [id = '', page = ''] = cursor.split('.');
    const reader = this.#readers.get(id);
    if (reader === undefined || `${reader.page}` !== page) return undefined;
    return this.#turn(id, reader);
  }

  async close(): Promise<void> {
    this.#checking.cancel();
    await Promise.all([...this.#readers.keys()].map((id) => this.#end(id)));
  }

  async #turn(id: string, reader: Reader): Promise<RecordPage | undefined> {
    reader.page++;
    reader.used = this.#clock.monotonic();
    try {
      const records = await pageOf(reader);
      // A reader that was ended in the middle of a page has not reached the last page.
      if (this.#readers.get(id) !== reader) return undefined;
      if (records.length === PAGE) return { records, next: `${id}.${reader.page}` };
      this.#readers.delete(id);
      return { records, next: undefined };
    } catch (error) {
      this.#readers.delete(id);
      throw error;
    }
  }

  #forget(): void {
    const oldest = [...this.#readers].sort(([, a], [, b]) => a.used - b.used);
    const now = this.#clock.monotonic();
    for (const [index, [id, { used }]] of oldest.entries()) {
      if (oldest.length - index > MAX_READERS || now - used > PATIENCE) void this.#end(id);
    }
  }

  /** Ends a reader. If it is in the middle of a page, that page is completed first. */
  async #end(id: string): Promise<void> {
    const reader = this.#readers.get(id);
    this.#readers.delete(id);
    // An error of the store does not matter any more.
    await reader?.records.return?.().catch(() => {});
  }
}

/** The next records of the type of the reader. Fewer than a page if there are no more. */
async function pageOf({ records, type }: Reader): Promise<SpamdbRecord[]> {
  const page: SpamdbRecord[] = [];
  for (let passed = 1; page.length < PAGE; passed++) {
    const { value, done } = await records.next();
    if (done) break;
    if (value.type === type) page.push(value);
    if (passed % SLICE === 0) await nextTurn();
  }
  return page;
}
