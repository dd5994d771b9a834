import fc from 'fast-check';
import {
  type AddressChange,
  type AddressRecord,
  type AddressState,
  holdsUntil,
  merged,
  mergedRecords,
  newAddress,
  stateOf,
  timeOf,
} from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';

/** Short enough times that changes meet at the same second, and that all of them can be looked at. */
const LATEST = 40;
/** No claim holds longer than a removal is remembered. */
const LONGEST = 30;
const END = LATEST + LONGEST + 2;
const MOMENTS = Array.from({ length: END }, (_, now) => now);

const at = fc.integer({ min: 1, max: LATEST });
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
  .map(({ type, at, held }): AddressChange => {
    const common = { at, expires: at + held, local: false };
    return type === 'trapped' ? { ...common, type, trappedBy: '' } : { ...common, type };
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

describe('the merge of an address', () => {
  it('gives what the changes as a whole say, at every moment', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const record = recordOf(all);
        expect(statesOf(record)).toEqual(MOMENTS.map((now) => expectedState(all, now)));
      }),
      { numRuns: 500 },
    );
  });

  it('is commutative and idempotent', () => {
    fc.assert(
      fc.property(twoOrders, ([all, again]) => {
        expect(statesOf(recordOf(again))).toEqual(statesOf(recordOf(all)));
      }),
      { numRuns: 500 },
    );
  });

  it('is associative: records merge as the changes in them do', () => {
    fc.assert(
      fc.property(changes, changes, changes, (a, b, c) => {
        const [one, two, three] = [recordOf(a), recordOf(b), recordOf(c)];
        const whole = statesOf(recordOf([...a, ...b, ...c]));
        expect(statesOf(mergedRecords(mergedRecords(one, two), three))).toEqual(whole);
        expect(statesOf(mergedRecords(one, mergedRecords(two, three)))).toEqual(whole);
        expect(statesOf(mergedRecords(mergedRecords(three, one), two))).toEqual(whole);
        expect(statesOf(mergedRecords(one, one))).toEqual(statesOf(one));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the earliest sight, and the latest of everything else that is noted beside the claims', () => {
    const a = { ...newAddress(10), pass: 50, blocked: 7, passed: 1, localWhite: 20, announcedExpires: 90 };
    const b = { ...newAddress(30), pass: 40, blocked: 2, passed: 5, localWhite: 25, announcedAt: 60 };
    const both = { first: 10, pass: 50, blocked: 7, passed: 5, localWhite: 25, announcedExpires: 90, announcedAt: 60 };
    expect(mergedRecords(a, b)).toMatchObject(both);
    expect(mergedRecords(b, a)).toMatchObject(both);
  });

  it('does not change the records that it is given', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const [one, two] = [recordOf(a), recordOf(b)];
        const before = structuredClone([one, two]);
        merged(mergedRecords(one, two), { type: 'remove-white', at: 99, expires: 99, local: false });
        expect([one, two]).toEqual(before);
      }),
    );
  });

  it('comes to the same whenever a host sweeps, and whenever it receives a change that still holds', () => {
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

  it('holds a removal until nothing that it refused could come again', () => {
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

  it('keeps a bounded record of however many claims, in which the newest decides', () => {
    const record = recordOf(
      Array.from({ length: 1000 }, (_, i) => ({ type: 'white', at: i + 1, expires: 9999 - i, local: false })),
    );
    expect(record.white.length).toBeLessThanOrEqual(32);
    expect(stateOf(record, 1000, false)).toMatchObject({ type: 'white', at: 1000 });
  });
});

describe('a change that this host decides', () => {
  const decided = fc.constantFrom('white' as const, 'trapped' as const, 'forget' as const);

  it('counts at once against everything known, and its time makes it count elsewhere', () => {
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

  it('alone ends a live trap under trapWins', () => {
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
