import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { type AddressChange, newAddress } from '../../rules/address.ts';
import {
  attempt,
  type Case,
  change,
  contents,
  has,
  IP,
  keyOf,
  NOW,
  nameOf,
  OTHER,
  read,
  stateAt,
  TRAPPED,
  WHITE,
} from './steps.ts';

/** What becomes of addresses when something is decided about them. */
export const CHANGES: readonly Case[] = [
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
];
