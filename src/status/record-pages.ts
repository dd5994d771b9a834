import { nextTurn, systemClock } from '../clock.ts';
import type { Greylist, SpamdbRecord } from '../index.ts';
import type { RecordPage } from './shapes.ts';

/** How many records make a page. */
const PAGE = 100;
/** After so many that are passed over, others get their turn. */
const SLICE = 500;
/** So many may be turning pages at once; the one that turned none for the longest has to begin anew. */
const MAX_READERS = 8;
/** After so long without turning a page one has to begin anew, seconds. */
const PATIENCE = 300;

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
  readonly #readers = new Map<string, Reader>();
  #made = 0;

  constructor(greylist: Pick<Greylist, 'export'>) {
    this.#greylist = greylist;
  }

  /** The first page of the records of a type: GREY, WHITE, TRAPPED, SPAMTRAP. */
  async first(type: string): Promise<RecordPage> {
    const id = `${++this.#made}`;
    const records = this.#greylist.export()[Symbol.asyncIterator]();
    const reader = { records, type, page: 0, used: systemClock.monotonic() };
    this.#readers.set(id, reader);
    await this.#forget();
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
    for (const id of this.#readers.keys()) await this.#end(id);
  }

  async #turn(id: string, reader: Reader): Promise<RecordPage> {
    reader.page++;
    reader.used = systemClock.monotonic();
    const records: SpamdbRecord[] = [];
    for (let passed = 1; records.length < PAGE; passed++) {
      const { value, done } = await reader.records.next();
      if (done) {
        this.#readers.delete(id);
        return { records, next: undefined };
      }
      if (value.type === reader.type) records.push(value);
      if (passed % SLICE === 0) await nextTurn();
    }
    return { records, next: `${id}.${reader.page}` };
  }

  async #forget(): Promise<void> {
    const oldest = [...this.#readers].sort(([, a], [, b]) => a.used - b.used);
    const now = systemClock.monotonic();
    for (const [index, [id, { used }]] of oldest.entries()) {
      if (oldest.length - index > MAX_READERS || now - used > PATIENCE) await this.#end(id);
    }
  }

  async #end(id: string): Promise<void> {
    const reader = this.#readers.get(id);
    this.#readers.delete(id);
    await reader?.records.return?.();
  }
}
