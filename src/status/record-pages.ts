import { every, nextTurn, systemClock, type TimedClock, type Timer } from '../clock.ts';
import type { Greylist, SpamdbRecord } from '../index.ts';
import type { RecordPage } from './shapes.ts';

/** How many records make a page. */
const PAGE = 100;
/** After so many that are passed over, others get their turn. */
const SLICE = 500;
/** So many may be turning pages at once; the one that turned none for the longest has to begin anew. */
const MAX_READERS = 8;
/** After so long without turning a page one has to begin anew: a store keeps for each reader what is removed meanwhile. Seconds. */
const PATIENCE = 300;
/** How often it is looked who takes longer, seconds. */
const CHECK_INTERVAL = 30;

/** One who turns pages: where it is, so that a page costs the records on it. */
interface Reader {
  readonly records: AsyncIterator<SpamdbRecord>;
  readonly type: string;
  page: number;
  used: number;
}

/** What a greylist holds, page by page. */
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

  /** The first page of the records of a type: GREY, WHITE, TRAPPED, SPAMTRAP; `undefined` as by {@link next}. */
  async first(type: string): Promise<RecordPage | undefined> {
    const id = `${++this.#made}`;
    const records = this.#greylist.export()[Symbol.asyncIterator]();
    const reader = { records, type, page: 0, used: this.#clock.monotonic() };
    this.#readers.set(id, reader);
    this.#forget();
    return this.#turn(id, reader);
  }

  /** The page that was announced as `next`; `undefined` when that is too long ago. */
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
      // Who was made to end in the middle of a page has not come to the last.
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

  /** Where it is in the middle of a page that ends first. */
  async #end(id: string): Promise<void> {
    const reader = this.#readers.get(id);
    this.#readers.delete(id);
    // What a store fails with now nobody waits for.
    await reader?.records.return?.().catch(() => {});
  }
}

/** The next records of its type; less than a page: there are no more. */
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
