import { deepStrictEqual } from 'node:assert/strict';
import { systemClock } from '../../clock.ts';
import type { Tuple } from '../../entry.ts';
import { type AddressChange, type AddressRecord, newAddress, stateOf } from '../../rules/address.ts';
import { type AttemptOptions, type AttemptOutcome, AttemptStep, type Rules } from '../../rules/attempt.ts';
import { type Changed, ChangeStep, ReadStep } from '../../rules/change.ts';
import { tupleKey } from '../../rules/key.ts';
import type { TupleRecord } from '../../rules/tuple.ts';
import type { Awaitable, Store, StoreRecord } from '../../store/store.ts';

/** The real time, since some stores go by a clock of their own. Unix seconds. */
export const NOW = Math.floor(systemClock.now());
export const RULES: Rules = { passtime: 1500, greyexp: 14_400, whiteexp: 3_110_400, trapWins: false, renewal: 311_040 };
export const IP = '192.0.2.1';
export const OTHER = '192.0.2.2';
export const RETRY = NOW + RULES.passtime + 1;
export const TYPED = { helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' };
export const TRAP = 'bob@example.net';
export const WHITE = { type: 'white', at: NOW, expires: NOW + 1000, local: true } as const satisfies AddressChange;
export const TRAPPED = { ...WHITE, type: 'trapped', trappedBy: 'spamtrap' } as const satisfies AddressChange;

/** What a store has to do: a sentence whose subject is the store, and a function that asserts it. */
export type Case = readonly [title: string, run: (store: Store) => Promise<void>];

export interface Attempted extends Partial<Omit<Tuple, 'ip'>> {
  readonly ip: string;
  /** Default {@link NOW}. */
  readonly now?: number;
  readonly remoteAt?: number;
  readonly record?: AttemptOptions['record'];
  readonly rules?: Partial<Rules>;
}

export function attempt(
  store: Store,
  { ip, now = NOW, remoteAt, record = 'always', rules, ...strings }: Attempted,
): Awaitable<AttemptOutcome> {
  const options: AttemptOptions = { ip, rules: { ...RULES, ...rules }, remoteAt, record };
  return store.update(new AttemptStep({ ...TYPED, ...strings }, options), now);
}

export function attempts(store: Store, many: readonly Attempted[]): Promise<AttemptOutcome[]> {
  return Promise.all(many.map((each) => attempt(store, each)));
}

export function countOf(outcomes: readonly AttemptOutcome[], outcome: AttemptOutcome['outcome']): number {
  return outcomes.filter((each) => each.outcome === outcome).length;
}

export function change(
  store: Store,
  ip: string,
  made: AddressChange,
  { now = NOW, announced = false }: { readonly now?: number; readonly announced?: boolean } = {},
): Awaitable<Changed> {
  return store.update(new ChangeStep(ip, () => made, { announced }), now);
}

export function read(store: Store, ip: string): Awaitable<AddressRecord | undefined> {
  return store.update(new ReadStep(ip), NOW);
}

/** The record after the store has added the counts of attempts that it put off. */
export async function settled(store: Store, ip: string): Promise<AddressRecord | undefined> {
  // A listing shows everything, so the store adds these counts first.
  const all = await contents(store);
  const found = all.find((item) => item.type === 'address' && item.ip === ip);
  return found?.type === 'address' ? found.record : undefined;
}

export async function stateAt(store: Store, ip: string, now: number) {
  const record = await read(store, ip);
  return record === undefined ? undefined : stateOf(record, now, false);
}

export function tupleOf(store: Store, ip: string): Promise<TupleRecord | undefined> {
  return tupleIn(store, tupleKey(ip, TYPED.helo, TYPED.from, TYPED.to));
}

export async function tupleIn(store: Store, key: string): Promise<TupleRecord | undefined> {
  const found = (await contents(store)).find((item) => item.type === 'tuple' && item.key === key);
  return found?.type === 'tuple' ? found.record : undefined;
}

/** Everything in a store, as it is at this moment, each kind in the order of its keys. */
export async function contents(store: Store): Promise<StoreRecord[]> {
  const all: StoreRecord[] = [];
  for await (const item of store.records()) all.push(structuredClone(item));
  const kind = (type: StoreRecord['type']): StoreRecord[] =>
    all.filter((item) => item.type === type).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [...kind('tuple'), ...kind('address'), ...kind('spamtrap')];
}

export function nameOf(item: StoreRecord): string {
  return item.type === 'tuple' ? item.key : item.type === 'address' ? item.ip : item.address;
}

export function keyOf(ip: string, to = TRAP): string {
  return tupleKey(ip, TYPED.helo, TYPED.from, to);
}

export function tuple(members: Partial<TupleRecord> = {}): TupleRecord {
  const expires = NOW + 14_400;
  return { first: NOW, pass: expires, expires, blocked: 1, passed: 0, original: undefined, ...members };
}

export function address(members: Partial<AddressRecord> = {}): AddressRecord {
  return { ...newAddress(NOW), ...members };
}

/** Asserts some members of a record. */
export function has(actual: object | undefined, expected: object): void {
  const members = Object.keys(expected).map((name) => [name, (actual as Record<string, unknown> | undefined)?.[name]]);
  deepStrictEqual(Object.fromEntries(members), expected);
}
