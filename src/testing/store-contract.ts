import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { systemClock } from '../clock.ts';
import type { Tuple } from '../entry.ts';
import { type AddressChange, type AddressRecord, newAddress, stateOf } from '../rules/address.ts';
import { type AttemptOptions, type AttemptOutcome, AttemptStep, type Rules } from '../rules/attempt.ts';
import { type Changed, ChangeStep, ReadStep } from '../rules/change.ts';
import { tupleKey } from '../rules/key.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Store, StoreRecord } from '../store/store.ts';
import { sweep } from '../store/sweep.ts';
import { generator, type Random } from '../transport/random.ts';

/** A store to be tried: empty, and gone with all that it needed when it is closed. */
export interface TriedStore {
  /** Empty. */
  readonly store: Store;
  /** Called when the case is over, whatever came of it. */
  readonly close: () => Promise<void>;
}

/** One thing that every store has to do. */
export interface ContractCase {
  /** A sentence whose subject is the store. */
  readonly title: string;
  /** @throws {AssertionError} Of node:assert, when the store does it not. */
  readonly run: () => Promise<void>;
}

/** Now, for stores that have a clock of their own as well. Unix seconds. */
const NOW = Math.floor(systemClock.now());
const RULES: Rules = { passtime: 1500, greyexp: 14_400, whiteexp: 3_110_400, trapWins: false, renewal: 311_040 };
const IP = '192.0.2.1';
const OTHER = '192.0.2.2';
const RETRY = NOW + RULES.passtime + 1;
const TYPED = { helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' };
const TRAP = 'bob@example.net';
const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const satisfies AddressChange;
const TRAPPED = { ...WHITE, type: 'trapped', trappedBy: 'spamtrap' } as const satisfies AddressChange;

/**
 * What every store has to do, however it keeps things: a list of cases for any test runner.
 *
 * @param open Called for each case.
 * @example
 * for (const { title, run } of storeContract(async () => ({ store: new MyStore(), close: async () => {} }))) test(title, run);
 */
export function storeContract(open: () => Promise<TriedStore>): readonly ContractCase[] {
  return CASES.map(([title, run]) => ({
    title,
    run: async () => {
      const tried = await open();
      try {
        await run(tried.store);
      } finally {
        await tried.close();
      }
    },
  }));
}

const CASES: readonly (readonly [title: string, run: (store: Store) => Promise<void>])[] = [
  [
    'takes a tuple from the first sight over an early attempt to a retry, and the address is white then',
    async (store) => {
      const first = await attempt(store, { ip: IP, now: NOW });
      deepStrictEqual(first, { outcome: 'first', first: NOW, blocked: 1, retryAfter: RULES.passtime + 1 });
      const early = await attempt(store, { ip: IP, now: NOW + RULES.passtime });
      deepStrictEqual(early, { outcome: 'early', first: NOW, blocked: 2, retryAfter: 1 });
      const expires = RETRY + RULES.whiteexp;
      const promoted = await attempt(store, { ip: IP, now: RETRY });
      deepStrictEqual(promoted, { outcome: 'promoted', at: RETRY, expires, waited: RULES.passtime + 1 });
      const white = await attempt(store, { ip: IP, now: RETRY });
      deepStrictEqual(white, { outcome: 'white', at: RETRY, expires, announce: false });
      has(await tupleOf(store, IP), { first: NOW, pass: RETRY, blocked: 2, passed: 1 });
      has(await read(store, IP), { first: NOW, pass: RETRY, announcedExpires: expires });
    },
  ],
  [
    'keeps tuples apart by their key',
    async (store) => {
      await attempt(store, { ip: IP, to: '<one@example.net>' });
      has(await attempt(store, { ip: IP, to: '<two@example.net>' }), { outcome: 'first', blocked: 1 });
      has(await attempt(store, { ip: OTHER, to: '<one@example.net>' }), { outcome: 'first' });
      has(await store.stats(), { tuples: 3, addresses: 0 });
    },
  ],
  [
    'forgets a tuple when greyexp has passed, and not before',
    async (store) => {
      const rules = { passtime: 50, greyexp: 100 };
      await attempt(store, { ip: IP, rules });
      has(await attempt(store, { ip: IP, now: NOW + 50, rules }), { outcome: 'early', blocked: 2 });
      has(await attempt(store, { ip: IP, now: NOW + 100, rules }), { outcome: 'first', first: NOW + 100, blocked: 1 });
    },
  ],
  [
    'keeps the strings as the client typed them',
    async (store) => {
      await attempt(store, { ip: IP, helo: 'Mail', from: '<Alice@Example.Org>' });
      const key = tupleKey(IP, 'Mail', '<Alice@Example.Org>', TYPED.to);
      strictEqual((await tupleIn(store, key))?.original, 'Mail\0<Alice@Example.Org>\0<bob@example.net>');
    },
  ],
  [
    'keeps apart tuples that differ only at the end of long strings, and little of each',
    async (store) => {
      const long = 'X'.repeat(20_000);
      for (const end of ['a', 'b']) {
        has(await attempt(store, { ip: IP, helo: long, to: `<${long}${end}>` }), { outcome: 'first' });
      }
      has(await attempt(store, { ip: IP, helo: long, to: `<${long}a>`, now: RETRY }), { outcome: 'promoted' });
      for (const item of await contents(store)) {
        if (item.type === 'tuple') ok(item.key.length + (item.record.original?.length ?? 0) < 1000);
      }
      has(await store.stats(), { tuples: 2 });
    },
  ],
  [
    'renews a white address, and says when that is to be announced',
    async (store) => {
      await change(store, IP, WHITE, { announced: true });
      const expires = NOW + RULES.whiteexp;
      has(await attempt(store, { ip: IP, now: NOW }), { outcome: 'white', expires, announce: false });
      const now = NOW + RULES.renewal;
      const renewed = { outcome: 'white', expires: expires + RULES.renewal, announce: true };
      has(await attempt(store, { ip: IP, now }), renewed);
      has(await attempt(store, { ip: IP, now }), { announce: false });
    },
  ],
  [
    'neither renews nor counts a white address for an attempt at another host',
    async (store) => {
      await change(store, IP, WHITE);
      const outcome = { outcome: 'white', expires: WHITE.expires, announce: false };
      has(await attempt(store, { ip: IP, now: NOW + 10, remoteAt: NOW + 10 }), outcome);
      has(await read(store, IP), { passed: 0, pass: 0 });
    },
  ],
  [
    'refuses a trapped address, counts that, and says what trapped it',
    async (store) => {
      await change(store, IP, TRAPPED);
      const outcome = { outcome: 'trapped', expires: TRAPPED.expires, trappedBy: 'spamtrap' };
      deepStrictEqual(await attempt(store, { ip: IP }), outcome);
      has(await read(store, IP), { blocked: 1 });
      has(await store.stats(), { tuples: 0 });
    },
  ],
  [
    'lets go of a trap when it has expired',
    async (store) => {
      await change(store, IP, TRAPPED);
      has(await attempt(store, { ip: IP, now: TRAPPED.expires }), { outcome: 'first' });
    },
  ],
  [
    'says so when the recipient is a spamtrap, and records nothing',
    async (store) => {
      await store.spamtraps.add(TRAP);
      deepStrictEqual(await attempt(store, { ip: IP }), { outcome: 'spamtrap' });
      has(await store.stats(), { tuples: 0, addresses: 0, spamtraps: 1 });
    },
  ],
  [
    'records no new tuple when only known ones count, and none at all when none does',
    async (store) => {
      deepStrictEqual(await attempt(store, { ip: IP, record: 'known' }), { outcome: 'unrecorded' });
      deepStrictEqual(await attempt(store, { ip: IP, record: 'no' }), { outcome: 'unrecorded' });
      deepStrictEqual(await contents(store), []);
      await attempt(store, { ip: IP });
      has(await attempt(store, { ip: IP, record: 'known' }), { outcome: 'early', blocked: 2 });
    },
  ],
  [
    'counts from the earlier sight that another host announces late',
    async (store) => {
      await attempt(store, { ip: IP, now: NOW });
      await attempt(store, { ip: IP, now: NOW + 1, remoteAt: NOW - 1000 });
      strictEqual((await tupleOf(store, IP))?.first, NOW - 1000);
      has(await attempt(store, { ip: IP, now: NOW + RULES.passtime - 999 }), { outcome: 'promoted' });
    },
  ],
  [
    'returns the time that a change takes, and keeps the change',
    async (store) => {
      has(await change(store, IP, WHITE), { at: NOW });
      deepStrictEqual(await stateAt(store, IP, NOW), { type: 'white', at: NOW, expires: WHITE.expires });
      has(await change(store, IP, { ...TRAPPED, at: NOW - 5 }), { at: NOW });
      has(await stateAt(store, IP, NOW), { type: 'trapped' });
    },
  ],
  [
    'comes to the same in whatever order changes arrive',
    async (store) => {
      const changes: AddressChange[] = [
        { ...WHITE, local: false, at: NOW - 30 },
        { ...TRAPPED, local: false, at: NOW - 20 },
        { type: 'remove-trapped', at: NOW - 10, expires: NOW + 500, local: false },
        { ...WHITE, local: false, at: NOW - 5, expires: NOW + 50 },
      ];
      for (const each of changes) await change(store, IP, each);
      for (const each of [...changes].reverse()) await change(store, OTHER, each);
      const one = await read(store, IP);
      const { white, trapped, whiteRemoved, trappedRemoved, removalsExpire } = one ?? newAddress(0);
      has(one, { trapped: [], trappedRemoved: NOW - 10, removalsExpire: NOW + 1000 });
      has(await read(store, OTHER), { white, trapped, whiteRemoved, trappedRemoved, removalsExpire });
    },
  ],
  [
    'keeps of very many claims the newest 32',
    async (store) => {
      for (let newer = 0; newer < 40; newer++) {
        const longer: AddressChange = { ...WHITE, local: false, at: NOW + newer, expires: NOW + 1000 - newer };
        await change(store, IP, longer, { now: NOW + 50 });
      }
      const white = Array.from({ length: 32 }, (_, n) => ({ at: NOW + 39 - n, expires: NOW + 961 + n }));
      has(await read(store, IP), { white });
    },
  ],
  [
    'notes that a change is announced',
    async (store) => {
      await change(store, IP, WHITE, { now: NOW + 1, announced: true });
      has(await read(store, IP), { announcedExpires: WHITE.expires, announcedAt: NOW + 1 });
    },
  ],
  [
    'knows nothing of an address of which nothing was decided',
    async (store) => {
      strictEqual(await read(store, IP), undefined);
      await attempt(store, { ip: IP });
      strictEqual(await read(store, IP), undefined);
    },
  ],
  [
    'takes a name for an address',
    async (store) => {
      const name = 'pool}%{.example.org';
      await change(store, name, WHITE);
      has(await read(store, name), { white: [{ at: NOW, expires: WHITE.expires }] });
      await attempt(store, { ip: 'b\u00fccher.example.org' });
      deepStrictEqual((await contents(store)).map(nameOf), [keyOf('b\u00fccher.example.org'), name]);
    },
  ],
  [
    'keeps spamtraps from when they are added until they are deleted',
    async (store) => {
      strictEqual(await store.spamtraps.has(TRAP), false);
      await store.spamtraps.add(TRAP);
      await store.spamtraps.add(TRAP);
      strictEqual(await store.spamtraps.has(TRAP), true);
      has(await store.stats(), { spamtraps: 1 });
      strictEqual(await store.spamtraps.delete(TRAP), true);
      strictEqual(await store.spamtraps.delete(TRAP), false);
      strictEqual(await store.spamtraps.has(TRAP), false);
      deepStrictEqual(await contents(store), []);
    },
  ],
  [
    'lists its spamtraps',
    async (store) => {
      const traps = Array.from({ length: 50 }, (_, i) => `trap${i}@example.net`);
      for (const trap of traps) await store.spamtraps.add(trap);
      const listed: string[] = [];
      for await (const trap of store.spamtraps.list()) listed.push(trap);
      deepStrictEqual(listed.sort(), [...traps].sort());
    },
  ],
  [
    'gives back what was put in',
    async (store) => {
      await store.load(RECORDS);
      deepStrictEqual(await contents(store), RECORDS);
      has(await store.stats(), { tuples: 2, addresses: 2, spamtraps: 1 });
    },
  ],
  [
    'lists tuples, then addresses, then spamtraps',
    async (store) => {
      await store.load([...RECORDS].reverse());
      const types: string[] = [];
      for await (const { type } of store.records()) types.push(type);
      deepStrictEqual(types, ['tuple', 'tuple', 'address', 'address', 'spamtrap']);
    },
  ],
  [
    'can be listed half way',
    async (store) => {
      await store.load(RECORDS);
      for await (const item of store.records()) {
        strictEqual(item.type, 'tuple');
        break;
      }
      strictEqual((await contents(store)).length, 5);
    },
  ],
  [
    'replaces tuples and merges addresses that it loads',
    async (store) => {
      await attempt(store, { ip: IP });
      await change(store, IP, TRAPPED);
      await store.load([
        { type: 'tuple', key: keyOf(IP), record: tuple({ blocked: 9 }) },
        { type: 'address', ip: IP, record: address({ white: [{ at: NOW + 1, expires: NOW + 500 }], passed: 3 }) },
      ]);
      deepStrictEqual(await tupleOf(store, IP), tuple({ blocked: 9 }));
      has(await stateAt(store, IP, NOW + 1), { type: 'white', expires: NOW + 500 });
      has(await stateAt(store, IP, NOW + 600), { type: 'trapped', expires: TRAPPED.expires });
      has(await store.stats(), { tuples: 1, addresses: 1 });
    },
  ],
  [
    'keeps nothing of a record that it was handed',
    async (store) => {
      const record = { ...tuple() };
      await store.load([{ type: 'tuple', key: keyOf(IP), record }]);
      Object.assign(record, { blocked: 99 });
      strictEqual((await tupleOf(store, IP))?.blocked, 1);
    },
  ],
  [
    'loads many records at once',
    async (store) => {
      const many = Array.from({ length: 2500 }, (_, i): StoreRecord => {
        return { type: 'tuple', key: keyOf(`10.0.${i >>> 8}.${i & 255}`), record: tuple({ blocked: i + 1 }) };
      });
      await store.load(many);
      has(await store.stats(), { tuples: 2500 });
      deepStrictEqual(
        await contents(store),
        [...many].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      );
    },
  ],
  [
    'is swept of what has expired, and of nothing else',
    async (store) => {
      await store.load([
        { type: 'tuple', key: keyOf('192.0.2.1'), record: tuple({ expires: NOW + 100 }) },
        { type: 'tuple', key: keyOf('192.0.2.2'), record: tuple({ expires: NOW + 101 }) },
        { type: 'address', ip: '192.0.2.3', record: address({ white: [{ at: NOW, expires: NOW + 100 }] }) },
        { type: 'address', ip: '192.0.2.4', record: address({ trapped: [{ at: NOW, expires: NOW + 101 }] }) },
        { type: 'address', ip: '192.0.2.5', record: address({ removalsExpire: NOW + 101, whiteRemoved: NOW }) },
        { type: 'spamtrap', address: TRAP },
      ]);
      deepStrictEqual(await sweep(store, NOW + 100, false), { removed: 2, due: [] });
      deepStrictEqual((await contents(store)).map(nameOf), [keyOf('192.0.2.2'), '192.0.2.4', '192.0.2.5', TRAP]);
      has(await store.stats(), { tuples: 1, addresses: 2, spamtraps: 1 });
      deepStrictEqual(await sweep(store, NOW + 101, false), { removed: 3, due: [] });
      deepStrictEqual((await contents(store)).map(nameOf), [TRAP]);
    },
  ],
  [
    'offers a sweep the addresses that the group has forgotten while they hold, each once',
    async (store) => {
      await change(store, IP, WHITE, { announced: true });
      await change(store, IP, { ...WHITE, expires: NOW + 5000 }, { now: NOW + 1, announced: true });
      await change(store, OTHER, WHITE);
      deepStrictEqual(await sweep(store, WHITE.expires - 1, false), { removed: 0, due: [] });
      const { due } = await sweep(store, WHITE.expires, false);
      deepStrictEqual(due, [{ ip: IP, type: 'white', at: NOW, expires: NOW + 5000 }]);
      deepStrictEqual((await sweep(store, WHITE.expires, false)).due, []);
      strictEqual((await sweep(store, NOW + 4999, false)).due.length, 1);
      deepStrictEqual((await sweep(store, NOW + 4999, false)).due, []);
    },
  ],
  [
    'offers a sweep no address that no longer holds',
    async (store) => {
      await change(store, IP, WHITE, { announced: true });
      const removal = { type: 'remove-white', at: NOW + 1, expires: NOW + 9000, local: true } as const;
      await change(store, IP, removal, { now: NOW + 1 });
      deepStrictEqual(await sweep(store, WHITE.expires, false), { removed: 0, due: [] });
    },
  ],
  [
    'sees a tuple first exactly once when many attempts come at once, and counts each',
    async (store) => {
      const outcomes = await attempts(
        store,
        Array.from({ length: 50 }, () => ({ ip: IP })),
      );
      strictEqual(countOf(outcomes, 'first'), 1);
      strictEqual(countOf(outcomes, 'early'), 49);
      strictEqual((await tupleOf(store, IP))?.blocked, 50);
      has(await store.stats(), { tuples: 1 });
    },
  ],
  [
    'promotes a tuple exactly once when many retries come at once, and counts each',
    async (store) => {
      await attempt(store, { ip: IP });
      const outcomes = await attempts(
        store,
        Array.from({ length: 50 }, () => ({ ip: IP, now: RETRY })),
      );
      strictEqual(countOf(outcomes, 'promoted'), 1);
      strictEqual(countOf(outcomes, 'white'), 49);
      ok(!outcomes.some((each) => each.outcome === 'white' && each.announce));
      has(await settled(store, IP), { passed: 50 });
    },
  ],
  [
    'promotes an address once for all of its tuples',
    async (store) => {
      const recipients = Array.from({ length: 20 }, (_, i) => `<user${i}@example.net>`);
      await attempts(
        store,
        recipients.map((to) => ({ ip: IP, to })),
      );
      const outcomes = await attempts(
        store,
        recipients.map((to) => ({ ip: IP, to, now: RETRY })),
      );
      strictEqual(countOf(outcomes, 'promoted'), 1);
      strictEqual(countOf(outcomes, 'white'), 19);
    },
  ],
  [
    'announces a renewal once when many attempts come at once',
    async (store) => {
      await change(store, IP, { ...WHITE, expires: NOW + RULES.whiteexp }, { announced: true });
      const now = NOW + RULES.renewal;
      const outcomes = await attempts(
        store,
        Array.from({ length: 30 }, () => ({ ip: IP, now })),
      );
      strictEqual(outcomes.filter((each) => each.outcome === 'white' && each.announce).length, 1);
    },
  ],
  [
    'merges every change when many come at once',
    async (store) => {
      const changes = Array.from({ length: 20 }, (_, i): AddressChange => {
        return { ...WHITE, local: false, at: NOW + i, expires: NOW + 1000 - i };
      });
      await Promise.all(changes.map((each) => change(store, IP, each)));
      strictEqual((await read(store, IP))?.white.length, 20);
    },
  ],
  [
    'goes on while it is swept, which takes nothing that lives',
    async (store) => {
      const old = Array.from({ length: 3000 }, (_, i): StoreRecord => {
        return { type: 'tuple', key: keyOf(`10.1.${i >>> 8}.${i & 255}`), record: tuple({ expires: NOW + 10 }) };
      });
      const gone = Array.from({ length: 500 }, (_, i): StoreRecord => {
        return { type: 'address', ip: `10.2.${i >>> 8}.${i & 255}`, record: address({ blocked: 1 }) };
      });
      await store.load([...old, ...gone]);
      const now = NOW + 10;
      const swept = sweep(store, now, false);
      // Every tenth tuple comes back as it expires.
      const outcomes = await attempts(
        store,
        Array.from({ length: 300 }, (_, i) => ({ ip: `10.1.${(i * 10) >>> 8}.${(i * 10) & 255}`, now })),
      );
      strictEqual(countOf(outcomes, 'first'), 300);
      const { removed } = await swept;
      ok(removed >= 3200 && removed <= 3500, `${removed} were removed`);
      await sweep(store, now, false);
      has(await store.stats(), { tuples: 300, addresses: 0 });
      for (const item of await contents(store)) strictEqual(item.type === 'tuple' && item.record.blocked, 1);
    },
  ],
  [
    'answers a thousand random steps as the store in memory does',
    async (store) => {
      const random = generator(20_080_101);
      const model = new MemoryStore();
      let now = NOW;
      for (let i = 0; i < 1000; i++) {
        now += random.below(40);
        const step = randomStep(random);
        deepStrictEqual(await step(store, now), await step(model, now));
      }
      for (const host of [1, 2, 3]) {
        deepStrictEqual(await settled(store, `192.0.2.${host}`), await settled(model, `192.0.2.${host}`));
      }
      deepStrictEqual(await contents(store), await contents(model));
      const { tuples, addresses, spamtraps } = model.stats();
      has(await store.stats(), { tuples, addresses, spamtraps });
    },
  ],
];

const RECORDS: readonly StoreRecord[] = [
  {
    type: 'tuple',
    key: keyOf('192.0.2.1', 'a@b'),
    record: { ...tuple(), original: 'H\0<A@B>\0<a@b>', passed: 3 },
  },
  { type: 'tuple', key: keyOf('192.0.2.2', '\u00e9@b'), record: { ...tuple(), first: NOW - 9, blocked: 7 } },
  {
    type: 'address',
    ip: '192.0.2.3',
    record: {
      white: [
        { at: NOW, expires: NOW + 10 },
        { at: NOW - 5, expires: 2 ** 32 + 5 },
      ],
      trapped: [{ at: NOW - 7, expires: NOW + 7 }],
      whiteRemoved: NOW - 50,
      trappedRemoved: NOW - 60,
      removalsExpire: NOW + 900,
      localWhite: NOW - 5,
      trappedBy: 'group',
      first: NOW,
      pass: NOW - 1,
      blocked: 4,
      passed: 5,
      announcedExpires: NOW + 11,
      announcedAt: NOW - 2,
    },
  },
  { type: 'address', ip: '2001:db8::1', record: address({ white: [{ at: NOW, expires: NOW + 10 }] }) },
  { type: 'spamtrap', address: 'tr\u00e4p@example.net' },
];

interface Attempted extends Partial<Omit<Tuple, 'ip'>> {
  readonly ip: string;
  /** Default {@link NOW}. */
  readonly now?: number;
  readonly remoteAt?: number;
  readonly record?: AttemptOptions['record'];
  readonly rules?: Partial<Rules>;
}

async function attempt(store: Store, { ip, now = NOW, remoteAt, record = 'always', rules, ...strings }: Attempted) {
  const options: AttemptOptions = { ip, rules: { ...RULES, ...rules }, remoteAt, record };
  return store.update(new AttemptStep({ ...TYPED, ...strings }, options), now);
}

function attempts(store: Store, many: readonly Attempted[]): Promise<AttemptOutcome[]> {
  return Promise.all(many.map((each) => attempt(store, each)));
}

function countOf(outcomes: readonly AttemptOutcome[], outcome: AttemptOutcome['outcome']): number {
  return outcomes.filter((each) => each.outcome === outcome).length;
}

async function change(
  store: Store,
  ip: string,
  made: AddressChange,
  { now = NOW, announced = false }: { readonly now?: number; readonly announced?: boolean } = {},
): Promise<Changed> {
  return store.update(new ChangeStep(ip, () => made, { announced }), now);
}

async function read(store: Store, ip: string): Promise<AddressRecord | undefined> {
  return store.update(new ReadStep(ip), NOW);
}

/** The record when the store has added up what it put off of attempts' counts. */
async function settled(store: Store, ip: string): Promise<AddressRecord | undefined> {
  // A listing shows everything, and so has to wait for it.
  const all = await contents(store);
  const found = all.find((item) => item.type === 'address' && item.ip === ip);
  return found?.type === 'address' ? found.record : undefined;
}

async function stateAt(store: Store, ip: string, now: number) {
  const record = await read(store, ip);
  return record === undefined ? undefined : stateOf(record, now, false);
}

function tupleOf(store: Store, ip: string): Promise<TupleRecord | undefined> {
  return tupleIn(store, tupleKey(ip, TYPED.helo, TYPED.from, TYPED.to));
}

async function tupleIn(store: Store, key: string): Promise<TupleRecord | undefined> {
  const found = (await contents(store)).find((item) => item.type === 'tuple' && item.key === key);
  return found?.type === 'tuple' ? found.record : undefined;
}

/** Everything in a store, as it is at this moment, each kind in the order of its keys. */
async function contents(store: Store): Promise<StoreRecord[]> {
  const all: StoreRecord[] = [];
  for await (const item of store.records()) all.push(structuredClone(item));
  const kind = (type: StoreRecord['type']): StoreRecord[] =>
    all.filter((item) => item.type === type).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [...kind('tuple'), ...kind('address'), ...kind('spamtrap')];
}

function nameOf(item: StoreRecord): string {
  return item.type === 'tuple' ? item.key : item.type === 'address' ? item.ip : item.address;
}

function keyOf(ip: string, to = TRAP): string {
  return tupleKey(ip, TYPED.helo, TYPED.from, to);
}

function tuple(members: Partial<TupleRecord> = {}): TupleRecord {
  const expires = NOW + 14_400;
  return { first: NOW, pass: expires, expires, blocked: 1, passed: 0, original: undefined, ...members };
}

function address(members: Partial<AddressRecord>): AddressRecord {
  return { ...newAddress(NOW), ...members };
}

/** Some of the members of a record. */
function has(actual: object | undefined, expected: object): void {
  const members = Object.keys(expected).map((name) => [name, (actual as Record<string, unknown> | undefined)?.[name]]);
  deepStrictEqual(Object.fromEntries(members), expected);
}

/** Something that may be asked of a store; two stores of which the same is asked answer the same. */
function randomStep(random: Random): (store: Store, now: number) => Promise<unknown> {
  const ip = `192.0.2.${1 + random.below(3)}`;
  const to = random.pick(['<bob@example.net>', '<carol@example.net>']);
  const rules = { passtime: 20, greyexp: 100, whiteexp: 150, renewal: 15 };
  const kind = random.below(11);
  if (kind < 6) {
    const late = random.below(31);
    const remote = random.below(2) === 0;
    const record = random.pick(['always', 'known', 'no'] as const);
    return (store, now) =>
      attempt(store, { ip, to, now, rules, record, ...(remote ? { remoteAt: now - late } : undefined) });
  }
  if (kind < 9) {
    const type = random.pick(['white', 'trapped', 'remove-white', 'remove-trapped'] as const);
    const age = random.below(200);
    const lifetime = 1 + random.below(200);
    const local = random.below(2) === 0;
    const announced = random.below(2) === 0;
    return (store, now) => {
      const common = { at: now - age, expires: now + lifetime, local };
      const made = type === 'trapped' ? { type, ...common, trappedBy: 'operator' } : { type, ...common };
      return change(store, ip, made, { now, announced });
    };
  }
  if (kind < 10) {
    const trapWins = random.below(2) === 0;
    return async (store, now) => {
      const { removed, due } = await sweep(store, now, trapWins);
      return { removed, due: [...due].sort((a, b) => (a.ip < b.ip ? -1 : 1)) };
    };
  }
  const trap = to.slice(1, -1);
  const add = random.below(2) === 0;
  return async (store) => (add ? store.spamtraps.add(trap) : store.spamtraps.delete(trap));
}
