import { describe, expect, it } from 'vitest';
import { isRetry, newTuple, overwriteTuple, sinceAt } from '../../src/rules/tuple.ts';
import { frozen, NOW, TUPLE } from './setup.ts';

describe('newTuple', () => {
  it('a new tuple expires after greyexp, has its expiry as pass, and counts nothing', () => {
    expect(newTuple(1000, 60, 'mx\0a\0b')).toStrictEqual({
      first: 1000,
      pass: 1060,
      expires: 1060,
      blocked: 0,
      passed: 0,
      original: 'mx\0a\0b',
    });
    expect(newTuple(1000, 60, undefined).original).toBeUndefined();
  });
});

describe('isRetry', () => {
  it.each([
    { at: 1099, retry: false },
    { at: 1100, retry: false },
    { at: 1101, retry: true },
  ])('an attempt at $at on a tuple first seen at 1000, passtime 100: a retry is $retry', ({ at, retry }) => {
    expect(isRetry({ ...TUPLE, first: 1000 }, at, 100)).toBe(retry);
  });
});

describe('sinceAt', () => {
  const tuple = frozen({ ...TUPLE, first: 1000, pass: 1400, expires: 1400 });

  it.each([1000, 1001])('an attempt at %i leaves a tuple first seen at 1000 as it is', (at) => {
    expect(sinceAt(tuple, at)).toBe(tuple);
  });

  it('an earlier attempt moves the first sight and the expiry back together', () => {
    expect(sinceAt(tuple, 999)).toStrictEqual({ ...tuple, first: 999, pass: 1399, expires: 1399 });
    expect(sinceAt(tuple, 700)).toStrictEqual({ ...tuple, first: 700, pass: 1100, expires: 1100 });
  });

  it('an attempt whose own tuple would have expired by the first sight known here changes nothing', () => {
    expect(sinceAt(tuple, 601)).toStrictEqual({ ...tuple, first: 601, pass: 1001, expires: 1001 });
    expect(sinceAt(tuple, 600)).toBe(tuple);
    expect(sinceAt(tuple, 599)).toBe(tuple);
  });

  it('a tuple that has passed keeps the time at which it passed', () => {
    const passed = frozen({ ...tuple, pass: 1200, passed: 1 });
    expect(sinceAt(passed, 900)).toStrictEqual({ ...passed, first: 900, expires: 1300 });
  });
});

describe('overwriteTuple', () => {
  it('every field of a tuple is written over', () => {
    const record = newTuple(1, 2, undefined);
    overwriteTuple(record, TUPLE);
    expect(record).toStrictEqual(TUPLE);
    expect(new Set(Object.values(TUPLE)).size).toBe(Object.keys(newTuple(NOW, 1, undefined)).length);
  });
});
