import { describe, expect, it } from 'vitest';
import { Pacer } from '../../src/peer/pacer.ts';

/** The moments at which `count` datagrams go of a sender that asks for each when the one before has gone. */
function moments(pacer: Pacer, count: number, start = 0, burst = 1): number[] {
  let now = start;
  return Array.from({ length: count }, () => {
    now += pacer.reserve(now, burst);
    return Math.round((now - start) * 1000) / 1000;
  });
}

describe('Pacer', () => {
  it('lets the first go at once and the others at the rate', () => {
    expect(moments(new Pacer(() => 2), 5, 100)).toEqual([0, 0.4, 0.9, 1.4, 1.9]);
    expect(moments(new Pacer(() => 0.25), 3)).toEqual([0, 3.9, 7.9]);
  });

  it('lets a burst go at once after a pause, and no more however long the pause was', () => {
    const pacer = new Pacer(() => 4);
    expect(moments(pacer, 6, 0, 4)).toEqual([0, 0, 0, 0, 0.25, 0.5]);
    expect(moments(pacer, 6, 1_000_000, 4)).toEqual([0, 0, 0, 0, 0.25, 0.5]);
  });

  it('gives back in a short pause what belongs to it', () => {
    const pacer = new Pacer(() => 4);
    moments(pacer, 4, 0, 4);
    expect(moments(pacer, 3, 0.5, 4)).toEqual([0, 0, 0.25]);
  });

  it('shares its rate among those who ask, in their order', () => {
    const pacer = new Pacer(() => 10);
    const waits = Array.from({ length: 6 }, () => Math.round(pacer.reserve(5) * 1000) / 1000);
    expect(waits).toEqual([0, 0, 0.1, 0.2, 0.3, 0.4]);
  });

  it('makes up for a timer that is late by up to 0.1 seconds', () => {
    const pacer = new Pacer(() => 20);
    moments(pacer, 3);
    // Two intervals of 0.05 seconds are made up for, and the third datagram is in its place.
    expect([0, 0, 0].map(() => pacer.reserve(10))).toEqual([0, 0, 0]);
    expect(pacer.reserve(10)).toBeCloseTo(0.05, 6);
  });

  it('takes for due what is due within a millisecond', () => {
    const pacer = new Pacer(() => 1);
    pacer.reserve(0);
    expect(pacer.reserve(0.8995)).toBe(0);
    expect(pacer.reserve(1.8985)).toBeCloseTo(0.0015, 6);
  });

  it('follows a rate that changes from the next place on', () => {
    let rate = 1;
    const pacer = new Pacer(() => rate);
    pacer.reserve(0);
    rate = 0.1;
    expect(pacer.reserve(0)).toBeCloseTo(0.9, 6);
    expect(pacer.reserve(0)).toBeCloseTo(10.9, 6);
  });
});
