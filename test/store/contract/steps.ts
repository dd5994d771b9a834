import type { AddressRecord, AttemptStep, Rules, Store, StoreRecord, TupleRecord } from 'spamd-sync';

/** Now, for stores that have a clock of their own as well. Unix seconds. */
export const NOW = Math.floor(Date.now() / 1000);

export const RULES: Rules = { passtime: 1500, greyexp: 14_400, whiteexp: 3_110_400, trapWins: false, renewal: 311_040 };

/** A tuple's key as the greylist makes it. */
export function keyOf(ip: string, to = 'bob@example.net'): string {
  return [ip, 'mail.example.org', 'alice@example.org', to].join('\0');
}

export interface Attempted {
  readonly ip: string;
  readonly at?: number;
  readonly now?: number;
  readonly to?: string;
  readonly own?: boolean;
  readonly record?: AttemptStep['record'];
  readonly rules?: Partial<Rules>;
  readonly spelled?: string;
}

export function stepOf({ ip, at, now, to, own = true, record = 'always', rules, spelled }: Attempted): AttemptStep {
  const time = at ?? now ?? NOW;
  return {
    ip,
    key: keyOf(ip, to),
    spelled: () => spelled,
    to: () => to ?? 'bob@example.net',
    at: time,
    now: now ?? time,
    rules: { ...RULES, ...rules },
    own,
    record,
  };
}

/** Everything in a store, as it is at this moment, each kind in the order of its keys. */
export async function contents(store: Store): Promise<StoreRecord[]> {
  const all: StoreRecord[] = [];
  for await (const item of store.entries()) all.push(structuredClone(item));
  return [...kind(all, 'tuple'), ...kind(all, 'address'), ...kind(all, 'spamtrap')];
}

function kind(all: readonly StoreRecord[], type: StoreRecord['type']): StoreRecord[] {
  return all.filter((item) => item.type === type).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

export function nameOf(item: StoreRecord): string {
  return item.type === 'tuple' ? item.key : item.type === 'address' ? item.ip : item.address;
}

export async function tupleIn(store: Store, key: string): Promise<TupleRecord | undefined> {
  const found = (await contents(store)).find((item) => item.type === 'tuple' && item.key === key);
  return found?.type === 'tuple' ? found.record : undefined;
}

export function tuple(changes: Partial<TupleRecord> = {}): TupleRecord {
  const expires = NOW + 14_400;
  return { first: NOW, pass: expires, expires, blocked: 1, passed: 0, spelled: undefined, ...changes };
}

export function address(changes: Partial<AddressRecord> = {}): AddressRecord {
  return {
    white: [],
    trapped: [],
    whiteRemoved: 0,
    trappedRemoved: 0,
    removalsUntil: 0,
    ownWhite: 0,
    by: '',
    first: NOW,
    pass: 0,
    blocked: 0,
    passed: 0,
    announcedUntil: 0,
    announcedAt: 0,
    ...changes,
  };
}
