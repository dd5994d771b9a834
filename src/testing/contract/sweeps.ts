import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { sweep } from '../../store/sweep.ts';
import {
  address,
  type Case,
  change,
  contents,
  has,
  IP,
  keyOf,
  NOW,
  nameOf,
  OTHER,
  TRAP,
  tuple,
  WHITE,
} from './steps.ts';

/** What a sweep removes, and what it is offered. */
export const SWEEPS: readonly Case[] = [
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
];
