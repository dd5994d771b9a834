import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { tupleKey } from '../../rules/key.ts';
import {
  attempt,
  type Case,
  change,
  contents,
  has,
  IP,
  NOW,
  OTHER,
  RETRY,
  RULES,
  read,
  TRAP,
  TRAPPED,
  TYPED,
  tupleIn,
  tupleOf,
  WHITE,
} from './steps.ts';

/** What becomes of tuples and addresses when clients try to deliver. */
export const ATTEMPTS: readonly Case[] = [
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
];
