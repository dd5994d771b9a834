import type { Entry } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { BulkRate, safeRate } from '../../src/peer/bulk-rate.ts';
import { DistinctCount } from '../../src/peer/distinct-count.ts';
import { Pacer } from '../../src/peer/pacer.ts';
import { generator } from '../../src/transport/random.ts';
import { DatagramWriter } from '../../src/wire/encode.ts';

const DAY = 86_400;

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

/** What OpenBSD's pipe holds, bytes. */
const PIPE = 16_384;

/** The longest line that a spamd writes into its pipe for an entry, bytes. */
function longestLine(entry: Entry): number {
  const address = '255.255.255.255';
  if (entry.type === 'white') return `WHITE:${address}:${address}:4294967295\n`.length;
  if (entry.type === 'trapped') return `TRAP:${address}:${address}:4294967295\n`.length;
  if (entry.type !== 'grey') throw new Error('not for a spamd');
  return `SYNC\nHE:${entry.helo}\nIP:${address}\nFR:${entry.from}\nTO:${entry.to}\n`.length;
}

/** How many bytes a datagram puts into the pipe that is full of such entries. */
function bytesOf(entry: Entry): number {
  const writer = new DatagramWriter();
  let bytes = 0;
  while (writer.add(entry, 0xcb00_7101) === undefined) bytes += longestLine(entry);
  return bytes;
}

/** What a datagram puts into the pipe at the most: 85 WHITE. */
const FULL = bytesOf({ type: 'white', ip: '203.0.113.1', timestamp: 1, expires: 2 });

/**
 * The most datagrams that go during `scan` seconds: by a bulk send that had a pause before, whose rest and two seeds then
 * go on, each timer as late as it may be without losing its place.
 */
function mostDuring(scan: number, rate: number, late = 0.1): number {
  const pacer = new Pacer(() => rate);
  const burst = Math.max(1, rate);
  const start = 1000;
  const moments: number[] = [];
  for (const seed of [false, true, true]) {
    for (let wait = 0; wait === 0; ) {
      wait = pacer.reserve(start, seed ? 1 : burst);
      moments.push(start + wait);
    }
  }
  while (moments.length < 1000) {
    // Whoever sent first asks first.
    const now = moments.at(-3) as number;
    moments.push(now + pacer.reserve(now, burst));
  }
  // What is due just before the scan may go when it has begun.
  return Math.max(...moments.map((from) => moments.filter((at) => at >= from && at <= from + late + scan).length));
}

describe('safeRate', () => {
  it('is three datagrams a second where there are few WHITE', () => {
    for (const whites of [0, 1, 100, 1900]) expect(safeRate(whites)).toBe(3);
    expect(safeRate(2000)).toBeLessThan(3);
  });

  it('reckons with the entry that takes most of the pipe', () => {
    expect(FULL).toBe(85 * 49);
    expect(bytesOf({ type: 'trapped', ip: '203.0.113.1', timestamp: 1, expires: 2 })).toBeLessThan(FULL);
    for (let length = 1; length < 250; length++) {
      const text = 'x'.repeat(length);
      for (const [helo, from, to] of [
        [text, 'a', 'b'],
        [text, text, text],
      ] as const) {
        const bytes = bytesOf({ type: 'grey', ip: '203.0.113.1', helo, from, to, timestamp: 1 });
        expect(bytes).toBeLessThan(FULL / 2);
      }
    }
  });

  it.each([
    // WHITE, and how long a spamd was seen to scan with them, seconds.
    [20_000, 0.8],
    [20_000, 0.54],
    [40_400, 1.43],
    [82_220, 2.98],
    [100_000, 5],
    [110_540, 5.39],
    [200_000, 7.5],
    [400_000, 18.2],
  ])('with %i WHITE leaves room in the pipe of a spamd during a scan of %d s', (whites, scan) => {
    const rate = safeRate(whites);
    expect(mostDuring(scan, rate) * FULL).toBeLessThan(PIPE);
    // Also if it takes a fifth longer than reckoned with.
    expect(mostDuring(whites * 50e-6 * 1.2, rate) * FULL).toBeLessThan(PIPE);
    // Nor is it slower than need be.
    const burst = Math.max(1, rate);
    expect((burst + scan * rate) * FULL).toBeLessThan(280.001 * 49);
    expect((burst + scan * rate) * FULL).toBeGreaterThan(0.6 * PIPE);
    expect(mostDuring(whites * 50e-6 * 1.5, rate) * FULL).toBeGreaterThan(PIPE);
  });

  it('leaves room in the pipe of a spamd whatever the number of WHITE', () => {
    for (let whites = 0; whites < 3_000_000; whites = whites * 1.1 + 100) {
      expect(mostDuring(whites * 50e-6, safeRate(whites)) * FULL).toBeLessThan(PIPE);
    }
  });

  it('falls with the number of WHITE and never stops', () => {
    let last = safeRate(1900);
    for (let whites = 2000; whites < 3_000_000; whites *= 1.5) {
      const rate = safeRate(whites);
      expect(rate).toBeLessThan(last);
      expect(rate).toBeGreaterThan(0);
      last = rate;
    }
  });
});

describe('BulkRate', () => {
  it('follows what was noted and seen since, or what was seen, whichever is more', () => {
    const rate = new BulkRate(undefined);
    expect(rate).toMatchObject({ rate: 3, burst: 3, whites: 0 });
    rate.noteWhites(100_000);
    expect(rate).toMatchObject({ rate: safeRate(100_000), burst: 1, whites: 100_000 });
    rate.noteWhites(20_000);
    expect(rate).toMatchObject({ rate: safeRate(20_000), burst: safeRate(20_000), whites: 20_000 });
    rate.noteWhites(400_000);
    expect(rate).toMatchObject({ rate: safeRate(400_000), burst: 1 });
    rate.noteWhites(10);
    for (let at = 0; at < 1000; at++) rate.noteWhite(at, 0);
    expect(rate.whites).toBeGreaterThan(960);
    expect(rate.whites).toBeLessThan(1060);
    // A greylist notes again and again what it holds, among it what was seen.
    rate.noteWhites(1010);
    expect(rate.whites).toBe(1010);
    for (let at = 500; at < 1500; at++) rate.noteWhite(at, 0);
    expect(rate.whites).toBeGreaterThan(1960);
    expect(rate.whites).toBeLessThan(2060);
    rate.noteWhites(5);
    expect(rate.whites).toBeGreaterThan(1425);
    expect(rate.whites).toBeLessThan(1575);
  });

  it('adds no address to what was noted that was last seen 72 days ago', () => {
    const rate = new BulkRate(undefined);
    rate.noteWhites(100);
    for (let at = 0; at < 500; at++) rate.noteWhite(at, 0);
    rate.noteWhite(1000, 36 * DAY);
    expect(rate.whites).toBeGreaterThan(580);
    rate.noteWhite(1000, 72 * DAY);
    expect(rate.whites).toBe(101);
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
