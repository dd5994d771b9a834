import { describe, expect, it } from 'vitest';
import { announced, announcedOverTrap, dueAgain, isForgotten, mayBeDue } from '../../src/rules/repair.ts';
import { ADDRESS, address, NOW } from './setup.ts';

describe('announced', () => {
  it.each([
    { after: -1, expires: 1000 },
    { after: 0, expires: 1000 },
    { after: 119, expires: 1000 },
    { after: 120, expires: 5000 },
    { after: 121, expires: 5000 },
  ])('an announcement $after s after the noted expiry of 1000 notes $expires', ({ after, expires }) => {
    const record = address({ announcedExpires: 1000, announcedAt: 500 });
    const noted = { ...record, announcedExpires: expires, announcedAt: 1000 + after };
    expect(announced(record, 5000, 1000 + after)).toStrictEqual(noted);
  });

  it('the first announcement notes its expiry', () => {
    expect(announced(address({}), NOW + 9, NOW)).toStrictEqual(
      address({ announcedExpires: NOW + 9, announcedAt: NOW }),
    );
  });

  it('an announcement leaves every other field as it is', () => {
    const { announcedExpires: _expires, announcedAt: _at, ...others } = ADDRESS;
    expect(announced(ADDRESS, NOW + 9, NOW)).toMatchObject(others);
  });
});

describe('announcedOverTrap', () => {
  it('an announcement over a trap notes an expiry of now, and leaves every other field as it is', () => {
    const noted = { ...ADDRESS, announcedExpires: NOW, announcedAt: NOW };
    expect(announcedOverTrap(ADDRESS, NOW)).toStrictEqual(noted);
  });

  it.each([
    { after: 0, due: false },
    { after: 119, due: false },
    { after: 120, due: true },
  ])('an address announced over a trap is due again after $after s: $due', ({ after, due }) => {
    expect(mayBeDue(announcedOverTrap(ADDRESS, NOW), NOW + after)).toBe(due);
  });
});

describe('isForgotten', () => {
  it.each([
    { now: 999, announcedAt: 500, forgotten: false },
    { now: 1000, announcedAt: 500, forgotten: true },
    { now: 1000, announcedAt: 999, forgotten: true },
    { now: 1000, announcedAt: 1000, forgotten: false },
    { now: 1119, announcedAt: 999, forgotten: true },
    { now: 1119, announcedAt: 1000, forgotten: false },
    { now: 1119, announcedAt: 1001, forgotten: false },
    { now: 1120, announcedAt: 1001, forgotten: true },
    { now: 1121, announcedAt: 1001, forgotten: true },
  ])('at $now, an expiry of 1000 that was announced at $announcedAt is forgotten: $forgotten', (of) => {
    expect(isForgotten(address({ announcedExpires: 1000, announcedAt: of.announcedAt }), of.now)).toBe(of.forgotten);
  });

  it('an address that was never announced counts as forgotten', () => {
    expect(isForgotten(address({}), NOW)).toBe(true);
  });
});

describe('mayBeDue', () => {
  it('an address that was never announced is never due', () => {
    expect(mayBeDue(address({}), NOW)).toBe(false);
  });

  it('an announced address is due from the second at which its expiry is forgotten', () => {
    const record = address({ announcedExpires: 1, announcedAt: 0 });
    expect(mayBeDue(record, 0)).toBe(false);
    expect(mayBeDue(record, 1)).toBe(true);
  });
});

describe('dueAgain', () => {
  const due = { announcedExpires: NOW - 1, announcedAt: NOW - 100 };

  it('an address whose announced expiry still stands is not due', () => {
    const white = [{ at: 10, expires: NOW + 500 }];
    expect(dueAgain(address({ white, announcedExpires: NOW + 1, announcedAt: 10 }), NOW, false)).toBeUndefined();
  });

  it('an address of which nothing holds any more is not due', () => {
    expect(dueAgain(address({ ...due, white: [{ at: 10, expires: NOW }] }), NOW, false)).toBeUndefined();
  });

  it('a white address is due with its newest claim and its longest expiry as one claim', () => {
    const white = [
      { at: 20, expires: NOW + 100 },
      { at: 10, expires: NOW + 500 },
    ];
    expect(dueAgain(address({ ...due, white }), NOW, false)).toStrictEqual({
      state: { type: 'white', at: 20, expires: NOW + 500 },
      record: address({
        white: [{ at: 20, expires: NOW + 500 }],
        announcedExpires: NOW - 1,
        announcedAt: NOW,
      }),
    });
  });

  it('an address that every spamd has forgotten is due, and its new expiry is noted', () => {
    const white = [{ at: 10, expires: NOW + 500 }];
    const record = address({ white, announcedExpires: NOW - 120, announcedAt: NOW - 60 });
    expect(dueAgain(record, NOW, false)?.record).toStrictEqual({
      ...record,
      announcedExpires: NOW + 500,
      announcedAt: NOW,
    });
  });

  it('a trapped address is due with its longest expiry, and keeps what trapped it', () => {
    const trapped = [
      { at: 20, expires: NOW + 100 },
      { at: 15, expires: NOW + 500 },
    ];
    // An older white claim, expired, that a change of this host would count against.
    const white = [{ at: 30, expires: NOW }];
    const record = address({ ...due, white, trapped, trappedBy: 'domain' });
    expect(dueAgain(record, NOW, false)).toStrictEqual({
      state: { type: 'trapped', at: 20, expires: NOW + 500 },
      record: {
        ...record,
        trapped: [{ at: 20, expires: NOW + 500 }],
        announcedAt: NOW,
      },
    });
  });

  it('the state that is due follows trapWins', () => {
    const record = address({
      ...due,
      white: [{ at: 20, expires: NOW + 100 }],
      trapped: [{ at: 10, expires: NOW + 200 }],
    });
    expect(dueAgain(record, NOW, false)?.state).toStrictEqual({ type: 'white', at: 20, expires: NOW + 100 });
    expect(dueAgain(record, NOW, true)?.state).toStrictEqual({ type: 'trapped', at: 10, expires: NOW + 200 });
  });
});
