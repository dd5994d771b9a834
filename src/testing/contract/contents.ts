import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { StoreRecord } from '../../store/store.ts';
import {
  address,
  attempt,
  type Case,
  change,
  contents,
  has,
  IP,
  keyOf,
  NOW,
  nameOf,
  stateAt,
  TRAP,
  TRAPPED,
  tuple,
  tupleOf,
} from './steps.ts';

/** What a store takes in and gives back unchanged: spamtraps, listings, loads. */
export const CONTENTS: readonly Case[] = [
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
    'lists the tuples of one address, and none of one whose text begins alike',
    async (store) => {
      const names = ['192.0.2.1', '192.0.2.10', '192.0.2.1/32', 'B\u00fccher*[}%.example'];
      for (const name of names) {
        for (const to of ['a@b', 'c@d']) await store.load([{ type: 'tuple', key: keyOf(name, to), record: tuple() }]);
      }
      for (const name of names) {
        const keys: string[] = [];
        for await (const { key, record } of store.tuplesOf(name)) {
          deepStrictEqual(record, tuple());
          keys.push(key);
        }
        deepStrictEqual(keys.sort(), [keyOf(name, 'a@b'), keyOf(name, 'c@d')]);
      }
      for await (const { key } of store.tuplesOf('192.0.2.2')) throw new Error(`a tuple of nobody: ${key}`);
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
      evidence: [
        {
          kind: 'group',
          time: NOW - 7,
          received: NOW - 6,
          source: '192.0.2.200',
          tuple: undefined,
          connectedTo: undefined,
          by: undefined,
        },
        {
          kind: 'spamtrap',
          time: NOW - 8,
          received: undefined,
          source: undefined,
          tuple: { helo: 'M\u00fcx', from: '', to: '<Trap@example.net>' },
          connectedTo: '192.0.2.25',
          by: undefined,
        },
      ],
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
