import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Operation } from '../../src/level/database.ts';
import { Writer } from '../../src/level/writer.ts';

const MB = 2 ** 20;

/** A disk that takes as long as the test lets it, and a writer to it. */
class Rig {
  readonly writer: Writer;
  /** What has been asked of the disk and not been answered. */
  readonly asked: { what: 'write' | 'recover'; keys: string[]; done: () => void; fail: (error: Error) => void }[] = [];
  /** What is on the disk. */
  readonly written: string[] = [];
  #changed: string[] = [];
  #writing: string[] = [];

  constructor(maxLossMs?: number) {
    const source = {
      begin: (): Operation[] => {
        this.#writing = this.#changed;
        this.#changed = [];
        return this.#writing.map((key) => ({ type: 'del', key }));
      },
      end: (written: boolean) => {
        if (written) this.written.push(...this.#writing);
        else this.#changed = [...this.#writing, ...this.#changed];
      },
    };
    this.writer = new Writer({
      sources: [source],
      write: (operations) =>
        this.#ask(
          'write',
          operations.map(({ key }) => key),
        ),
      recover: () => this.#ask('recover', []),
      clock: systemClock,
      maxLossMs,
    });
  }

  change(key: string, bytes = 1): void {
    this.#changed.push(key);
    this.writer.changed(bytes);
  }

  /** A change whose answer waits for the disk. */
  step(key: string): { answer: string } {
    this.change(key);
    const step = { answer: 'none' };
    this.writer.commit().then(
      () => {
        step.answer = 'written';
      },
      (error: Error) => {
        step.answer = error.message;
      },
    );
    return step;
  }

  async settle(how: 'done' | Error): Promise<void> {
    const asked = this.asked.shift();
    if (asked === undefined) throw new Error('nothing was asked of the disk');
    if (how === 'done') asked.done();
    else asked.fail(how);
    await vi.advanceTimersByTimeAsync(0);
  }

  #ask(what: 'write' | 'recover', keys: string[]): Promise<void> {
    return new Promise((done, fail) => {
      this.asked.push({ what, keys, done, fail });
    });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a Writer without maxLossMs', () => {
  it('a commit resolves when it is written, and the changes made meanwhile are written together', async () => {
    const rig = new Rig();
    const first = rig.step('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.asked).toMatchObject([{ what: 'write', keys: ['a'] }]);
    const others = [rig.step('b'), rig.step('c')];
    expect(rig.writer.mustWait).toBe(true);
    await rig.settle('done');
    expect([first, ...others].map(({ answer }) => answer)).toEqual(['written', 'none', 'none']);
    expect(rig.asked).toMatchObject([{ what: 'write', keys: ['b', 'c'] }]);
    await rig.settle('done');
    expect(others.map(({ answer }) => answer)).toEqual(['written', 'written']);
    expect(rig.asked).toEqual([]);
    expect(rig.writer.mustWait).toBe(false);
  });

  it('a commit without a change of its own waits for the write that is under way', async () => {
    const rig = new Rig();
    rig.step('a');
    await vi.advanceTimersByTimeAsync(0);
    let seen = false;
    void rig.writer.commit().then(() => {
      seen = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toBe(false);
    await rig.settle('done');
    expect(seen).toBe(true);
  });

  it('a change made when a commit resolves is written next', async () => {
    const rig = new Rig();
    let again: { answer: string } | undefined;
    rig.change('a');
    void rig.writer.commit().then(() => {
      again = rig.step('b');
    });
    await vi.advanceTimersByTimeAsync(0);
    await rig.settle('done');
    await rig.settle('done');
    expect(again?.answer).toBe('written');
  });
});

describe('a Writer with maxLossMs', () => {
  it('changes are written after half of maxLossMs', async () => {
    const rig = new Rig(100);
    rig.change('a');
    expect(rig.writer.mustWait).toBe(false);
    await vi.advanceTimersByTimeAsync(49);
    rig.change('b');
    expect(rig.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(rig.asked).toMatchObject([{ what: 'write', keys: ['a', 'b'] }]);
    await rig.settle('done');
    await vi.advanceTimersByTimeAsync(1000);
    expect(rig.asked).toEqual([]);
  });

  it('a writer makes steps wait while the disk is late', async () => {
    const rig = new Rig(100);
    rig.change('a');
    await vi.advanceTimersByTimeAsync(50);
    rig.change('b');
    await vi.advanceTimersByTimeAsync(49);
    expect(rig.writer.mustWait).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(rig.writer.mustWait).toBe(true);
    const waiting = rig.step('c');
    await rig.settle('done');
    expect(rig.asked).toMatchObject([{ what: 'write', keys: ['b', 'c'] }]);
    expect(waiting.answer).toBe('none');
    await rig.settle('done');
    expect(waiting.answer).toBe('written');
    expect(rig.writer.mustWait).toBe(false);
  });

  it('changes of more than 16 MiB are written at once', async () => {
    const rig = new Rig(60_000);
    rig.change('a', 15 * MB);
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.writer.full).toBe(false);
    rig.change('b', 2 * MB);
    expect(rig.writer.full).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.asked).toMatchObject([{ keys: ['a', 'b'] }]);
    expect(rig.writer.full).toBe(false);
  });

  it('a writer that is closed writes the changes that are left', async () => {
    const rig = new Rig(60_000);
    rig.change('a');
    const closed = rig.writer.close();
    await vi.advanceTimersByTimeAsync(0);
    await rig.settle('done');
    await closed;
    expect(rig.written).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('what changes after a writer was closed is not written, and sets no timer', async () => {
    const rig = new Rig(100);
    await rig.writer.close();
    rig.change('a', 20 * MB);
    await vi.advanceTimersByTimeAsync(1000);
    expect(rig.asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each([{ maxLossMs: undefined }, { maxLossMs: 100 }])('a failing Writer with maxLossMs $maxLossMs', (o) => {
  const FULL = new Error('full');

  async function failed(): Promise<Rig> {
    const rig = new Rig(o.maxLossMs);
    const step = rig.step('a');
    await vi.advanceTimersByTimeAsync(0);
    await rig.settle(FULL);
    expect(step.answer).toBe('full');
    return rig;
  }

  it('a failed write rejects the commits that wait, also for the next write, and those within a second', async () => {
    const rig = new Rig(o.maxLossMs);
    const steps = [rig.step('a')];
    await vi.advanceTimersByTimeAsync(0);
    steps.push(rig.step('b'));
    await rig.settle(FULL);
    steps.push(rig.step('c'));
    await vi.advanceTimersByTimeAsync(999);
    steps.push(rig.step('d'));
    await vi.advanceTimersByTimeAsync(0);
    expect(steps.map(({ answer }) => answer)).toEqual(['full', 'full', 'full', 'full']);
    expect(rig.writer.mustWait).toBe(true);
    expect(rig.asked).toEqual([]);
  });

  it('a failed write is tried again with all changes, after recovering', async () => {
    const rig = await failed();
    rig.step('b');
    await vi.advanceTimersByTimeAsync(1000);
    expect(rig.asked).toMatchObject([{ what: 'recover' }]);
    const meanwhile = rig.step('c');
    await rig.settle('done');
    expect(rig.asked).toMatchObject([{ what: 'write', keys: ['a', 'b', 'c'] }]);
    const next = rig.step('d');
    await rig.settle('done');
    expect(meanwhile.answer).toBe('written');
    await rig.settle('done');
    expect(next.answer).toBe('written');
    expect(rig.written).toEqual(['a', 'b', 'c', 'd']);
    expect(rig.writer.mustWait).toBe(false);
  });

  it('a failed write is tried again every second while it cannot recover', async () => {
    const rig = await failed();
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(1000);
      const step = rig.step(`${round}`);
      await rig.settle(FULL);
      expect(step.answer).toBe('full');
    }
    await vi.advanceTimersByTimeAsync(1000);
    await rig.settle('done');
    await rig.settle('done');
    expect(rig.written).toEqual(['a', '0', '1', '2']);
  });

  it('a failed write is tried once more by close, which rejects when changes are lost', async () => {
    const rig = await failed();
    const closed = rig.writer.close().catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(0);
    await rig.settle('done');
    await rig.settle(FULL);
    expect(await closed).toBe('full');
    expect(vi.getTimerCount()).toBe(0);
  });
});
