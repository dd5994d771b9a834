import { ok, strictEqual } from 'node:assert/strict';
import type { AddressChange } from '../../rules/address.ts';
import type { StoreRecord } from '../../store/store.ts';
import { sweep } from '../../store/sweep.ts';
import {
  address,
  attempt,
  attempts,
  type Case,
  change,
  contents,
  countOf,
  has,
  IP,
  keyOf,
  NOW,
  RETRY,
  RULES,
  read,
  settled,
  tuple,
  tupleOf,
  WHITE,
} from './steps.ts';

/** What a store does when many steps run at once. */
export const AT_ONCE: readonly Case[] = [
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
      // The client of every tenth tuple comes back as the tuple expires.
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
];
