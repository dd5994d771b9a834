import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressChange,
  type AddressRecord,
  type AddressState,
  holdsUntil,
  merged,
  mergedRecords,
  newAddress,
  overwriteAddress,
  stateOf,
  timeOf,
} from '../../src/rules/address.ts';
import { ADDRESS, address, frozen, NOW } from './setup.ts';

/** Short enough times that changes meet at the same second, and that all of them can be looked at. */
const LATEST = 40;
/** No claim holds longer than a removal is remembered. */
const LONGEST = 30;
const END = LATEST + LONGEST + 2;
const MOMENTS = Array.from({ length: END }, (_, now) => now);

const at = fc.integer({ min: 1, max: LATEST });
/** More sources than evidence is kept, each heard of more than once, and traps of which nothing is to be kept. */
const circumstances = fc.option(
  fc.record({ source: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), received: fc.integer({ min: 1, max: 3 }) }),
  { nil: undefined, freq: 6 },
);
const change: fc.Arbitrary<AddressChange> = fc
  .oneof(
    fc.record({
      type: fc.constantFrom('white' as const, 'trapped' as const),
      at,
      held: fc.integer({ min: 1, max: LONGEST }),
    }),
    fc.record({
      type: fc.constantFrom('remove-white' as const, 'remove-trapped' as const),
      at,
      held: fc.constant(LONGEST),
    }),
  )
  .chain((each) => circumstances.map((of) => ({ ...each, circumstances: of })))
  .map(({ type, at, held, circumstances }): AddressChange => {
    const common = { at, expires: at + held, local: false };
    if (type !== 'trapped') return { ...common, type };
    return { ...common, type, trappedBy: 'group', circumstances };
  });
const changes = fc.array(change, { maxLength: 24 });
/** The same changes, in another order and some of them more than once. */
const twoOrders = changes.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc
      .array(fc.nat(), { minLength: all.length, maxLength: all.length })
      .map((order) => shuffled([...all, ...all.slice(0, 5)], order)),
  ),
);

function shuffled<T>(all: readonly T[], order: readonly number[]): T[] {
  const keyed = all.map((each, index) => ({ each, key: order[index % order.length] ?? 0 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ each }) => each);
}

function recordOf(all: readonly AddressChange[]): AddressRecord {
  return all.reduce(merged, newAddress(1));
}

function statesOf(record: AddressRecord): (AddressState | undefined)[] {
  return MOMENTS.map((now) => stateOf(record, now, false));
}

/** What evidence ought to be kept: the newest of each source, four at most, none that a removal forgot. */
function expectedEvidence(all: readonly AddressChange[]): object[] {
  const removed = Math.max(0, ...all.filter(({ type }) => type === 'remove-trapped').map(({ at }) => at));
  const kept = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((source) => {
    const seen = all.flatMap((each) =>
      each.type === 'trapped' && each.at > removed && each.circumstances?.source === source
        ? [{ time: each.at, received: each.circumstances.received ?? 0, source }]
        : [],
    );
    return seen.sort((a, b) => b.time - a.time || a.received - b.received).slice(0, 1);
  });
  return kept.sort((a, b) => b.time - a.time || (a.source < b.source ? -1 : 1)).slice(0, 4);
}

/** What the state ought to be, from the changes themselves. */
function expectedState(all: readonly AddressChange[], now: number): AddressState | undefined {
  const claims = (type: 'white' | 'trapped') => {
    const removed = Math.max(0, ...all.filter((each) => each.type === `remove-${type}`).map((each) => each.at));
    return all.filter((each) => each.type === type && each.at > removed && each.expires > now);
  };
  const newest = (of: readonly AddressChange[]) => Math.max(-1, ...of.map((each) => each.at));
  const [white, trapped] = [claims('white'), claims('trapped')];
  if (white.length === 0 && trapped.length === 0) return undefined;
  const isWhite = newest(white) > newest(trapped);
  const counting = isWhite
    ? white.filter((each) => each.at > newest(trapped))
    : trapped.filter((each) => each.at >= newest(white));
  return {
    type: isWhite ? 'white' : 'trapped',
    at: newest(counting),
    expires: Math.max(...counting.map((each) => each.expires)),
  };
}

describe('merged and mergedRecords', () => {
  it('the merge gives what the changes as a whole say, at every moment', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const record = recordOf(all);
        expect(statesOf(record)).toEqual(MOMENTS.map((now) => expectedState(all, now)));
        expect(record.evidence.map(({ time, received, source }) => ({ time, received, source }))).toEqual(
          expectedEvidence(all),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('the merge is commutative and idempotent', () => {
    fc.assert(
      fc.property(twoOrders, ([all, again]) => {
        expect(statesOf(recordOf(again))).toEqual(statesOf(recordOf(all)));
        expect(recordOf(again).evidence).toEqual(recordOf(all).evidence);
      }),
      { numRuns: 500 },
    );
  });

  it('the merge is associative: records merge as the changes in them do', () => {
    fc.assert(
      fc.property(changes, changes, changes, (a, b, c) => {
        const [one, two, three] = [recordOf(a), recordOf(b), recordOf(c)];
        const whole = statesOf(recordOf([...a, ...b, ...c]));
        expect(statesOf(mergedRecords(mergedRecords(one, two), three))).toEqual(whole);
        expect(statesOf(mergedRecords(one, mergedRecords(two, three)))).toEqual(whole);
        expect(statesOf(mergedRecords(mergedRecords(three, one), two))).toEqual(whole);
        expect(statesOf(mergedRecords(one, one))).toEqual(statesOf(one));
        const { evidence } = recordOf([...a, ...b, ...c]);
        expect(mergedRecords(mergedRecords(one, two), three).evidence).toEqual(evidence);
        expect(mergedRecords(one, mergedRecords(two, three)).evidence).toEqual(evidence);
        expect(mergedRecords(mergedRecords(three, one), two).evidence).toEqual(evidence);
        expect(mergedRecords(one, one).evidence).toEqual(one.evidence);
      }),
      { numRuns: 300 },
    );
  });

  it('the merge of two records keeps the earliest sight, and the latest of everything else beside the claims', () => {
    const a = { ...newAddress(10), pass: 50, blocked: 7, passed: 1, localWhite: 20, announcedExpires: 90 };
    const b = { ...newAddress(30), pass: 40, blocked: 2, passed: 5, localWhite: 25, announcedAt: 60 };
    const both = { first: 10, pass: 50, blocked: 7, passed: 5, localWhite: 25, announcedExpires: 90, announcedAt: 60 };
    expect(mergedRecords(a, b)).toMatchObject(both);
    expect(mergedRecords(b, a)).toMatchObject(both);
  });

  it('the merge does not change the records that it is given', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const [one, two] = [recordOf(a), recordOf(b)];
        const before = structuredClone([one, two]);
        merged(mergedRecords(one, two), { type: 'remove-white', at: 99, expires: 99, local: false });
        expect([one, two]).toEqual(before);
      }),
    );
  });

  it('a host comes to the same state whenever it sweeps, and whenever it receives a change that still holds', () => {
    const arriving = fc.array(
      fc.record({ change, delays: fc.array(fc.nat({ max: LONGEST }), { minLength: 1, maxLength: 3 }) }),
      { maxLength: 16 },
    );
    fc.assert(
      fc.property(arriving, fc.array(fc.boolean(), { minLength: END, maxLength: END }), (all, sweeps) => {
        let swept: AddressRecord | undefined;
        const received: AddressChange[] = [];
        for (const now of MOMENTS) {
          const arrived = all.filter(({ change, delays }) => delays.some((delay) => change.at + delay === now));
          for (const { change } of arrived) {
            if (change.expires <= now) continue;
            swept = merged(swept ?? newAddress(now), change);
            received.push(change);
          }
          if (sweeps[now] && swept !== undefined && holdsUntil(swept) <= now) swept = undefined;
          expect(swept && stateOf(swept, now, false)).toEqual(expectedState(received, now));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a removal is kept until nothing that it refused could come again', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 200 }), (all, longer) => {
        // Claims of any length: what a removal took away must stay away as long as it holds.
        const long = all.map((each) => (each.type === 'white' ? { ...each, expires: each.expires + longer } : each));
        const record = recordOf(long);
        for (const now of [...MOMENTS, END + 50, END + 100, END + 200]) {
          if (holdsUntil(record) > now) continue;
          expect(long.filter((each) => each.expires > now)).toEqual([]);
        }
      }),
    );
  });

  it('a record keeps a bounded number of claims, of which the newest decides', () => {
    const record = recordOf(
      Array.from({ length: 1000 }, (_, i) => ({ type: 'white', at: i + 1, expires: 9999 - i, local: false })),
    );
    expect(record.white.map(({ at }) => at)).toEqual(Array.from({ length: 32 }, (_, i) => 1000 - i));
    expect(stateOf(record, 1000, false)).toMatchObject({ type: 'white', at: 1000 });
  });
});

describe('a local change', () => {
  const decided = fc.constantFrom('white' as const, 'trapped' as const, 'forget' as const);

  it('a local change counts at once against everything known, and its time makes it count elsewhere', () => {
    fc.assert(
      fc.property(changes, decided, (all, what) => {
        const now = LATEST;
        let here = recordOf(all);
        let there = recordOf(all);
        const expires = now + LONGEST;
        const common = { at: now, expires, local: true };
        const asked: AddressChange[] =
          what === 'forget'
            ? (['remove-white', 'remove-trapped'] as const).map((type) => ({ type, ...common }))
            : [what === 'white' ? { type: what, ...common } : { type: what, ...common, trappedBy: 'operator' }];
        for (const each of asked) {
          const at = timeOf(here, each);
          expect(at).toBeGreaterThanOrEqual(now);
          here = merged(here, each);
          there = merged(there, { ...each, at, local: false });
        }
        expect(stateOf(here, now, false)?.type).toBe(what === 'forget' ? undefined : what);
        expect(statesOf(there)).toEqual(statesOf(here));
      }),
      { numRuns: 500 },
    );
  });

  it('a local white claim alone ends a live trap under trapWins', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const record = recordOf(all);
        const free = stateOf(record, LATEST, false);
        const trapWins = stateOf(record, LATEST, true);
        const trapped = expectedState(
          all.filter(({ type }) => type.endsWith('trapped')),
          LATEST,
        );
        expect(trapWins?.type).toBe(trapped === undefined ? free?.type : 'trapped');
        const allowed = merged(record, { type: 'white', at: LATEST, expires: END, local: true });
        expect(stateOf(allowed, LATEST, true)?.type).toBe('white');
      }),
    );
  });
});

describe('timeOf', () => {
  const common = { at: 100, expires: 900, local: true };
  const white = { ...common, type: 'white' } as const;
  const trapped = { ...common, type: 'trapped', trappedBy: '' } as const;
  const removeWhite = { ...common, type: 'remove-white' } as const;
  const removeTrapped = { ...common, type: 'remove-trapped' } as const;
  const claims = (...at: number[]) => at.map((each) => ({ at: each, expires: 900 }));

  it.each([
    { what: 'white', by: { whiteRemoved: 99 }, change: white, at: 100 },
    { what: 'white', by: { whiteRemoved: 100 }, change: white, at: 101 },
    { what: 'white', by: { trapped: claims(99) }, change: white, at: 100 },
    { what: 'white', by: { trapped: claims(100, 5) }, change: white, at: 101 },
    { what: 'white', by: { white: claims(200), trappedRemoved: 200 }, change: white, at: 100 },
    { what: 'trapped', by: { trappedRemoved: 99 }, change: trapped, at: 100 },
    { what: 'trapped', by: { trappedRemoved: 100 }, change: trapped, at: 101 },
    { what: 'trapped', by: { white: claims(100) }, change: trapped, at: 100 },
    { what: 'trapped', by: { white: claims(101, 5) }, change: trapped, at: 101 },
    { what: 'trapped', by: { trapped: claims(200), whiteRemoved: 200 }, change: trapped, at: 100 },
    { what: 'remove-white', by: { white: claims(100) }, change: removeWhite, at: 100 },
    { what: 'remove-white', by: { white: claims(101, 5) }, change: removeWhite, at: 101 },
    { what: 'remove-white', by: { trapped: claims(200), whiteRemoved: 200 }, change: removeWhite, at: 100 },
    { what: 'remove-trapped', by: { trapped: claims(100) }, change: removeTrapped, at: 100 },
    { what: 'remove-trapped', by: { trapped: claims(101, 5) }, change: removeTrapped, at: 101 },
    { what: 'remove-trapped', by: { white: claims(200), trappedRemoved: 200 }, change: removeTrapped, at: 100 },
  ])('a local $what at 100 takes effect at $at where $by is known, a remote one at 100', ({ by, change, at }) => {
    expect(timeOf(address(by), change)).toBe(at);
    expect(timeOf(address(by), { ...change, local: false })).toBe(100);
  });
});

describe('merged', () => {
  const claim = { at: 100, expires: 900 };
  const remote = { ...claim, local: false };
  const white = { ...remote, type: 'white' } as const;
  const trapped = { ...remote, type: 'trapped', trappedBy: 'domain' } as const;

  it('a white claim changes the claims alone, and a local one is noted too', () => {
    expect(merged(address({}), white)).toStrictEqual(address({ white: [claim] }));
    expect(merged(address({}), { ...white, local: true })).toStrictEqual(address({ white: [claim], localWhite: 100 }));
    expect(merged(address({ localWhite: 101 }), { ...white, local: true }).localWhite).toBe(101);
    expect(merged(address({ localWhite: 5 }), white).localWhite).toBe(5);
  });

  it('a white claim made when white was removed, or before, lengthens the removal alone', () => {
    expect(merged(address({ whiteRemoved: 100 }), white)).toStrictEqual(
      address({ whiteRemoved: 100, removalsExpire: 900 }),
    );
    expect(merged(address({ whiteRemoved: 100, removalsExpire: 901 }), white).removalsExpire).toBe(901);
    expect(merged(address({ whiteRemoved: 99, trappedRemoved: 100 }), white)).toStrictEqual(
      address({ whiteRemoved: 99, trappedRemoved: 100, white: [claim] }),
    );
  });

  it('a trapped claim made when trapped was removed, or before, lengthens the removal alone', () => {
    expect(merged(address({ trappedRemoved: 100, trappedBy: 'group' }), trapped)).toStrictEqual(
      address({ trappedRemoved: 100, removalsExpire: 900, trappedBy: 'group' }),
    );
    expect(merged(address({ trappedRemoved: 99, whiteRemoved: 100 }), trapped)).toStrictEqual(
      address({ trappedRemoved: 99, whiteRemoved: 100, trapped: [claim], trappedBy: 'domain' }),
    );
  });

  it.each([
    { newest: 99, trappedBy: 'domain' },
    { newest: 100, trappedBy: 'domain' },
    { newest: 101, trappedBy: 'group' },
  ])('a trapped claim made at 100 beside one made at $newest leaves $trappedBy', ({ newest, trappedBy }) => {
    const record = address({ trapped: [{ at: newest, expires: 800 }], trappedBy: 'group' });
    expect(merged(record, trapped).trappedBy).toBe(trappedBy);
  });

  it('a trapped claim of which no cause is known leaves the cause that is', () => {
    const record = address({ trapped: [{ at: 99, expires: 800 }], trappedBy: 'group' });
    expect(merged(record, { ...trapped, trappedBy: '' }).trappedBy).toBe('group');
  });

  const three = [
    { at: 101, expires: 600 },
    { at: 100, expires: 700 },
    { at: 99, expires: 950 },
  ];

  it('a removal takes away the white claims made up to its time, and lasts as long as they would have', () => {
    const record = address({ white: three, trapped: three });
    const removed = merged(record, { ...remote, type: 'remove-white' });
    const [kept] = three;
    expect(removed).toStrictEqual({ ...record, white: [kept], whiteRemoved: 100, removalsExpire: 950 });
    expect(merged(record, { ...remote, expires: 951, type: 'remove-white' }).removalsExpire).toBe(951);
  });

  it('a removal takes away the trapped claims made up to its time, and lasts as long as they would have', () => {
    const record = address({ white: three, trapped: three, trappedBy: 'domain' });
    const removed = merged(record, { ...remote, type: 'remove-trapped' });
    const [kept] = three;
    expect(removed).toStrictEqual({ ...record, trapped: [kept], trappedRemoved: 100, removalsExpire: 950 });
  });

  it('an older removal never sets back a newer one', () => {
    const record = address({ whiteRemoved: 101, trappedRemoved: 102 });
    expect(merged(record, { ...remote, type: 'remove-white' }).whiteRemoved).toBe(101);
    expect(merged(record, { ...remote, type: 'remove-trapped' }).trappedRemoved).toBe(102);
  });

  it.each([
    { claims: [{ at: 100, expires: 900 }], kept: [claim] },
    { claims: [{ at: 99, expires: 899 }], kept: [claim] },
    { claims: [{ at: 101, expires: 900 }], kept: [{ at: 101, expires: 900 }] },
    { claims: [{ at: 100, expires: 901 }], kept: [{ at: 100, expires: 901 }] },
    { claims: [{ at: 101, expires: 899 }], kept: [{ at: 101, expires: 899 }, claim] },
    { claims: [{ at: 99, expires: 901 }], kept: [claim, { at: 99, expires: 901 }] },
    {
      claims: [
        { at: 101, expires: 800 },
        { at: 100, expires: 899 },
        { at: 98, expires: 900 },
        { at: 97, expires: 950 },
      ],
      kept: [{ at: 101, expires: 800 }, claim, { at: 97, expires: 950 }],
    },
  ])('a claim made at 100 until 900 beside $claims leaves $kept', ({ claims, kept }) => {
    expect(merged(address({ white: frozen(claims) }), white).white).toStrictEqual(kept);
  });
});

describe('mergedRecords', () => {
  const other = address({
    white: [{ at: 30, expires: 600 }],
    trapped: [{ at: 40, expires: 700 }],
    whiteRemoved: 20,
    trappedRemoved: 25,
    removalsExpire: 800,
    localWhite: 30,
    trappedBy: 'domain',
    first: 5,
    pass: 45,
    blocked: 3,
    passed: 4,
    announcedExpires: 650,
    announcedAt: 35,
  });

  it('a record merged with one of which nothing is known is that record', () => {
    expect(mergedRecords(newAddress(6), other)).toStrictEqual(other);
    expect(mergedRecords(other, newAddress(6))).toStrictEqual(other);
  });

  it('removals of the other record take away the claims of the one', () => {
    const one = address({ white: [{ at: 20, expires: 900 }], trapped: [{ at: 25, expires: 950 }], first: 9 });
    const both = { ...other, first: 5, removalsExpire: 950 };
    expect(mergedRecords(one, other)).toStrictEqual(both);
    expect(mergedRecords(other, { ...one, first: 9 })).toStrictEqual({ ...both });
  });

  it('a removal at 1 counts, and a record without one has none', () => {
    const one = address({ white: [{ at: 1, expires: 900 }], trapped: [{ at: 1, expires: 900 }] });
    expect(mergedRecords(one, address({ whiteRemoved: 1 }))).toMatchObject({ white: [], trapped: one.trapped });
    expect(mergedRecords(one, address({ trappedRemoved: 1 }))).toMatchObject({ white: one.white, trapped: [] });
    expect(mergedRecords(one, address({ removalsExpire: 50 })).removalsExpire).toBe(0);
  });
});

describe('stateOf', () => {
  const white = [
    { at: 20, expires: 200 },
    { at: 10, expires: 300 },
  ];
  const trapped = [
    { at: 19, expires: 150 },
    { at: 9, expires: 250 },
  ];

  it('an address of which nothing is known has no state', () => {
    expect(stateOf(address({}), 0, false)).toBeUndefined();
  });

  it.each([
    { now: 149, state: { type: 'white', at: 20, expires: 200 } },
    { now: 150, state: { type: 'white', at: 20, expires: 300 } },
    { now: 199, state: { type: 'white', at: 20, expires: 300 } },
    { now: 200, state: { type: 'white', at: 10, expires: 300 } },
    { now: 299, state: { type: 'white', at: 10, expires: 300 } },
    { now: 300, state: undefined },
  ])('the claims that still hold at $now make $state', ({ now, state }) => {
    expect(stateOf(address({ white, trapped }), now, false)).toStrictEqual(state);
  });

  it.each([
    { trapAt: 19, state: { type: 'white', at: 20, expires: 200 } },
    { trapAt: 20, state: { type: 'trapped', at: 20, expires: 150 } },
    { trapAt: 21, state: { type: 'trapped', at: 21, expires: 150 } },
  ])('a trap at $trapAt beside a white claim at 20 makes $state', ({ trapAt, state }) => {
    const record = address({ white, trapped: [{ at: trapAt, expires: 150 }] });
    expect(stateOf(record, 100, false)).toStrictEqual(state);
  });

  it('a trap holds as long as the longest trapped claim as new as the white one', () => {
    const longest = [
      { at: 30, expires: 150 },
      { at: 20, expires: 250 },
      { at: 19, expires: 350 },
    ];
    expect(stateOf(address({ white, trapped: longest }), 100, false)).toStrictEqual({
      type: 'trapped',
      at: 30,
      expires: 250,
    });
  });

  it('a claim made at 0 counts', () => {
    const zero = [{ at: 0, expires: 9 }];
    expect(stateOf(address({ white: zero }), 1, false)).toStrictEqual({ type: 'white', at: 0, expires: 9 });
    expect(stateOf(address({ trapped: zero }), 1, false)).toStrictEqual({ type: 'trapped', at: 0, expires: 9 });
    expect(stateOf(address({ trapped: zero, white: [{ at: 5, expires: 9 }] }), 1, true)?.type).toBe('trapped');
  });

  it('a white address holds as long as the longest white claim newer than the trap', () => {
    const claims = [...white, { at: 9, expires: 400 }];
    const trap = (at: number) => [{ at, expires: 250 }];
    expect(stateOf(address({ white: claims, trapped: trap(10) }), 100, false)?.expires).toBe(200);
    expect(stateOf(address({ white: claims, trapped: trap(9) }), 100, false)?.expires).toBe(300);
    expect(stateOf(address({ white: claims, trapped: trap(8) }), 100, false)?.expires).toBe(400);
  });

  it.each([
    { localWhite: 0, type: 'trapped' },
    { localWhite: 19, type: 'trapped' },
    { localWhite: 20, type: 'white' },
    { localWhite: 99, type: 'white' },
  ])(
    'under trapWins a local white claim at $localWhite makes an address trapped at 19 $type',
    ({ localWhite, type }) => {
      const record = address({ white, trapped, localWhite });
      expect(stateOf(record, 100, true)?.type).toBe(type);
      expect(stateOf(record, 100, false)?.type).toBe('white');
    },
  );

  it.each([
    { whiteRemoved: 19, type: 'white' },
    { whiteRemoved: 20, type: 'trapped' },
    { whiteRemoved: 21, type: 'trapped' },
  ])(
    'under trapWins a removal at $whiteRemoved leaves $type of a local white claim at 20',
    ({ whiteRemoved, type }) => {
      const record = address({ white, trapped, localWhite: 20, whiteRemoved });
      expect(stateOf(record, 100, true)?.type).toBe(type);
    },
  );

  it('under trapWins a newer local claim that has expired does not make up for an older one of the group', () => {
    const record = address({
      white: [
        { at: 40, expires: 50 },
        { at: 10, expires: 300 },
      ],
      trapped: [{ at: 15, expires: 200 }],
      localWhite: 40,
    });
    expect(stateOf(record, 100, true)).toStrictEqual({ type: 'trapped', at: 15, expires: 200 });
  });

  it('under trapWins a trap holds as long as the longest claim newer than the local white one', () => {
    const record = address({
      white: [{ at: 30, expires: 300 }],
      trapped: [
        { at: 20, expires: 150 },
        { at: 10, expires: 250 },
      ],
      localWhite: 15,
    });
    expect(stateOf(record, 100, true)).toStrictEqual({ type: 'trapped', at: 20, expires: 150 });
    expect(stateOf({ ...record, localWhite: 10 }, 100, true)?.expires).toBe(250);
    expect(stateOf({ ...record, localWhite: 0 }, 100, true)?.expires).toBe(250);
  });

  it('trapWins changes nothing where no trap holds any more', () => {
    expect(stateOf(address({ white, trapped }), 260, true)).toStrictEqual({ type: 'white', at: 10, expires: 300 });
  });
});

describe('holdsUntil', () => {
  it.each([
    {
      latest: 'white',
      record: { white: [{ at: 0, expires: 9 }], trapped: [{ at: 1, expires: 8 }], removalsExpire: 7 },
    },
    {
      latest: 'trapped',
      record: { white: [{ at: 1, expires: 8 }], trapped: [{ at: 0, expires: 9 }], removalsExpire: 7 },
    },
    { latest: 'the removals', record: { white: [{ at: 1, expires: 8 }], trapped: [], removalsExpire: 9 } },
  ])('a record whose latest expiry is that of $latest holds until then', ({ record }) => {
    expect(holdsUntil(address(record))).toBe(9);
  });

  it('a record of nothing holds until 0', () => {
    expect(holdsUntil(newAddress(5))).toBe(0);
  });
});

describe('newAddress and overwriteAddress', () => {
  it('a new record knows the first sight and nothing else', () => {
    expect(newAddress(7)).toStrictEqual({
      white: [],
      trapped: [],
      whiteRemoved: 0,
      trappedRemoved: 0,
      removalsExpire: 0,
      localWhite: 0,
      trappedBy: '',
      evidence: [],
      first: 7,
      pass: 0,
      blocked: 0,
      passed: 0,
      announcedExpires: 0,
      announcedAt: 0,
    });
  });

  it('every field of an address is written over', () => {
    const record = newAddress(NOW);
    overwriteAddress(record, ADDRESS);
    expect(record).toStrictEqual(ADDRESS);
    expect(new Set(Object.values(ADDRESS)).size).toBe(Object.keys(record).length);
  });
});
