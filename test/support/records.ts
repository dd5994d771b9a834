/** Records, and steps over them, as tests of stores need them. */
import {
  type AddressChange,
  type AddressRecord,
  type AttemptOptions,
  type AttemptOutcome,
  AttemptStep,
  type Awaitable,
  type Changed,
  ChangeStep,
  newAddress,
  ReadStep,
  type Rules,
  type Store,
  type StoreRecord,
  type TupleRecord,
  tupleKey,
} from 'spamd-sync/store';

/** Now, for stores that have a clock of their own as well. Unix seconds. */
export const NOW = Math.floor(Date.now() / 1000);

export const RULES: Rules = { passtime: 1500, greyexp: 14_400, whiteexp: 3_110_400, trapWins: false, renewal: 311_040 };

const HELO = 'mail.example.org';
const FROM = '<alice@example.org>';
const TO = '<bob@example.net>';

/** A tuple's key as the greylist makes it. */
export function keyOf(ip: string, to = TO): string {
  return tupleKey(ip, HELO, FROM, to);
}

export interface Attempted {
  readonly ip: string;
  readonly to?: string;
  /** Default {@link NOW}. */
  readonly now?: number;
  readonly remoteAt?: number;
  readonly record?: AttemptOptions['record'];
  readonly rules?: Partial<Rules>;
}

export function attempt(store: Store, attempted: Attempted): Awaitable<AttemptOutcome> {
  const { ip, to = TO, now = NOW, remoteAt, record = 'always', rules } = attempted;
  const options: AttemptOptions = { ip, rules: { ...RULES, ...rules }, remoteAt, record };
  return store.update(new AttemptStep({ helo: HELO, from: FROM, to }, options), now);
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

/** Everything in a store, as it is at this moment, each kind in the order of its keys. */
export async function contents(store: Store): Promise<StoreRecord[]> {
  const all: StoreRecord[] = [];
  for await (const item of store.records()) all.push(structuredClone(item));
  return [...kind(all, 'tuple'), ...kind(all, 'address'), ...kind(all, 'spamtrap')];
}

function kind(all: readonly StoreRecord[], type: StoreRecord['type']): StoreRecord[] {
  return all.filter((item) => item.type === type).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

export function nameOf(item: StoreRecord): string {
  return item.type === 'tuple' ? item.key : item.type === 'address' ? item.ip : item.address;
}

export function tuple(members: Partial<TupleRecord> = {}): TupleRecord {
  const expires = NOW + 14_400;
  return { first: NOW, pass: expires, expires, blocked: 1, passed: 0, original: undefined, ...members };
}

export function address(members: Partial<AddressRecord> = {}): AddressRecord {
  return { ...newAddress(NOW), ...members };
}
