import { describe, expect, it } from 'vitest';
import { tupleKey } from '../../src/rules/key.ts';
import { isExpiredTuple, isForSweep, SweepAddressStep, SweepTupleStep } from '../../src/rules/sweep.ts';
import { address, NOW, ran, TUPLE } from './setup.ts';

const ip = '192.0.2.1';

describe('isExpiredTuple', () => {
  it.each([
    { expires: NOW - 1, expired: true },
    { expires: NOW, expired: true },
    { expires: NOW + 1, expired: false },
  ])('at 1000000 a tuple that expires at $expires has expired: $expired', ({ expires, expired }) => {
    expect(isExpiredTuple({ ...TUPLE, expires }, NOW)).toBe(expired);
  });
});

describe('isForSweep', () => {
  it.each([
    { expires: NOW - 1, swept: true },
    { expires: NOW, swept: true },
    { expires: NOW + 1, swept: false },
  ])('at 1000000 an address that holds until $expires is for the sweep: $swept', ({ expires, swept }) => {
    expect(isForSweep(address({ white: [{ at: 1, expires }] }), NOW)).toBe(swept);
    expect(isForSweep(address({ trapped: [{ at: 1, expires }] }), NOW)).toBe(swept);
    expect(isForSweep(address({ whiteRemoved: 1, removalsExpire: expires }), NOW)).toBe(swept);
  });

  it.each([
    { announcedExpires: NOW, swept: true },
    { announcedExpires: NOW + 1, swept: false },
  ])('at 1000000 a live address announced until $announcedExpires is for the sweep: $swept', (of) => {
    const white = [{ at: 1, expires: NOW + 500 }];
    const record = address({ white, announcedExpires: of.announcedExpires, announcedAt: 1 });
    expect(isForSweep(record, NOW)).toBe(of.swept);
  });
});

describe('SweepTupleStep', () => {
  const key = tupleKey(ip, 'mx', '<a@example.org>', '<b@example.net>');
  const step = new SweepTupleStep(key);

  it('the step is over the tuple of its key, and the address that the key begins with', () => {
    expect(step.key).toBe(key);
    expect(step.ip).toBe(ip);
  });

  it('a tuple is removed at the very second of its expiry', () => {
    expect(ran(step, { tuple: { ...TUPLE, expires: NOW } })).toStrictEqual({ value: 'removed', tuple: null });
  });

  it.each([
    { name: 'a live tuple', tuple: { ...TUPLE, expires: NOW + 1 } },
    { name: 'a tuple that is gone already', tuple: undefined },
  ])('$name is kept as it is', ({ tuple }) => {
    expect(ran(step, { tuple })).toStrictEqual({ value: 'kept' });
  });
});

describe('SweepAddressStep', () => {
  const step = new SweepAddressStep(ip, false);
  const live = [{ at: 10, expires: NOW + 1 }];

  it('the step is over its address', () => {
    expect(step.ip).toBe(ip);
  });

  it('an address is removed at the very second at which nothing of it holds', () => {
    const white = [{ at: 10, expires: NOW }];
    expect(ran(step, { address: address({ white }) })).toStrictEqual({ value: 'removed', address: null });
  });

  it.each([
    { name: 'a live address', address: address({ white: live }) },
    { name: 'a removal that still matters', address: address({ whiteRemoved: 1, removalsExpire: NOW + 1 }) },
    { name: 'an address that is gone already', address: undefined },
  ])('$name is kept as it is', ({ address }) => {
    expect(ran(step, { address })).toStrictEqual({ value: 'kept' });
  });

  it('a live address whose announced expiry has passed is due, and noted as announced now', () => {
    const record = address({ white: live, announcedExpires: NOW, announcedAt: 10 });
    expect(ran(step, { address: record })).toStrictEqual({
      value: { ip, type: 'white', at: 10, expires: NOW + 1 },
      address: { ...record, announcedAt: NOW },
    });
  });

  it('what is due follows trapWins', () => {
    const white = [{ at: 20, expires: NOW + 1 }];
    const record = address({ white, trapped: live, announcedExpires: NOW, announcedAt: 10 });
    expect(ran(step, { address: record }).value).toMatchObject({ type: 'white' });
    expect(ran(new SweepAddressStep(ip, true), { address: record }).value).toMatchObject({ type: 'trapped' });
  });
});
