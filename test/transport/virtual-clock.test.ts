import { describe, expect, it } from 'vitest';
import { every, sleep } from '../../src/clock.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';

const START = 1_800_000_000;

describe('VirtualClock', () => {
  it('calls timers in the order in which they fall due, at their moment', async () => {
    const clock = new VirtualClock(START);
    const called: [string, number, number][] = [];
    const note = (name: string) => () => called.push([name, clock.now() - START, clock.monotonic()]);
    clock.setTimer(2, note('late'));
    clock.setTimer(0.5, note('early'));
    clock.setTimer(2, note('later'));
    clock.setTimer(-1, note('at once'));
    clock.setTimer(9, note('not yet'));
    await clock.advance(3);
    expect(called).toEqual([
      ['at once', 0, 0],
      ['early', 0.5, 0.5],
      ['late', 2, 2],
      ['later', 2, 2],
    ]);
    expect(clock.monotonic()).toBe(3);
    expect(clock.now()).toBe(START + 3);
  });

  it('adds durations up exactly', async () => {
    const clock = new VirtualClock(START);
    let calls = 0;
    clock.setTimer(0.3, () => calls++);
    await clock.advance(0.1);
    await clock.advance(0.1);
    expect(calls).toBe(0);
    await clock.advance(0.1);
    expect(calls).toBe(1);
  });

  it('finishes what promises and ends of turns do of a timer before the next', async () => {
    const clock = new VirtualClock(START);
    const order: string[] = [];
    clock.setTimer(1, async () => {
      for (let at = 0; at < 50; at++) await undefined;
      order.push('promise');
      clock.endOfTurn(async () => {
        await undefined;
        order.push('end of turn');
        clock.endOfTurn(() => order.push('end of the next'));
      });
    });
    clock.setTimer(1, () => order.push('timer'));
    await clock.advance(1);
    expect(order).toEqual(['promise', 'end of turn', 'end of the next', 'timer']);
  });

  it('comes to the end of a turn without being advanced', async () => {
    const clock = new VirtualClock(START);
    await new Promise<void>((resolve) => void clock.endOfTurn(resolve));
    expect(clock.monotonic()).toBe(0);
  });

  it('does not call what was cancelled, and does not wait for it', async () => {
    const clock = new VirtualClock(START);
    const calls: string[] = [];
    clock.setTimer(1, () => calls.push('timer')).cancel();
    const ending = clock.endOfTurn(() => calls.push('end of turn'));
    ending.cancel();
    ending.cancel();
    await clock.advance(2);
    expect(calls).toEqual([]);
  });

  it('repeats and sleeps with the functions of a clock', async () => {
    const clock = new VirtualClock(START);
    const calls: number[] = [];
    const timer = every(clock, 30, () => calls.push(clock.monotonic()));
    let slept = false;
    void sleep(clock, 60).then(() => {
      slept = true;
    });
    await clock.advance(59.999);
    expect(slept).toBe(false);
    await clock.advance(40);
    timer.cancel();
    await clock.advance(1000);
    expect(calls).toEqual([30, 60, 90]);
    expect(slept).toBe(true);
  });

  it('advances from timer to timer while a condition holds', async () => {
    const clock = new VirtualClock(START);
    let calls = 0;
    for (const seconds of [1, 2, 3]) clock.setTimer(seconds, () => calls++);
    await clock.advanceWhile(() => calls < 2);
    expect(clock.monotonic()).toBe(2);
    await clock.advanceWhile(() => true);
    expect(clock.monotonic()).toBe(3);
  });

  it('rejects with what a timer throws, at its time, and goes on from there', async () => {
    const clock = new VirtualClock(START);
    clock.setTimer(1, () => {
      throw new Error('a listener failed');
    });
    await expect(clock.advance(5)).rejects.toThrow('a listener failed');
    expect(clock.monotonic()).toBe(1);
    await clock.advance(1);
    expect(clock.monotonic()).toBe(2);
  });
});
