import { describe, expect, it } from 'vitest';
import { addCountsTo, addedCounts, CountResult, CountStep, counted } from '../../src/rules/counts.ts';
import type { Counts } from '../../src/rules/step.ts';
import { ADDRESS, address, frozen, NOW, ran } from './setup.ts';

const none: Counts = { blocked: 0, passed: 0, pass: 0, renewal: undefined };
const white = [{ at: 100, expires: 1000 }];

describe('counted', () => {
  it('counts are added, a later pass is taken over, and every other field stays', () => {
    const counts = { ...none, blocked: 4, passed: 3, pass: NOW - 849 };
    expect(counted(ADDRESS, counts)).toStrictEqual({ ...ADDRESS, blocked: 15, passed: 8, pass: NOW - 849 });
  });

  it('an earlier pass is not taken over', () => {
    expect(counted(ADDRESS, { ...none, pass: NOW - 851 })).toStrictEqual(ADDRESS);
  });

  it('a renewal moves the expiry of the white claim, and nothing else', () => {
    const record = address({ white, localWhite: 7 });
    const renewed = counted(record, { ...none, renewal: { at: 100, expires: 1001 } });
    expect(renewed).toStrictEqual({ ...record, white: [{ at: 100, expires: 1001 }] });
  });

  it('a renewal gives the claim back that the record lost', () => {
    const renewal = { at: 100, expires: 1001 };
    expect(counted(address({}), { ...none, renewal })).toStrictEqual(address({ white: [renewal] }));
  });

  it.each([
    { at: 100, expires: 1000 },
    { at: 99, expires: 1000 },
    { at: 100, expires: 999 },
  ])('a renewal to %j leaves a claim that is as new and as long as it is', (renewal) => {
    const record = address({ white });
    expect(counted(record, { ...none, renewal }).white).toBe(record.white);
  });

  it.each([
    { renewal: { at: 99, expires: 1001 }, claims: [...white, { at: 99, expires: 1001 }] },
    { renewal: { at: 101, expires: 999 }, claims: [{ at: 101, expires: 999 }, ...white] },
  ])('a renewal to $renewal beside a claim made at 100 until 1000 is kept too', ({ renewal, claims }) => {
    expect(counted(address({ white }), { ...none, renewal }).white).toStrictEqual(claims);
  });

  it('a renewal is not put after a trap that is newer than the claim', () => {
    const record = address({ white, trapped: [{ at: 200, expires: 300 }] });
    const renewed = counted(record, { ...none, renewal: { at: 100, expires: 1001 } });
    expect(renewed).toStrictEqual({ ...record, white: [{ at: 100, expires: 1001 }] });
  });

  it('a renewal of a claim that was removed meanwhile lengthens the removal alone', () => {
    const record = address({ whiteRemoved: 100, removalsExpire: 900 });
    const renewed = counted(record, { ...none, renewal: { at: 100, expires: 1001 } });
    expect(renewed).toStrictEqual({ ...record, removalsExpire: 1001 });
  });
});

describe('addCountsTo', () => {
  it('the record itself comes to what counted() gives', () => {
    const counts = { blocked: 1, passed: 2, pass: NOW, renewal: { at: NOW - 900, expires: NOW + 5 } };
    const record = { ...ADDRESS };
    addCountsTo(record, counts);
    expect(record).toStrictEqual(counted(ADDRESS, counts));
    expect(record).toMatchObject({ blocked: 12, passed: 7, pass: NOW });
  });
});

describe('addedCounts', () => {
  const one = frozen({ blocked: 1, passed: 20, pass: 300, renewal: { at: 5, expires: 50 } });

  it('two counts add up, with the later pass and the longer renewal', () => {
    const other = { blocked: 3, passed: 40, pass: 500, renewal: { at: 6, expires: 51 } };
    const sum = { blocked: 4, passed: 60, pass: 500, renewal: other.renewal };
    expect(addedCounts(one, other)).toStrictEqual(sum);
    expect(addedCounts(other, one)).toStrictEqual(sum);
  });

  it('a renewal stays beside counts that have none', () => {
    expect(addedCounts(one, none)).toStrictEqual(one);
    expect(addedCounts(none, one)).toStrictEqual(one);
    expect(addedCounts(none, none)).toStrictEqual(none);
  });

  it('the first of two renewals of one length stands', () => {
    const other = { ...none, renewal: { at: 6, expires: 50 } };
    expect(addedCounts(one, other).renewal).toBe(one.renewal);
    expect(addedCounts(other, one).renewal).toBe(other.renewal);
  });
});

describe('CountStep', () => {
  const counts = { blocked: 1, passed: 2, pass: NOW, renewal: undefined };

  it('the step adds its counts to whatever the record is by then', () => {
    const step = new CountStep('192.0.2.1', counts);
    expect(step.ip).toBe('192.0.2.1');
    expect(ran(step, { address: ADDRESS })).toStrictEqual({ value: undefined, address: counted(ADDRESS, counts) });
  });

  it('the counts of an address that was forgotten meanwhile are forgotten with it', () => {
    expect(ran(new CountStep('192.0.2.1', counts), {})).toStrictEqual({ value: undefined });
  });
});

describe('CountResult', () => {
  it('the address is the record with the counts added, which the record itself is not', () => {
    const counts = frozen({ blocked: 1, passed: 2, pass: NOW, renewal: { at: NOW - 900, expires: NOW + 5 } });
    const result = new CountResult('value', ADDRESS, counts);
    expect(result.value).toBe('value');
    expect(result.counts).toBe(counts);
    expect(result.address).toStrictEqual(counted(ADDRESS, counts));
  });
});
