import { describe, expect, it } from 'vitest';
import { newAddress } from '../../src/rules/address.ts';
import { type AttemptOptions, type AttemptOutcome, AttemptStep } from '../../src/rules/attempt.ts';
import { counted } from '../../src/rules/counts.ts';
import { tupleKey } from '../../src/rules/key.ts';
import type { Result, View } from '../../src/rules/step.ts';
import { ADDRESS, address, frozen, NOW, ran, TUPLE } from './setup.ts';

const ip = '192.0.2.1';
const RULES = frozen({ passtime: 100, greyexp: 1000, whiteexp: 10_000, trapWins: false, renewal: 500 });
const STRINGS = frozen({ helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' });

function attempt(options: Partial<AttemptOptions> = {}, strings = STRINGS): AttemptStep {
  return new AttemptStep(strings, { ip, rules: RULES, record: 'always', ...options });
}

function outcomeOf(view: Partial<View>, options: Partial<AttemptOptions> = {}): Result<AttemptOutcome> {
  return ran(attempt(options), view);
}

/** A tuple first seen so many seconds ago that has never passed. */
function deferred(secondsAgo: number) {
  const expires = NOW - secondsAgo + 1000;
  return frozen({ ...TUPLE, first: NOW - secondsAgo, pass: expires, expires, passed: 0 });
}

describe('AttemptStep', () => {
  it('the step has the key of its tuple, and the recipient as spamtraps are kept', () => {
    const step = attempt({}, { helo: 'MX', from: '<A@example.org>', to: '<B@Example.net>' });
    expect(step.ip).toBe(ip);
    expect(step.key).toBe(tupleKey(ip, 'MX', '<A@example.org>', '<B@Example.net>'));
    expect(step.key).toBe(tupleKey(ip, 'mx', 'a@example.org', 'b@example.net'));
    expect(step.recipient).toBe('b@example.net');
  });
});

describe('AttemptStep to a spamtrap', () => {
  it.each([
    { name: 'an unknown address', view: {} },
    { name: 'a white address', view: { address: address({ white: [{ at: 1, expires: NOW + 9 }] }) } },
    { name: 'a known tuple', view: { tuple: deferred(101) } },
  ])('an attempt of $name has the outcome spamtrap and records nothing', ({ view }) => {
    const result = outcomeOf({ ...view, isSpamtrap: true });
    expect(result).toStrictEqual({ value: { outcome: 'spamtrap' } });
  });
});

describe('AttemptStep of a white address', () => {
  const at = NOW - 900;
  /** Announced until far ahead, so that only the renewal makes an announcement due. */
  const white = (expires: number, fields = {}) =>
    address({ white: [{ at, expires }], announcedExpires: NOW + 99_999, announcedAt: NOW - 499, passed: 5, ...fields });

  it('an attempt within the renewal passes, is counted, and renews the claim where it stands', () => {
    const record = white(NOW + 50);
    const counts = { blocked: 0, passed: 1, pass: NOW, renewal: { at, expires: NOW + 10_000 } };
    expect(outcomeOf({ address: record })).toStrictEqual({
      value: { outcome: 'white', at, expires: NOW + 10_000, announce: false },
      address: { ...record, white: [{ at, expires: NOW + 10_000 }], pass: NOW, passed: 6 },
      counts,
    });
  });

  it.each([10_000, 10_001])('an attempt renews nothing where the claim holds for %i s anyway', (left) => {
    const record = white(NOW + left);
    const { value, counts, address: changed } = outcomeOf({ address: record });
    expect(value).toStrictEqual({ outcome: 'white', at, expires: NOW + left, announce: false });
    expect(counts).toStrictEqual({ blocked: 0, passed: 1, pass: NOW, renewal: undefined });
    expect(changed).toStrictEqual({ ...record, pass: NOW, passed: 6 });
  });

  it('an attempt renews a claim that holds for one second less than whiteexp', () => {
    expect(outcomeOf({ address: white(NOW + 9999) }).counts?.renewal).toStrictEqual({ at, expires: NOW + 10_000 });
  });

  it.each([499, 500, 501])('an attempt %i s after the last announcement is announced from 500 s on', (ago) => {
    const record = white(NOW + 50, { announcedAt: NOW - ago });
    const { value } = outcomeOf({ address: record });
    expect(value).toMatchObject({ outcome: 'white', expires: NOW + 10_000, announce: ago >= 500 });
  });

  it('an attempt that is announced makes a claim of this host at once, and no mere counts', () => {
    const record = white(NOW + 50, { announcedAt: NOW - 500, blocked: 3, localWhite: 4 });
    expect(outcomeOf({ address: record })).toStrictEqual({
      value: { outcome: 'white', at: NOW, expires: NOW + 10_000, announce: true },
      address: {
        ...record,
        white: [{ at: NOW, expires: NOW + 10_000 }],
        localWhite: NOW,
        pass: NOW,
        passed: 6,
        announcedAt: NOW,
      },
    });
  });

  it('an attempt that is announced keeps an expiry beyond whiteexp', () => {
    const record = white(NOW + 10_001, { announcedAt: NOW - 500 });
    const { value, address: changed } = outcomeOf({ address: record });
    expect(value).toMatchObject({ at: NOW, expires: NOW + 10_001 });
    expect(changed).toMatchObject({ white: [{ at: NOW, expires: NOW + 10_001 }] });
  });

  it('an attempt that is announced takes the time at which its claim counts', () => {
    const record = address({ white: [{ at: NOW + 5, expires: NOW + 50 }], whiteRemoved: NOW + 3 });
    const { value, address: changed } = outcomeOf({ address: record });
    expect(value).toStrictEqual({ outcome: 'white', at: NOW + 4, expires: NOW + 10_000, announce: true });
    expect(changed).toMatchObject({ localWhite: NOW + 4, pass: NOW, announcedExpires: NOW + 10_000, announcedAt: NOW });
  });

  it.each([
    { announcedExpires: NOW, announce: true },
    { announcedExpires: NOW + 1, announce: false },
  ])('an attempt at 1000000 of an address announced until $announcedExpires is announced: $announce', (of) => {
    const record = white(NOW + 50, { announcedExpires: of.announcedExpires });
    expect(outcomeOf({ address: record }).value).toMatchObject({ announce: of.announce });
  });

  it('an attempt at another host changes nothing', () => {
    const record = white(NOW + 50, { announcedAt: 0, announcedExpires: 0 });
    const expected = { value: { outcome: 'white', at, expires: NOW + 50, announce: false } };
    expect(outcomeOf({ address: record }, { remoteAt: NOW - 1 })).toStrictEqual(expected);
    expect(outcomeOf({ address: record }, { remoteAt: 0 })).toStrictEqual(expected);
  });

  it.each(['always', 'known', 'no'] as const)('an attempt passes where it is recorded %s', (record) => {
    expect(outcomeOf({ address: white(NOW + 50) }, { record }).value).toMatchObject({ outcome: 'white' });
  });

  it('neither the tuple nor its key is looked up', () => {
    const view: View = {
      now: NOW,
      address: white(NOW + 50),
      isSpamtrap: false,
      get tuple(): undefined {
        throw new Error('the tuple was looked up');
      },
    };
    expect(attempt().run(view).value).toMatchObject({ outcome: 'white' });
  });
});

describe('AttemptStep of a trapped address', () => {
  const record = address({
    white: [{ at: 20, expires: NOW + 10 }],
    trapped: [{ at: 20, expires: NOW + 60 }],
    trappedBy: 'low-priority-mx',
    blocked: 7,
  });

  it.each([
    { where: 'this host', options: {} },
    { where: 'another host', options: { remoteAt: NOW - 1 } },
    { where: 'this host, unrecorded', options: { record: 'no' } as const },
  ])('an attempt at $where is counted, and moves no expiry', ({ options }) => {
    expect(outcomeOf({ address: record, tuple: deferred(101) }, options)).toStrictEqual({
      value: { outcome: 'trapped', expires: NOW + 60, trappedBy: 'low-priority-mx' },
      address: { ...record, blocked: 8 },
      counts: { blocked: 1, passed: 0, pass: 0, renewal: undefined },
    });
  });

  it('an attempt of an address whose white claim is newer is trapped under trapWins alone', () => {
    const newer = address({ white: [{ at: 21, expires: NOW + 10 }], trapped: record.trapped });
    const trapWins = { ...RULES, trapWins: true };
    expect(outcomeOf({ address: newer }).value.outcome).toBe('white');
    expect(outcomeOf({ address: newer }, { rules: trapWins }).value.outcome).toBe('trapped');
  });
});

describe('AttemptStep of a new tuple', () => {
  const first = { first: NOW, pass: NOW + 1000, expires: NOW + 1000, blocked: 1, passed: 0, original: undefined };

  it.each([
    { name: 'an unknown address', address: undefined },
    { name: 'an address of which nothing holds any more', address: ADDRESS },
  ])('the first attempt of $name is deferred and recorded, and leaves the address alone', ({ address }) => {
    expect(outcomeOf({ address })).toStrictEqual({
      value: { outcome: 'first', first: NOW, blocked: 1, retryAfter: 101 },
      tuple: first,
    });
  });

  it('the strings are kept as the client typed them where they differ from the canonical ones', () => {
    const { tuple } = ran(attempt({}, { ...STRINGS, helo: 'MX' }), {});
    expect(tuple).toStrictEqual({ ...first, original: 'MX\0<a@example.org>\0<b@example.net>' });
  });

  it.each([
    { remoteAt: NOW - 30, at: NOW - 30, retryAfter: 71 },
    { remoteAt: NOW - 100, at: NOW - 100, retryAfter: 1 },
    { remoteAt: NOW - 101, at: NOW - 101, retryAfter: 1 },
    { remoteAt: NOW - 500, at: NOW - 500, retryAfter: 1 },
    { remoteAt: NOW + 30, at: NOW, retryAfter: 101 },
  ])('the first attempt, made at another host at $remoteAt, counts from $at', ({ remoteAt, at, retryAfter }) => {
    expect(outcomeOf({}, { remoteAt })).toStrictEqual({
      value: { outcome: 'first', first: at, blocked: 1, retryAfter },
      tuple: { ...first, first: at, pass: at + 1000, expires: at + 1000 },
    });
  });

  it('a tuple that expires at this second is new again', () => {
    const expired = { ...TUPLE, expires: NOW };
    expect(outcomeOf({ tuple: expired }).tuple).toStrictEqual(first);
    expect(outcomeOf({ tuple: { ...expired, expires: NOW + 1 } }).value.outcome).toBe('early');
  });

  it('whether a tuple has expired counts from when the other host saw the attempt', () => {
    const tuple = { ...TUPLE, first: NOW - 50, expires: NOW - 10 };
    expect(outcomeOf({ tuple }, { remoteAt: NOW - 10 }).value.outcome).toBe('first');
    expect(outcomeOf({ tuple }, { remoteAt: NOW - 11 }).value.outcome).toBe('early');
  });

  it.each([
    { record: 'no', tuple: undefined },
    { record: 'no', tuple: deferred(101) },
    { record: 'known', tuple: undefined },
    { record: 'known', tuple: { ...TUPLE, expires: NOW } },
  ] as const)('an attempt recorded "$record" is not recorded with the tuple $tuple', ({ record, tuple }) => {
    expect(outcomeOf({ tuple }, { record })).toStrictEqual({ value: { outcome: 'unrecorded' } });
  });

  it('an attempt that is not recorded never looks up the tuple', () => {
    const view: View = {
      now: NOW,
      address: undefined,
      isSpamtrap: false,
      get tuple(): undefined {
        throw new Error('the tuple was looked up');
      },
    };
    expect(attempt({ record: 'no' }).run(view)).toStrictEqual({ value: { outcome: 'unrecorded' } });
  });
});

describe('AttemptStep of a known tuple before passtime is over', () => {
  it.each([
    { ago: 0, retryAfter: 101 },
    { ago: 1, retryAfter: 100 },
    { ago: 99, retryAfter: 2 },
    { ago: 100, retryAfter: 1 },
  ])('an attempt $ago s after the first is deferred for $retryAfter s, and counts alone', ({ ago, retryAfter }) => {
    const tuple = deferred(ago);
    expect(outcomeOf({ tuple, address: ADDRESS })).toStrictEqual({
      value: { outcome: 'early', first: NOW - ago, blocked: 4, retryAfter },
      tuple: { ...tuple, blocked: 4 },
    });
  });

  it('an attempt recorded for known tuples alone is recorded', () => {
    const tuple = deferred(50);
    expect(outcomeOf({ tuple }, { record: 'known' }).tuple).toStrictEqual({ ...tuple, blocked: 4 });
  });

  it('an earlier attempt at another host moves the first sight back', () => {
    const tuple = deferred(50);
    expect(outcomeOf({ tuple }, { remoteAt: NOW - 60 })).toStrictEqual({
      value: { outcome: 'early', first: NOW - 60, blocked: 4, retryAfter: 41 },
      tuple: { ...tuple, first: NOW - 60, pass: NOW + 940, expires: NOW + 940, blocked: 4 },
    });
  });

  it('an attempt at another host is early by the time at which it was made there', () => {
    const tuple = deferred(300);
    expect(outcomeOf({ tuple }, { remoteAt: NOW - 200 }).value).toStrictEqual({
      outcome: 'early',
      first: NOW - 300,
      blocked: 4,
      retryAfter: 1,
    });
    expect(outcomeOf({ tuple }, { remoteAt: NOW - 199 }).value.outcome).toBe('promoted');
  });
});

describe('AttemptStep of a known tuple after passtime', () => {
  const tuple = deferred(101);
  const expires = NOW + 10_000;

  it('a retry makes an unknown address white, first seen when the tuple was', () => {
    expect(outcomeOf({ tuple })).toStrictEqual({
      value: { outcome: 'promoted', at: NOW, expires, waited: 101 },
      address: {
        ...newAddress(NOW - 101),
        white: [{ at: NOW, expires }],
        localWhite: NOW,
        pass: NOW,
        passed: 1,
        announcedExpires: expires,
        announcedAt: NOW,
      },
      tuple: { ...tuple, pass: NOW, passed: 1 },
    });
  });

  it('a retry makes a known address white and keeps what was noted of it', () => {
    expect(outcomeOf({ tuple, address: ADDRESS })).toStrictEqual({
      value: { outcome: 'promoted', at: NOW, expires, waited: 101 },
      address: {
        ...ADDRESS,
        white: [{ at: NOW, expires }],
        localWhite: NOW,
        pass: NOW,
        passed: 6,
        announcedExpires: expires,
        announcedAt: NOW,
      },
      tuple: { ...tuple, pass: NOW, passed: 1 },
    });
  });

  it('a retry takes the time at which its claim counts', () => {
    const record = address({ whiteRemoved: NOW + 2, removalsExpire: NOW + 9 });
    const { value, address: changed } = outcomeOf({ tuple, address: record });
    expect(value).toStrictEqual({ outcome: 'promoted', at: NOW + 3, expires, waited: 101 });
    expect(changed).toMatchObject({ white: [{ at: NOW + 3, expires }], pass: NOW });
  });

  it('a retry whose expiry the group holds longer leaves the announced expiry', () => {
    const record = address({ announcedExpires: NOW - 119, announcedAt: 10 });
    expect(outcomeOf({ tuple, address: record }).address).toMatchObject({ announcedExpires: NOW - 119 });
  });

  it('a tuple that passed before passes and is counted again', () => {
    const passed = { ...tuple, pass: NOW - 20, passed: 4 };
    expect(outcomeOf({ tuple: passed }).tuple).toStrictEqual({ ...passed, pass: NOW, passed: 5 });
  });

  it('a retry at another host makes the address white from then on, and is not announced', () => {
    const known = deferred(300);
    const at = NOW - 10;
    expect(outcomeOf({ tuple: known }, { remoteAt: at })).toStrictEqual({
      value: { outcome: 'promoted', at, expires: at + 10_000, waited: 300 },
      address: { ...newAddress(NOW - 300), white: [{ at, expires: at + 10_000 }], pass: at },
      tuple: { ...known, pass: at, blocked: 4 },
    });
  });

  it('a retry at another host keeps the counts and the local claim of a known address', () => {
    const at = NOW - 10;
    const { address: changed } = outcomeOf({ tuple: deferred(300), address: ADDRESS }, { remoteAt: at });
    expect(changed).toStrictEqual({ ...ADDRESS, white: [{ at, expires: at + 10_000 }], pass: at });
  });

  it('a retry recorded for known tuples alone passes', () => {
    expect(outcomeOf({ tuple }, { record: 'known' }).value.outcome).toBe('promoted');
  });
});

describe('the counts of an AttemptStep', () => {
  it('the address of a result that merely counts is what its counts make of the record', () => {
    const record = address({ white: [{ at: 9, expires: NOW + 50 }], announcedExpires: NOW + 99, announcedAt: NOW });
    const { counts, address: changed } = outcomeOf({ address: record });
    if (counts === undefined) throw new Error('the attempt was not merely counted');
    expect(changed).toStrictEqual(counted(record, counts));
  });
});
