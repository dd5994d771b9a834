import type { ExportedRecord } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { RecordPages } from '../../src/status/record-pages.ts';
import { TestClock } from '../support/rig.ts';

/** A greylist of so many records, which says how many listings of it are open. */
class Listed {
  open = 0;
  /** What the next record waits for. */
  gate: Promise<void> | undefined;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async *export(): AsyncGenerator<ExportedRecord> {
    this.open++;
    try {
      for (let i = 0; i < this.#count; i++) {
        await this.gate;
        yield { type: 'SPAMTRAP', address: `trap${i}@example.org` };
      }
    } finally {
      this.open--;
    }
  }
}

describe('the pages of the records', () => {
  it('turn to the end, each record once', async () => {
    const greylist = new Listed(250);
    const pages = new RecordPages(greylist, new TestClock());
    const seen: unknown[] = [];
    let page = await pages.first('SPAMTRAP');
    for (; page?.next !== undefined; page = await pages.next(page.next)) seen.push(...page.records);
    seen.push(...(page?.records ?? []));
    expect(new Set(seen).size).toBe(250);
    expect(greylist.open).toBe(0);
    await pages.close();
  });

  it('let go of the store when nobody turns them for five minutes', async () => {
    const clock = new TestClock();
    const greylist = new Listed(250);
    const pages = new RecordPages(greylist, clock);
    const page = await pages.first('SPAMTRAP');
    await clock.advance(200);
    expect(greylist.open).toBe(1);
    await clock.advance(200);
    expect(greylist.open).toBe(0);
    expect(await pages.next(page?.next ?? '')).toBeUndefined();
    await pages.close();
  });

  it('do not call one the last that was broken off for others', async () => {
    const greylist = new Listed(250);
    const pages = new RecordPages(greylist, new TestClock());
    let go: () => void = () => {};
    greylist.gate = new Promise((resolve) => {
      go = resolve;
    });
    const all = Array.from({ length: 9 }, () => pages.first('SPAMTRAP'));
    go();
    const [first, ...others] = await Promise.all(all);
    expect(first).toBeUndefined();
    expect(others.every((page) => page?.next !== undefined)).toBe(true);
    await pages.close();
    expect(greylist.open).toBe(0);
  });
});
