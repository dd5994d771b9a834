import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Clock, every, nextTurn, sleep, systemClock, timedClock, within } from '../src/clock.ts';
import { TestClock } from './support/rig.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the system clock', () => {
  it('shows Unix seconds, and seconds that never step', () => {
    vi.useFakeTimers({ now: 1_900_000_000_750, toFake: ['Date', 'performance'] });
    const started = systemClock.monotonic();
    expect(systemClock.now()).toBe(1_900_000_000.75);
    vi.advanceTimersByTime(1500);
    vi.setSystemTime(5000);
    expect(systemClock.now()).toBe(5);
    expect(systemClock.monotonic() - started).toBeCloseTo(1.5, 9);
  });

  it.each([0.001, 1, 2_147_483, 2_147_484, 36 * 86_400, 200 * 86_400])('calls a timer once, after %d s', (seconds) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const task = vi.fn();
    systemClock.setTimer(seconds, task);
    vi.advanceTimersByTime(seconds * 1000 - 1);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(task).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2 ** 33);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('calls no timer that was cancelled, a long one neither', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const task = vi.fn();
    const timers = [5, 100 * 86_400].map((seconds) => systemClock.setTimer(seconds, task));
    vi.advanceTimersByTime(4000);
    timers[0]?.cancel();
    vi.advanceTimersByTime(60 * 86_400 * 1000);
    timers[1]?.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(200 * 86_400 * 1000);
    expect(task).not.toHaveBeenCalled();
  });

  it('keeps the process alive for a timer unless told not to', () => {
    const timers = () => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
    const before = timers();
    const held = systemClock.setTimer(60, () => {});
    expect(timers()).toBe(before + 1);
    const free = systemClock.setTimer(60, () => {}, { unref: true });
    expect(timers()).toBe(before + 1);
    held.cancel();
    free.cancel();
    expect(timers()).toBe(before);
  });

  it('ends a turn after promises, unless it is cancelled', async () => {
    const order: string[] = [];
    systemClock.endOfTurn(() => order.push('end'));
    systemClock.endOfTurn(() => order.push('never')).cancel();
    for (let at = 0; at < 20; at++) await undefined;
    order.push('promises');
    await nextTurn();
    expect(order).toEqual(['promises', 'end']);
  });
});

describe('timedClock', () => {
  it('is the clock itself where it has timers', () => {
    const clock = new TestClock();
    expect(timedClock(clock)).toBe(clock);
    expect(timedClock()).toBe(systemClock);
  });

  it('adds the timers of the system to a clock that has only a time', () => {
    const own = { time: 7, now: () => own.time };
    const clock = timedClock(own);
    own.time = 8;
    expect(clock.now()).toBe(8);
    expect(clock.setTimer).toBe(systemClock.setTimer);
    expect(clock.endOfTurn).toBe(systemClock.endOfTurn);
    expect(clock.monotonic).toBe(systemClock.monotonic);
  });

  it.each<[unknown, string]>([
    [null, 'clock: has no method now: null'],
    [5, 'clock: has no method now: 5'],
    [{}, 'clock: has no method now: [object Object]'],
    [{ now: 5 }, 'clock: has no method now: [object Object]'],
    [{ now: () => 5, monotonic: () => 5 }, 'clock: has timers, but no method setTimer: [object Object]'],
    [
      { now: () => 5, monotonic: () => 5, setTimer: () => {}, endOfTurn: 5 },
      'clock: has timers, but no method endOfTurn: [object Object]',
    ],
  ])('refuses %o', (clock, message) => {
    expect(() => timedClock(clock as Clock)).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message }));
  });
});

describe('every', () => {
  it('calls its task each time until it is cancelled, also by the task', async () => {
    const clock = new TestClock();
    let calls = 0;
    const timer = every(clock, 10, () => {
      if (++calls === 3) timer.cancel();
    });
    await clock.advance(9.9);
    expect(calls).toBe(0);
    await clock.advance(1000);
    expect(calls).toBe(3);
    expect(clock.timers).toBe(0);
  });
});

describe('sleep', () => {
  it('ends in time, or when its signal is aborted, and leaves nothing behind', async () => {
    const clock = new TestClock();
    const abort = new AbortController();
    const order: string[] = [];
    void sleep(clock, 5).then(() => order.push('five'));
    void sleep(clock, 60, abort.signal).then(() => order.push('aborted'));
    await sleep(clock, 60, AbortSignal.abort());
    await clock.advance(5);
    expect(order).toEqual(['five']);
    abort.abort();
    await clock.advance(0);
    expect(order).toEqual(['five', 'aborted']);
    expect(clock.timers).toBe(0);
  });
});

describe('within', () => {
  it('gives what the promise comes to in time, and the error when it is late', async () => {
    const clock = new TestClock();
    const late = () => new Error('late');
    await expect(within(clock, Promise.resolve(7), 1, late)).resolves.toBe(7);
    await expect(within(clock, Promise.reject(new Error('own')), 1, late)).rejects.toThrow('own');
    const slow = within(clock, sleep(clock, 2), 1, late);
    const checked = expect(slow).rejects.toThrow('late');
    await clock.advance(2);
    await checked;
    expect(clock.timers).toBe(0);
  });
});
