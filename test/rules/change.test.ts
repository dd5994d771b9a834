import { describe, expect, it } from 'vitest';
import { type AddressChange, merged, mergedRecords, newAddress } from '../../src/rules/address.ts';
import { ChangeStep, LoadAddressStep, LoadTupleStep, ReadStep } from '../../src/rules/change.ts';
import { tupleKey } from '../../src/rules/key.ts';
import { ADDRESS, address, NOW, ran, TUPLE } from './setup.ts';

const ip = '192.0.2.1';

function step(change: AddressChange, announced: boolean): ChangeStep {
  return new ChangeStep(ip, () => change, { announced });
}

describe('ChangeStep', () => {
  const white = { type: 'white', at: NOW - 5, expires: NOW + 600, local: true } as const;

  it('the step is over its address, and makes its change by the time of the store', () => {
    const made = new ChangeStep(ip, (now) => ({ ...white, at: now + 3 }), { announced: false });
    expect(made.ip).toBe(ip);
    expect(ran(made, { now: 700 }).value).toStrictEqual({ at: 703, expires: NOW + 600 });
  });

  it('a change of an unknown address makes a record first seen at the time of the change', () => {
    expect(ran(step(white, false), {})).toStrictEqual({
      value: { at: NOW - 5, expires: NOW + 600 },
      address: merged(newAddress(NOW - 5), white),
    });
  });

  it('a change is merged into a known address, and takes effect at the time that counts there', () => {
    const record = address({ trapped: [{ at: NOW + 8, expires: NOW + 9 }] });
    expect(ran(step(white, false), { address: record })).toStrictEqual({
      value: { at: NOW + 9, expires: NOW + 600 },
      address: merged(record, white),
    });
  });

  it('a change that is announced is noted with its expiry and the time of the store', () => {
    const noted = { ...merged(ADDRESS, white), announcedExpires: NOW + 600, announcedAt: NOW };
    expect(ran(step(white, true), { address: ADDRESS }).address).toStrictEqual(noted);
  });

  it.each([
    { until: NOW, announcedExpires: NOW + 600 },
    { until: NOW + 1, announcedExpires: NOW },
  ])('a WHITE announced at 1000000 for an address trapped until $until notes $announcedExpires', (of) => {
    const record = address({ trapped: [{ at: 10, expires: of.until }] });
    const { announcedExpires } = of;
    expect(ran(step(white, true), { address: record }).address).toStrictEqual({
      ...merged(record, white),
      announcedExpires,
      announcedAt: NOW,
    });
  });

  it('a WHITE ends a trap of which only an older claim still holds', () => {
    const trapped = [
      { at: 20, expires: NOW },
      { at: 10, expires: NOW + 1 },
    ];
    const { address: changed } = ran(step(white, true), { address: address({ trapped }) });
    expect(changed).toMatchObject({ announcedExpires: NOW });
  });

  it('a TRAPPED announced for a trapped address notes its own expiry', () => {
    const trapped = { ...white, type: 'trapped', trappedBy: 'operator' } as const;
    const record = address({ trapped: [{ at: 10, expires: NOW + 1 }] });
    expect(ran(step(trapped, true), { address: record }).address).toMatchObject({ announcedExpires: NOW + 600 });
  });
});

describe('LoadAddressStep', () => {
  const step = new LoadAddressStep(ip, ADDRESS);

  it('a record for an unknown address is stored as it is', () => {
    expect(step.ip).toBe(ip);
    expect(ran(step, {})).toStrictEqual({ value: undefined, address: ADDRESS });
  });

  it('a record for a known address is merged into the known one', () => {
    const known = address({ trapped: [{ at: 10, expires: NOW + 1 }], trappedBy: 'domain', first: NOW - 2001 });
    const both = mergedRecords(known, ADDRESS);
    expect(both).toMatchObject({ first: NOW - 2001, blocked: 11 });
    expect(ran(step, { address: known })).toStrictEqual({ value: undefined, address: both });
  });
});

describe('ReadStep', () => {
  it('reading gives a copy of the record, and changes nothing', () => {
    const step = new ReadStep(ip);
    const result = ran(step, { address: ADDRESS });
    expect(step.ip).toBe(ip);
    expect(result).toStrictEqual({ value: ADDRESS });
    expect(result.value).not.toBe(ADDRESS);
  });

  it('reading an unknown address gives undefined', () => {
    expect(ran(new ReadStep(ip), {})).toStrictEqual({ value: undefined });
  });
});

describe('LoadTupleStep', () => {
  it('a loaded tuple takes the place of a known one', () => {
    const key = tupleKey(ip, 'mx', '<a@example.org>', '<b@example.net>');
    const step = new LoadTupleStep(key, TUPLE);
    expect([step.key, step.ip]).toEqual([key, ip]);
    expect(ran(step, { tuple: { ...TUPLE, blocked: 99 } })).toStrictEqual({ value: undefined, tuple: TUPLE });
  });
});
