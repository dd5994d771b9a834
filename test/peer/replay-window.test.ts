import { describe, expect, it } from 'vitest';
import { freshUntil, isFresh, ReplayWindow } from '../../src/peer/replay-window.ts';
import { generator } from '../../src/transport/random.ts';

describe('ReplayWindow', () => {
  it('knows a digest up to its last second', () => {
    const window = new ReplayWindow(10);
    window.add('a', 1000, 900);
    expect(window.has('a', 900)).toBe(true);
    expect(window.has('a', 999.5)).toBe(true);
    expect(window.has('a', 1000)).toBe(true);
    expect(window.has('a', 1000.001)).toBe(false);
    expect(window.has('b', 900)).toBe(false);
  });

  it('keeps as many as it is allowed', () => {
    const window = new ReplayWindow(3);
    for (const digest of ['a', 'b', 'c']) window.add(digest, 1000, 900);
    expect(window.size).toBe(3);
    expect(window.forgotten).toBe(0);
    expect(['a', 'b', 'c'].map((digest) => window.has(digest, 900))).toEqual([true, true, true]);
    window.add('d', 1000, 900);
    expect(window.size).toBe(3);
    expect(window.forgotten).toBe(1);
    expect(['a', 'b', 'c', 'd'].map((digest) => window.has(digest, 900))).toEqual([false, true, true, true]);
  });

  it('is not kept longer for having been asked after', () => {
    const window = new ReplayWindow(2);
    window.add('a', 1000, 900);
    window.add('b', 1000, 900);
    expect(window.has('a', 900)).toBe(true);
    window.add('c', 1000, 900);
    expect(window.has('a', 900)).toBe(false);
    expect(window.has('b', 900)).toBe(true);
  });

  it.each([
    [999, 1],
    [1000, 1],
    [1001, 0],
  ])('pushed out at %i, one that holds until 1000 counts %i times as forgotten', (now, times) => {
    let reported = 0;
    const window = new ReplayWindow(1, () => reported++);
    window.add('a', 1000, 900);
    window.add('b', 2000, now);
    expect(window.forgotten).toBe(times);
    expect(reported).toBe(times);
  });

  it('reports each time', () => {
    let reported = 0;
    const window = new ReplayWindow(1, () => reported++);
    for (const digest of ['a', 'b', 'c', 'd']) window.add(digest, Number.POSITIVE_INFINITY, 900);
    expect(reported).toBe(3);
    expect(window.forgotten).toBe(3);
  });
});

describe('ReplayWindow against a list in order of age', () => {
  /** Twenty characters, of which the first four, by which a place is chosen, are often those of others, at the very end. */
  const digestOf = (number: number, last: number): string =>
    Buffer.from([0xfd + (number % 3), 0xff, 0xff, 0xff, ...new Array(15).fill(number >>> 2), last]).toString('latin1');

  it.each([1, 2, 3, 7, 64, 100])('knows the same of up to %i digests that collide', (max) => {
    const numbers = generator(max);
    let reported = 0;
    const window = new ReplayWindow(max, () => reported++);
    let model: { digest: string; expires: number }[] = [];
    let forgotten = 0;
    const wrong: number[] = [];
    for (let step = 0; step < 1000; step++) {
      const now = step / 4;
      const digest = digestOf(numbers.below(3 * max), numbers.below(2));
      const known = model.some((one) => one.digest === digest && one.expires >= now);
      if (window.has(digest, now) !== known) wrong.push(step);
      if (known) continue;
      const expires = now + numbers.below(2 * max);
      window.add(digest, expires, now);
      model.push({ digest, expires });
      const out = model.slice(0, -max);
      forgotten += out.filter((one) => one.expires >= now).length;
      model = model.slice(-max);
      if (window.size !== model.length) wrong.push(step);
    }
    expect(wrong).toEqual([]);
    expect(forgotten).toBeGreaterThan(0);
    expect(window.forgotten).toBe(forgotten);
    expect(reported).toBe(forgotten);
    for (const { digest, expires } of model) expect(window.has(digest, expires)).toBe(true);
  });

  it('tells digests apart by every one of their characters', () => {
    const digest = 'abcdefghijklmnopqrst';
    const window = new ReplayWindow(100);
    window.add(digest, 1000, 900);
    for (let at = 0; at < digest.length; at++) {
      expect(window.has(`${digest.slice(0, at)}\xff${digest.slice(at + 1)}`, 900)).toBe(false);
    }
    expect(window.has(digest, 900)).toBe(true);
  });
});

describe('freshness', () => {
  it.each([
    [400, true],
    [399, false],
    [399.9, false],
    [1600, true],
    [1600.1, false],
    [1601, false],
    [1000, true],
    [0, false],
  ])('with a skew of 600 at 1000, %d is fresh: %s', (newest, fresh) => {
    expect(isFresh(newest, 1000, 600)).toBe(fresh);
  });

  it('is never what a datagram without entries has', () => {
    for (const now of [0, 1, 1000]) expect(isFresh(-1, now, 600)).toBe(false);
  });

  it('is not asked when turned off', () => {
    expect(isFresh(0, 1e9, false)).toBe(true);
    expect(isFresh(-1, 1e9, false)).toBe(true);
    expect(isFresh(0, 1001, 1000)).toBe(false);
  });

  it('ends when a copy would be stale', () => {
    expect(freshUntil(1000, 600)).toBe(1600);
    expect(freshUntil(0, 600)).toBe(600);
    expect(freshUntil(1000, false)).toBe(Number.POSITIVE_INFINITY);
    expect(freshUntil(-1, false)).toBe(Number.POSITIVE_INFINITY);
  });
});
