import type { Counts } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { DeferredCounts } from '../../src/redis/deferred-counts.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';

const one: Counts = { blocked: 1, passed: 0, pass: 0, renewal: undefined };

/** Counts of which `write` writes all that is owed, unless it is told to fail. */
function deferred() {
  const clock = new VirtualClock(0);
  const written: [string, Counts | undefined][] = [];
  const state = { fails: false, meanwhile: () => {} };
  const counts = new DeferredCounts(clock, async (ip) => {
    if (state.fails) throw new Error('away');
    state.meanwhile();
    written.push([ip, counts.owed(ip)]);
    counts.written(ip);
  });
  return { clock, counts, written, state };
}

describe('counts that are put off', () => {
  it('are added up, and written together after a second', async () => {
    const { clock, counts, written } = deferred();
    expect(counts.isBusy('a')).toBe(false);
    counts.written('a');
    expect(counts.isBusy('a')).toBe(true);
    for (let n = 0; n < 3; n++) counts.put('a', one);
    await clock.advance(0.9);
    expect(written).toEqual([]);
    await clock.advance(0.2);
    expect(written).toEqual([['a', { ...one, blocked: 3 }]]);
    expect(counts.owed('a')).toBeUndefined();
  });

  it('are put off no more once a second brought none', async () => {
    const { clock, counts, written } = deferred();
    counts.written('a');
    await clock.advance(1.1);
    expect(counts.isBusy('a')).toBe(false);
    expect(written).toEqual([]);
  });

  it('stay owed where they cannot be written, and are tried again every second', async () => {
    const { clock, counts, written, state } = deferred();
    counts.written('a');
    counts.put('a', one);
    state.fails = true;
    await clock.advance(2.5);
    expect(counts.owed('a')).toEqual(one);
    counts.put('a', one);
    state.fails = false;
    await clock.advance(1);
    expect(written).toEqual([['a', { ...one, blocked: 2 }]]);
  });

  it('are those of some ten thousand addresses at the most', () => {
    const { counts } = deferred();
    for (let n = 0; n < 20_000; n++) counts.written(`${n}`);
    expect(counts.isBusy('16383')).toBe(true);
    expect(counts.isBusy('16384')).toBe(false);
    counts.put('16384', { ...one, blocked: 3, passed: 4 });
    expect(counts.lost).toBe(7);
    // One that is among them stays there.
    counts.put('1', one);
    counts.written('1');
    expect(counts.owed('1')).toBeUndefined();
    expect(counts.isBusy('1')).toBe(true);
  });

  it('are written when that is closed, and none are put off then', async () => {
    const { counts, written, clock } = deferred();
    counts.written('a');
    counts.put('a', one);
    await counts.close();
    expect(written).toEqual([['a', one]]);
    expect(counts.isBusy('a')).toBe(false);
    await clock.advance(5);
    expect(written).toHaveLength(1);
  });

  it('are written when that is closed also if they come while it writes others', async () => {
    const { counts, written, state } = deferred();
    counts.put('a', one);
    state.meanwhile = () => {
      state.meanwhile = () => {};
      counts.put('b', one);
    };
    await counts.close();
    expect(written).toEqual([
      ['a', one],
      ['b', one],
    ]);
  });

  it('are lost when that is closed where a write changes nothing, and it says of how many addresses', async () => {
    const counts = new DeferredCounts(new VirtualClock(0), async () => {});
    for (const ip of ['a', 'b']) counts.put(ip, one);
    await expect(counts.close()).rejects.toThrow('what was counted on 2 addresses is lost');
  });
});
