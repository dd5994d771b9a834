import { describe, expect, it } from 'vitest';
import { BulkRate, safeRate } from '../../src/peer/bulk-rate.ts';
import { DistinctCount } from '../../src/peer/distinct-count.ts';
import { generator } from '../support/random.ts';

const DAY = 86_400;
const ADDRESSES = 85;

describe('DistinctCount', () => {
  it.each([0, 1, 10, 1000, 5000, 20_000, 100_000, 400_000, 2_000_000])('estimates %i different numbers', (count) => {
    const { next } = generator(count + 1);
    const random = new DistinctCount();
    const inOrder = new DistinctCount();
    for (let at = 0; at < count; at++) {
      random.add(Math.floor(next() * 2 ** 32));
      inOrder.add((0xc612_0000 + at) >>> 0);
    }
    expect(Math.abs(inOrder.estimate - count)).toBeLessThanOrEqual(count * 0.05);
    // The generator repeats itself now and then.
    expect(Math.abs(random.estimate - count)).toBeLessThanOrEqual(count * 0.12);
  });

  it('counts a number once, however often it is added', () => {
    const count = new DistinctCount();
    for (let round = 0; round < 100; round++) for (let value = 0; value < 100; value++) count.add(value);
    expect(Math.abs(count.estimate - 100)).toBeLessThanOrEqual(2);
  });

  it('knows the greatest 32-bit numbers', () => {
    const count = new DistinctCount();
    for (const value of [0, 0xffff_ffff, 0x8000_0000]) count.add(value);
    expect(count.estimate).toBe(3);
  });
});

describe('safeRate', () => {
  it('is four datagrams a second up to 20,000 WHITE', () => {
    for (const whites of [0, 1, 1000, 20_000]) expect(safeRate(whites)).toBe(4);
    expect(safeRate(25_000)).toBeLessThan(4);
  });

  it.each([
    // WHITE, and how long a spamd was seen to scan with them, seconds.
    [20_000, 0.8],
    [100_000, 5],
    [200_000, 7.5],
    [400_000, 18],
  ])('with %i WHITE brings at most half of what locked up a spamd during a scan of %d s', (whites, scan) => {
    const rate = safeRate(whites);
    const burst = Math.max(1, rate);
    expect((burst + scan * rate) * ADDRESSES).toBeLessThan(700.001);
    // Nor is it slower than need be.
    expect((burst + scan * rate) * ADDRESSES).toBeGreaterThan(500);
  });

  it('falls with the number of WHITE and never stops', () => {
    let last = safeRate(20_000);
    for (let whites = 30_000; whites < 3_000_000; whites *= 1.5) {
      const rate = safeRate(whites);
      expect(rate).toBeLessThan(last);
      expect(rate).toBeGreaterThan(0);
      last = rate;
    }
  });
});

describe('BulkRate', () => {
  it('follows what was noted or what was seen, whichever is more', () => {
    const rate = new BulkRate(undefined);
    expect(rate).toMatchObject({ rate: 4, burst: 4, whites: 0 });
    rate.noteWhites(100_000);
    expect(rate).toMatchObject({ rate: safeRate(100_000), burst: safeRate(100_000), whites: 100_000 });
    rate.noteWhites(400_000);
    expect(rate).toMatchObject({ rate: safeRate(400_000), burst: 1 });
    rate.noteWhites(10);
    for (let at = 0; at < 1000; at++) rate.noteWhite(at, 0);
    expect(rate.whites).toBeGreaterThan(950);
    expect(rate.whites).toBeLessThan(1050);
  });

  it('is what it was set to, whatever the group holds', () => {
    const rate = new BulkRate(50);
    rate.noteWhites(400_000);
    expect(rate).toMatchObject({ rate: 50, burst: 50, whites: 400_000 });
  });

  it('counts an address for 36 days at least, and not for ever', () => {
    const rate = new BulkRate(undefined);
    for (let at = 0; at < 500; at++) rate.noteWhite(at, 0);
    rate.noteWhite(1000, 36 * DAY);
    expect(rate.whites).toBeGreaterThan(480);
    rate.noteWhite(1000, 71 * DAY);
    expect(rate.whites).toBeGreaterThan(480);
    rate.noteWhite(1000, 72 * DAY);
    expect(rate.whites).toBe(1);
  });
});
