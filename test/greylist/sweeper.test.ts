import type { Sweep } from 'spamd-sync';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setUp, storeWith, turn } from './setup.ts';

/** A greylist whose timer is the test's, over a store that only notes when it is swept. */
function withTimer(sweepInterval?: number) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const waiting: Sweeping[] = [];
  const sweep = () => new Promise<Sweep>((resolve, reject) => waiting.push({ resolve, reject }));
  const setup = setUp(sweepInterval === undefined ? {} : { sweepInterval }, { store: storeWith({ sweep }) });
  return { ...setup, waiting };
}

interface Sweeping {
  readonly resolve: (sweep: Sweep) => void;
  readonly reject: (error: unknown) => void;
}

describe('the timer', () => {
  it.each([
    { sweepInterval: undefined, seconds: 60 },
    { sweepInterval: 5, seconds: 5 },
  ])('sweeps every $seconds s (sweepInterval: $sweepInterval)', async ({ sweepInterval, seconds }) => {
    const { waiting } = withTimer(sweepInterval);
    vi.advanceTimersByTime(seconds * 1000 - 1);
    expect(waiting).toHaveLength(0);
    for (const swept of [1, 2, 3]) {
      vi.advanceTimersByTime(swept === 1 ? 1 : seconds * 1000);
      expect(waiting).toHaveLength(swept);
      waiting.at(-1)?.resolve({ removed: 0, due: [] });
      await turn();
    }
  });

  it('waits for a sweep that takes longer than the interval', async () => {
    const { waiting } = withTimer();
    vi.advanceTimersByTime(5 * 60_000);
    expect(waiting).toHaveLength(1);
    waiting[0]?.resolve({ removed: 0, due: [] });
    await turn();
    vi.advanceTimersByTime(60_000);
    expect(waiting).toHaveLength(2);
    waiting[1]?.resolve({ removed: 0, due: [] });
  });

  it('goes on after a sweep that failed, with a warning', async () => {
    const { waiting, warnings } = withTimer();
    vi.advanceTimersByTime(60_000);
    waiting[0]?.reject(new Error('the disk is gone'));
    await turn();
    expect(warnings).toMatchObject([{ code: 'WARN_SPAMD_STORE', message: 'the sweep failed: the disk is gone' }]);
    vi.advanceTimersByTime(60_000);
    expect(waiting).toHaveLength(2);
    waiting[1]?.resolve({ removed: 0, due: [] });
  });

  it('ends with the greylist, which waits for the sweep that is running', async () => {
    const { greylist, waiting } = withTimer();
    vi.advanceTimersByTime(60_000);
    const order: string[] = [];
    const closed = greylist.close().then(() => order.push('closed'));
    await turn();
    order.push('swept');
    waiting[0]?.resolve({ removed: 3, due: [] });
    await closed;
    expect(order).toEqual(['swept', 'closed']);
    expect(await greylist.stats()).toMatchObject({ swept: 3 });
    vi.advanceTimersByTime(600_000);
    expect(waiting).toHaveLength(1);
  });
});
