import type { AddressChange, Store, StoreRecord } from 'spamd-sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateOf } from '../../../src/rules/address-record.ts';
import { concurrency } from './concurrency.ts';
import { likeMemory } from './like-memory.ts';
import { address, contents, keyOf, NOW, nameOf, RULES, stepOf, tuple, tupleIn } from './steps.ts';

/** A store to be tried: empty, and gone with all that it needed when it is closed. */
export interface Tried {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

const IP = '192.0.2.1';
const WHITE = { type: 'white', ip: IP, at: NOW, until: NOW + 1000, own: true, by: '' } as const satisfies AddressChange;
const TRAPPED = { ...WHITE, type: 'trapped', by: 'spamtrap' } as const satisfies AddressChange;

/** What every store has to do, however it keeps things. */
export function storeContract(name: string, open: () => Promise<Tried>): void {
  describe(`the contract of a store: ${name}`, () => {
    let tried: Tried;
    let store: Store;

    beforeEach(async () => {
      tried = await open();
      store = tried.store;
    });

    afterEach(() => tried.close());

    const attempt = async (step: Parameters<typeof stepOf>[0]) => store.recordAttempt(stepOf(step));
    const stateAt = async (ip: string, now: number) => {
      const known = await store.address(ip);
      return known === undefined ? undefined : stateOf(known, now, false);
    };

    describe('recordAttempt', () => {
      it('goes from the first sight over one too early to a retry, and is white then', async () => {
        expect(await attempt({ ip: IP, now: NOW })).toEqual({ step: 'first', first: NOW, blocked: 1 });
        const early = await attempt({ ip: IP, now: NOW + RULES.passtime });
        expect(early).toEqual({ step: 'early', first: NOW, blocked: 2 });
        const retry = NOW + RULES.passtime + 1;
        const until = retry + RULES.whiteexp;
        expect(await attempt({ ip: IP, now: retry })).toEqual({ step: 'promoted', at: retry, until });
        expect(await attempt({ ip: IP, now: retry })).toMatchObject({ step: 'white', until, announce: false });
        expect(await tupleIn(store, keyOf(IP))).toMatchObject({ first: NOW, pass: retry, blocked: 2, passed: 1 });
        expect(await store.address(IP)).toMatchObject({ first: NOW, pass: retry, passed: 2, announcedUntil: until });
      });

      it('keeps tuples apart by their key', async () => {
        await attempt({ ip: IP, to: 'one@example.net' });
        expect(await attempt({ ip: IP, to: 'two@example.net' })).toMatchObject({ step: 'first', blocked: 1 });
        expect(await attempt({ ip: '192.0.2.2', to: 'one@example.net' })).toMatchObject({ step: 'first' });
        expect(await store.stats()).toMatchObject({ tuples: 3, addresses: 0 });
      });

      it('forgets a tuple when greyexp has passed, and not before', async () => {
        await attempt({ ip: IP, rules: { passtime: 50, greyexp: 100 } });
        const last = await attempt({ ip: IP, now: NOW + 50, rules: { passtime: 50, greyexp: 100 } });
        expect(last).toMatchObject({ step: 'early', blocked: 2 });
        const gone = await attempt({ ip: IP, now: NOW + 100, rules: { passtime: 50, greyexp: 100 } });
        expect(gone).toEqual({ step: 'first', first: NOW + 100, blocked: 1 });
      });

      it('keeps the strings as typed', async () => {
        await attempt({ ip: IP, spelled: 'Mail\0<Alice@Example.Org>\0<bob@example.net>' });
        expect((await tupleIn(store, keyOf(IP)))?.spelled).toBe('Mail\0<Alice@Example.Org>\0<bob@example.net>');
      });

      it('renews a white address, and says when the group is to be told', async () => {
        await store.mergeAddress(WHITE, { now: NOW, announced: true });
        const until = NOW + RULES.whiteexp;
        expect(await attempt({ ip: IP, now: NOW })).toMatchObject({ step: 'white', until, announce: false });
        const renewed = await attempt({ ip: IP, now: NOW + RULES.renewal });
        expect(renewed).toMatchObject({ step: 'white', until: until + RULES.renewal, announce: true });
        expect(await attempt({ ip: IP, now: NOW + RULES.renewal })).toMatchObject({ announce: false });
      });

      it('neither renews nor counts a white address for an attempt at another host', async () => {
        await store.mergeAddress(WHITE, { now: NOW, announced: false });
        const told = await attempt({ ip: IP, now: NOW + 10, own: false });
        expect(told).toMatchObject({ step: 'white', until: WHITE.until, announce: false });
        expect(await store.address(IP)).toMatchObject({ passed: 0, pass: 0 });
      });

      it('refuses a trapped address, counts that, and says what sprang it', async () => {
        await store.mergeAddress(TRAPPED, { now: NOW, announced: false });
        expect(await attempt({ ip: IP })).toEqual({ step: 'trapped', until: TRAPPED.until, by: 'spamtrap' });
        expect(await store.address(IP)).toMatchObject({ blocked: 1 });
        expect(await store.stats()).toMatchObject({ tuples: 0 });
      });

      it('lets go of a trap when it has expired', async () => {
        await store.mergeAddress(TRAPPED, { now: NOW, announced: false });
        expect(await attempt({ ip: IP, now: TRAPPED.until })).toMatchObject({ step: 'first' });
      });

      it('says so when the recipient is a spamtrap, and records nothing', async () => {
        await store.spamtraps.add('bob@example.net');
        expect(await attempt({ ip: IP })).toEqual({ step: 'spamtrap' });
        expect(await store.stats()).toMatchObject({ tuples: 0, addresses: 0, spamtraps: 1 });
      });

      it('records no new tuple when only known ones count, and none at all when none does', async () => {
        expect(await attempt({ ip: IP, record: 'known' })).toEqual({ step: 'unrecorded' });
        expect(await attempt({ ip: IP, record: 'no' })).toEqual({ step: 'unrecorded' });
        expect(await contents(store)).toEqual([]);
        await attempt({ ip: IP });
        expect(await attempt({ ip: IP, record: 'known' })).toMatchObject({ step: 'early', blocked: 2 });
      });

      it('counts from the earlier sight that another host tells of late', async () => {
        await attempt({ ip: IP, now: NOW });
        await attempt({ ip: IP, at: NOW - 1000, now: NOW + 1, own: false });
        expect((await tupleIn(store, keyOf(IP)))?.first).toBe(NOW - 1000);
        expect(await attempt({ ip: IP, now: NOW + RULES.passtime - 999 })).toMatchObject({ step: 'promoted' });
      });
    });

    describe('mergeAddress', () => {
      it('returns the time that a change took, and keeps the change', async () => {
        expect(await store.mergeAddress(WHITE, { now: NOW, announced: false })).toBe(NOW);
        expect(await stateAt(IP, NOW)).toEqual({ type: 'white', at: NOW, until: WHITE.until });
        expect(await store.mergeAddress({ ...TRAPPED, at: NOW - 5 }, { now: NOW, announced: false })).toBe(NOW);
        expect(await stateAt(IP, NOW)).toMatchObject({ type: 'trapped' });
      });

      it('comes to the same in any order', async () => {
        const changes: AddressChange[] = [
          { ...WHITE, own: false, at: NOW - 30 },
          { ...TRAPPED, own: false, at: NOW - 20 },
          { type: 'remove-trapped', ip: IP, at: NOW - 10, until: NOW + 500, own: false },
          { ...WHITE, own: false, at: NOW - 5, until: NOW + 50 },
        ];
        for (const change of changes) await store.mergeAddress(change, { now: NOW, announced: false });
        for (const change of [...changes].reverse()) {
          await store.mergeAddress({ ...change, ip: '192.0.2.2' }, { now: NOW, announced: false });
        }
        const one = await store.address(IP);
        const other = await store.address('192.0.2.2');
        expect(one).toMatchObject({ trapped: [], trappedRemoved: NOW - 10, removalsUntil: NOW + 1000 });
        const { white, trapped, whiteRemoved, trappedRemoved, removalsUntil } = address(other);
        expect(one).toMatchObject({ white, trapped, whiteRemoved, trappedRemoved, removalsUntil });
      });

      it('keeps of very many claims the newest 32', async () => {
        const longer = (newer: number) => ({ ...WHITE, own: false, at: NOW + newer, until: NOW + 1000 - newer });
        for (let newer = 0; newer < 40; newer++) {
          await store.mergeAddress(longer(newer), { now: NOW + 50, announced: false });
        }
        const kept = Array.from({ length: 32 }, (_, n) => ({ at: NOW + 39 - n, until: NOW + 961 + n }));
        expect(await store.address(IP)).toMatchObject({ white: kept });
      });

      it('notes that the group is told', async () => {
        await store.mergeAddress(WHITE, { now: NOW + 1, announced: true });
        expect(await store.address(IP)).toMatchObject({ announcedUntil: WHITE.until, announcedAt: NOW + 1 });
      });
    });

    describe('address', () => {
      it('knows nothing of one that nothing was said of', async () => {
        expect(await store.address(IP)).toBeUndefined();
        await attempt({ ip: IP });
        expect(await store.address(IP)).toBeUndefined();
      });

      it('takes a name for an address', async () => {
        await store.mergeAddress({ ...WHITE, ip: 'pool.example.org' }, { now: NOW, announced: false });
        expect(await store.address('pool.example.org')).toMatchObject({ white: [{ at: NOW, until: WHITE.until }] });
      });
    });

    describe('spamtraps', () => {
      it('are there from when they are added until they are deleted', async () => {
        expect(await store.spamtraps.has('trap@example.net')).toBe(false);
        await store.spamtraps.add('trap@example.net');
        await store.spamtraps.add('trap@example.net');
        expect(await store.spamtraps.has('trap@example.net')).toBe(true);
        expect(await store.stats()).toMatchObject({ spamtraps: 1 });
        expect(await store.spamtraps.delete('trap@example.net')).toBe(true);
        expect(await store.spamtraps.delete('trap@example.net')).toBe(false);
        expect(await store.spamtraps.has('trap@example.net')).toBe(false);
        expect(await contents(store)).toEqual([]);
      });
    });

    describe('entries and load', () => {
      const records: StoreRecord[] = [
        { type: 'tuple', key: keyOf('192.0.2.1', 'a@b'), record: tuple({ spelled: 'H\0<A@B>\0<a@b>', passed: 3 }) },
        { type: 'tuple', key: keyOf('192.0.2.2', '\xc3\xa9@b'), record: tuple({ first: NOW - 9, blocked: 7 }) },
        {
          type: 'address',
          ip: '192.0.2.3',
          record: address({
            white: [
              { at: NOW, until: NOW + 10 },
              { at: NOW - 5, until: 2 ** 32 + 5 },
            ],
            trapped: [{ at: NOW - 7, until: NOW + 7 }],
            whiteRemoved: NOW - 50,
            trappedRemoved: NOW - 60,
            removalsUntil: NOW + 900,
            ownWhite: NOW - 5,
            by: 'group',
            pass: NOW - 1,
            blocked: 4,
            passed: 5,
            announcedUntil: NOW + 11,
            announcedAt: NOW - 2,
          }),
        },
        { type: 'address', ip: '2001:db8::1', record: address({ white: [{ at: NOW, until: NOW + 10 }] }) },
        { type: 'spamtrap', address: 'tr\u00e4p@example.net' },
      ];

      it('gives back what was put in', async () => {
        await store.load(records);
        expect(await contents(store)).toEqual(records);
        expect(await store.stats()).toMatchObject({ tuples: 2, addresses: 2, spamtraps: 1 });
      });

      it('lists tuples, then addresses, then spamtraps', async () => {
        await store.load([...records].reverse());
        const types: string[] = [];
        for await (const { type } of store.entries()) types.push(type);
        expect(types).toEqual(['tuple', 'tuple', 'address', 'address', 'spamtrap']);
      });

      it('can be left half way', async () => {
        await store.load(records);
        for await (const item of store.entries()) {
          expect(item.type).toBe('tuple');
          break;
        }
        expect(await contents(store)).toHaveLength(5);
      });

      it('replaces tuples and merges addresses', async () => {
        await attempt({ ip: IP });
        await store.mergeAddress(TRAPPED, { now: NOW, announced: false });
        await store.load([
          { type: 'tuple', key: keyOf(IP), record: tuple({ blocked: 9 }) },
          { type: 'address', ip: IP, record: address({ white: [{ at: NOW + 1, until: NOW + 500 }], passed: 3 }) },
        ]);
        expect(await tupleIn(store, keyOf(IP))).toEqual(tuple({ blocked: 9 }));
        expect(await stateAt(IP, NOW + 1)).toMatchObject({ type: 'white', until: NOW + 500 });
        expect(await stateAt(IP, NOW + 600)).toMatchObject({ type: 'trapped', until: TRAPPED.until });
        expect(await store.stats()).toMatchObject({ tuples: 1, addresses: 1 });
      });

      it('keeps nothing of a record that it was handed', async () => {
        const record = tuple();
        await store.load([{ type: 'tuple', key: keyOf(IP), record }]);
        record.blocked = 99;
        expect((await tupleIn(store, keyOf(IP)))?.blocked).toBe(1);
      });

      it('takes many at once', async () => {
        const many = Array.from({ length: 2500 }, (_, i): StoreRecord => {
          return { type: 'tuple', key: keyOf(`10.0.${i >>> 8}.${i & 255}`), record: tuple({ blocked: i + 1 }) };
        });
        await store.load(many);
        expect(await store.stats()).toMatchObject({ tuples: 2500 });
        const sorted = [...many].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
        expect(await contents(store)).toEqual(sorted);
      });
    });

    describe('sweep', () => {
      it('removes what has expired, and nothing else', async () => {
        await store.load([
          { type: 'tuple', key: keyOf('192.0.2.1'), record: tuple({ expires: NOW + 100 }) },
          { type: 'tuple', key: keyOf('192.0.2.2'), record: tuple({ expires: NOW + 101 }) },
          { type: 'address', ip: '192.0.2.3', record: address({ white: [{ at: NOW, until: NOW + 100 }] }) },
          { type: 'address', ip: '192.0.2.4', record: address({ trapped: [{ at: NOW, until: NOW + 101 }] }) },
          { type: 'address', ip: '192.0.2.5', record: address({ removalsUntil: NOW + 101, whiteRemoved: NOW }) },
          { type: 'spamtrap', address: 'trap@example.net' },
        ]);
        expect(await store.sweep({ now: NOW + 100, trapWins: false })).toEqual({ removed: 2, due: [] });
        const left = ['192.0.2.4', '192.0.2.5', 'trap@example.net'];
        expect((await contents(store)).map(nameOf)).toEqual([keyOf('192.0.2.2'), ...left]);
        expect(await store.stats()).toMatchObject({ tuples: 1, addresses: 2, spamtraps: 1 });
        expect(await store.sweep({ now: NOW + 101, trapWins: false })).toEqual({ removed: 3, due: [] });
        expect((await contents(store)).map(nameOf)).toEqual(['trap@example.net']);
      });

      it('says which addresses the group has forgotten while they hold', async () => {
        await store.mergeAddress(WHITE, { now: NOW, announced: true });
        await store.mergeAddress({ ...WHITE, until: NOW + 5000 }, { now: NOW + 1, announced: true });
        await store.mergeAddress({ ...WHITE, ip: '192.0.2.2' }, { now: NOW, announced: false });
        const options = { trapWins: false };
        expect(await store.sweep({ ...options, now: WHITE.until - 1 })).toEqual({ removed: 0, due: [] });
        const { due } = await store.sweep({ ...options, now: WHITE.until });
        expect(due).toEqual([{ ip: IP, type: 'white', at: NOW, until: NOW + 5000 }]);
        expect((await store.sweep({ ...options, now: WHITE.until })).due).toEqual([]);
        expect((await store.sweep({ ...options, now: NOW + 4999 })).due).toHaveLength(1);
        expect((await store.sweep({ ...options, now: NOW + 4999 })).due).toEqual([]);
      });

      it('has nothing to say of one that no longer holds', async () => {
        await store.mergeAddress(WHITE, { now: NOW, announced: true });
        const removal = { type: 'remove-white', ip: IP, at: NOW + 1, until: NOW + 9000, own: true } as const;
        await store.mergeAddress(removal, { now: NOW + 1, announced: false });
        expect(await store.sweep({ now: WHITE.until, trapWins: false })).toEqual({ removed: 0, due: [] });
      });
    });

    concurrency(() => store);
    likeMemory(open);
  });
}
