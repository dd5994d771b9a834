import type { Candidate } from 'spamd-sync/store';
import { MemoryNetwork } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';
import { setUp, storeWith, turn } from './setup.ts';

interface Sweeping {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A greylist in virtual time, over a store that only notes when it is swept. */
function withTimer(sweepInterval?: number) {
  const network = new MemoryNetwork();
  const waiting: Sweeping[] = [];
  async function* sweepCandidates(): AsyncIterable<readonly Candidate[]> {
    await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    yield [];
  }
  const setup = setUp({}, { store: storeWith({ sweepCandidates }), clock: network.clock, sweepInterval });
  return { ...setup, waiting, pass: (seconds: number) => network.advance(seconds) };
}

describe('the sweeper of a greylist', () => {
  it.each([
    { sweepInterval: undefined, seconds: 60 },
    { sweepInterval: 5, seconds: 5 },
  ])(
    'a greylist sweeps every $seconds s when its sweepInterval is $sweepInterval',
    async ({ sweepInterval, seconds }) => {
      const { waiting, pass } = withTimer(sweepInterval);
      await pass(seconds - 0.001);
      expect(waiting).toHaveLength(0);
      for (const swept of [1, 2, 3]) {
        await pass(swept === 1 ? 0.001 : seconds);
        expect(waiting).toHaveLength(swept);
        waiting.at(-1)?.resolve();
      }
    },
  );

  it('a greylist does not sweep again while a sweep takes longer than the interval', async () => {
    const { waiting, pass } = withTimer();
    await pass(300);
    expect(waiting).toHaveLength(1);
    waiting[0]?.resolve();
    await pass(60);
    expect(waiting).toHaveLength(2);
    waiting[1]?.resolve();
  });

  it('a greylist goes on sweeping after a sweep that failed, with a warning', async () => {
    const { waiting, warnings, pass } = withTimer();
    await pass(60);
    waiting[0]?.reject(new Error('the disk is gone'));
    await turn();
    expect(warnings).toMatchObject([{ code: 'WARN_SPAMD_STORE', message: 'the sweep failed: the disk is gone' }]);
    await pass(60);
    expect(waiting).toHaveLength(2);
    waiting[1]?.resolve();
  });

  it('a greylist that is closed waits for the running sweep, and sweeps no more', async () => {
    const { greylist, waiting, pass } = withTimer();
    await pass(60);
    const order: string[] = [];
    const closed = greylist.close().then(() => order.push('closed'));
    await turn();
    order.push('swept');
    waiting[0]?.resolve();
    await closed;
    expect(order).toEqual(['swept', 'closed']);
    await pass(600);
    expect(waiting).toHaveLength(1);
  });
});
