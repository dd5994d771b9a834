import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressChange,
  type AddressRecord,
  type AddressState,
  applyChange,
  isSpent,
  newAddressRecord,
  stateOf,
} from '../../src/rules/address-record.ts';
import { loadAddress } from '../../src/rules/load.ts';

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
    const common = { ip: '192.0.2.1', at, until: at + held, own: false };
    return type === 'white' || type === 'trapped' ? { ...common, type, by: '' } : { ...common, type };
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
  const record = newAddressRecord(1);
  for (const each of all) applyChange(record, each);
  return record;
}

function statesOf(record: AddressRecord): (AddressState | undefined)[] {
  return MOMENTS.map((now) => stateOf(record, now, false));
}

/** What the state ought to be, from the changes themselves. */
function expectedState(all: readonly AddressChange[], now: number): AddressState | undefined {
  const claims = (type: 'white' | 'trapped') => {
    const removed = Math.max(0, ...all.filter((each) => each.type === `remove-${type}`).map((each) => each.at));
    return all.filter((each) => each.type === type && each.at > removed && each.until > now);
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
    until: Math.max(...counting.map((each) => each.until)),
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
        expect(statesOf(loadAddress(loadAddress(one, two), three))).toEqual(whole);
        expect(statesOf(loadAddress(one, loadAddress(two, three)))).toEqual(whole);
        expect(statesOf(loadAddress(loadAddress(three, one), two))).toEqual(whole);
        expect(statesOf(loadAddress(one, one))).toEqual(statesOf(one));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the earliest sight, and the latest of everything else that is noted beside the claims', () => {
    const a = { ...newAddressRecord(10), pass: 50, blocked: 7, passed: 1, ownWhite: 20, announcedUntil: 90 };
    const b = { ...newAddressRecord(30), pass: 40, blocked: 2, passed: 5, ownWhite: 25, announcedAt: 60 };
    const both = { first: 10, pass: 50, blocked: 7, passed: 5, ownWhite: 25, announcedUntil: 90, announcedAt: 60 };
    expect(loadAddress(a, b)).toMatchObject(both);
    expect(loadAddress(b, a)).toMatchObject(both);
  });

  it('does not change the records that it is given', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const [one, two] = [recordOf(a), recordOf(b)];
        const before = structuredClone([one, two]);
        applyChange(loadAddress(one, two), { type: 'remove-white', ip: '', at: 99, until: 99, own: false });
        expect([one, two]).toEqual(before);
      }),
    );
  });

  it('comes to the same whenever a host sweeps, and whenever it hears of a change that is not over', () => {
    const arriving = fc.array(
      fc.record({ change, delays: fc.array(fc.nat({ max: LONGEST }), { minLength: 1, maxLength: 3 }) }),
      { maxLength: 16 },
    );
    fc.assert(
      fc.property(arriving, fc.array(fc.boolean(), { minLength: END, maxLength: END }), (all, sweeps) => {
        let swept: AddressRecord | undefined;
        const heard: AddressChange[] = [];
        for (const now of MOMENTS) {
          const arrived = all.filter(({ change, delays }) => delays.some((delay) => change.at + delay === now));
          for (const { change } of arrived) {
            if (change.until <= now) continue;
            swept ??= newAddressRecord(now);
            applyChange(swept, change);
            heard.push(change);
          }
          if (sweeps[now] && swept !== undefined && isSpent(swept, now)) swept = undefined;
          expect(swept && stateOf(swept, now, false)).toEqual(expectedState(heard, now));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('forgets a spent record only when nothing that it refused could come again', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 200 }), (all, longer) => {
        // Claims of any length: what a removal took away must stay away as long as it holds.
        const long = all.map((each) => (each.type === 'white' ? { ...each, until: each.until + longer } : each));
        const record = recordOf(long);
        for (const now of [...MOMENTS, END + 50, END + 100, END + 200]) {
          if (!isSpent(record, now)) continue;
          expect(long.filter((each) => each.until > now)).toEqual([]);
        }
      }),
    );
  });

  it('keeps a bounded record of however many claims, in which the newest decides', () => {
    const record = newAddressRecord(1);
    for (let i = 1; i <= 1000; i++) {
      applyChange(record, { type: 'white', ip: '', at: i, until: 10_000 - i, own: false, by: '' });
    }
    expect(record.white.length).toBeLessThanOrEqual(32);
    expect(stateOf(record, 1000, false)).toMatchObject({ type: 'white', at: 1000 });
  });
});

describe("a change of this host's own", () => {
  const own = fc.constantFrom('white' as const, 'trapped' as const, 'forget' as const);

  it('counts at once against everything known, and its time makes it count elsewhere', () => {
    fc.assert(
      fc.property(changes, own, (all, what) => {
        const now = LATEST;
        const here = recordOf(all);
        const there = recordOf(all);
        const until = now + LONGEST;
        const asked: AddressChange[] =
          what === 'forget'
            ? (['remove-white', 'remove-trapped'] as const).map((type) => ({ type, ip: '', at: now, until, own: true }))
            : [{ type: what, ip: '', at: now, until, own: true, by: 'operator' }];
        for (const each of asked) {
          const at = applyChange(here, each);
          expect(at).toBeGreaterThanOrEqual(now);
          applyChange(there, { ...each, at, own: false });
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
        applyChange(record, { type: 'white', ip: '', at: LATEST, until: END, own: true, by: '' });
        expect(stateOf(record, LATEST, true)?.type).toBe('white');
      }),
    );
  });
});
