import { describe, expect, it } from 'vitest';
import { systemClock, type TimedClock } from '../../src/clock.ts';
import { InTime } from '../../src/redis/in-time.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';

const never = () => new Promise<never>(() => {});

/** What became of a promise by now. */
function watched(promise: Promise<unknown>): { outcome: unknown } {
  const found: { outcome: unknown } = { outcome: 'waits' };
  promise.then(
    (value) => {
      found.outcome = value;
    },
    (error: unknown) => {
      found.outcome = error instanceof Error ? error.message : error;
    },
  );
  return found;
}

describe('InTime', () => {
  it.each([0.3, 2, 60])('gives up after %d s what is not answered, and not before', async (timeout) => {
    const clock = new VirtualClock(0);
    const inTime = new InTime(clock, timeout);
    const first = watched(inTime.run(never));
    await clock.advance(timeout * 0.52);
    const second = watched(inTime.run(never));
    await clock.advance(timeout * 0.479);
    expect(first.outcome).toBe('waits');
    await clock.advance(timeout * 0.052);
    expect(first.outcome).toBe(`Redis: no answer in ${timeout} s`);
    await clock.advance(timeout * 0.468);
    expect(second.outcome).toBe('waits');
    await clock.advance(timeout * 0.053);
    expect(second.outcome).toBe(`Redis: no answer in ${timeout} s`);
  });

  it('tells what it gave up on that this is so', async () => {
    const clock = new VirtualClock(0);
    let isLate = () => false;
    const call = new InTime(clock, 2).run((asked) => {
      isLate = asked;
      return never();
    });
    const { outcome } = watched(call);
    expect(outcome).toBe('waits');
    expect(isLate()).toBe(false);
    await clock.advance(3);
    expect(isLate()).toBe(true);
  });

  it('sets one timer for all that waits, and none when nothing does', async () => {
    const set: (() => void)[] = [];
    const clock: TimedClock = { ...systemClock, setTimer: (_, task) => ({ cancel: () => {}, at: set.push(task) }) };
    const inTime = new InTime(clock, 2);
    const answers: (() => void)[] = [];
    const calls = Array.from({ length: 100 }, () => inTime.run(() => new Promise<void>((done) => answers.push(done))));
    expect(set).toHaveLength(1);
    for (const answer of answers) answer();
    await Promise.all(calls);
    set[0]?.();
    expect(set).toHaveLength(1);
    void inTime.run(async () => {});
    expect(set).toHaveLength(2);
  });

  it('takes nothing more while what it gave up is held on to', async () => {
    const clock = new VirtualClock(0);
    const inTime = new InTime(clock, 2);
    const answers: (() => void)[] = [];
    const held = () => inTime.run(() => new Promise<void>((done) => answers.push(done)));
    const calls = Promise.allSettled(Array.from({ length: 16_384 }, held));
    await clock.advance(3);
    expect(new Set((await calls).map(({ status }) => status))).toEqual(new Set(['rejected']));
    await expect(held()).rejects.toThrow(/does not keep up/);
    for (const answer of answers) answer();
    await new Promise((done) => setImmediate(done));
    await expect(inTime.run(async () => 'again')).resolves.toBe('again');
  });

  it('counts no time in which the process did not run', async () => {
    let tick = (): void => {};
    const setTimer: TimedClock['setTimer'] = (_, task) => {
      tick = task;
      return { cancel: () => {} };
    };
    const inTime = new InTime({ ...systemClock, setTimer }, 2);
    let answer = (_text: string): void => {};
    const call = watched(
      inTime.run(
        () =>
          new Promise<string>((done) => {
            answer = done;
          }),
      ),
    );
    // However late it comes, it is one.
    tick();
    answer('read a minute later');
    await new Promise((done) => setImmediate(done));
    expect(call.outcome).toBe('read a minute later');
  });
});
