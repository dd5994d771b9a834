import type { StoreRecord } from '../store/store.ts';
import type { Calls } from './calls.ts';
import type { Send } from './connection.ts';
import type { Keys } from './keys.ts';
import {
  ADDRESS_FIELDS,
  asList,
  asNumber,
  asText,
  asTexts,
  parseAddress,
  parseTuple,
  TUPLE_FIELDS,
} from './records.ts';

/** How many keys Redis looks at for one command: a fraction of a millisecond in which it serves nobody else. */
const COUNT = '1000';
/** How many keys of each server are looked at to count them. */
const SAMPLE = 10_000;

/** Everything that the store holds: tuples, then addresses, then spamtraps. */
export async function* recordsIn(calls: Calls, keys: Keys): AsyncIterable<StoreRecord> {
  for await (const names of namesOf(calls, keys, 'tuple')) {
    const replies = await Promise.all(names.map((name) => calls.send(name, ['HMGET', name, ...TUPLE_FIELDS])));
    for (const [at, name] of names.entries()) {
      const record = parseTuple(replies[at]);
      if (record !== undefined) yield { type: 'tuple', key: keys.ofTuple(name), record };
    }
  }
  for await (const names of namesOf(calls, keys, 'address')) {
    const replies = await Promise.all(names.map((name) => calls.send(name, ['HMGET', name, ...ADDRESS_FIELDS])));
    for (const [at, name] of names.entries()) {
      const record = parseAddress(replies[at]);
      if (record !== undefined) yield { type: 'address', ip: keys.ofAddress(name), record };
    }
  }
  const scan = (cursor: string) => ['SSCAN', keys.spamtraps, cursor, 'COUNT', COUNT];
  for await (const addresses of scanned((cursor) => calls.send(keys.spamtraps, scan(cursor)))) {
    for (const address of addresses) yield { type: 'spamtrap', address };
  }
}

/** The names of all tuples or addresses, at every server. */
export async function* namesOf(calls: Calls, keys: Keys, type: 'tuple' | 'address'): AsyncIterable<string[]> {
  const scan = (cursor: string) => ['SCAN', cursor, 'MATCH', keys.pattern(type), 'COUNT', COUNT];
  for (const server of await calls.masters()) {
    yield* scanned((cursor) => calls.sendTo(server, scan(cursor)));
  }
}

export async function countKeys(calls: Calls, keys: Keys): Promise<{ tuples: number; addresses: number }> {
  const counts = await Promise.all((await calls.masters()).map((server) => countAt(server, calls, keys)));
  return {
    tuples: counts.reduce((sum, { tuples }) => sum + tuples, 0),
    addresses: counts.reduce((sum, { addresses }) => sum + addresses, 0),
  };
}

async function countAt(server: Send, calls: Calls, keys: Keys): Promise<{ tuples: number; addresses: number }> {
  let [seen, tuples, addresses] = [0, 0, 0];
  for await (const names of scanned((cursor) => calls.sendTo(server, ['SCAN', cursor, 'COUNT', COUNT]))) {
    seen += names.length;
    tuples += names.filter((name) => keys.isTuple(name)).length;
    addresses += names.filter((name) => keys.isAddress(name)).length;
    if (seen < SAMPLE) continue;
    const size = asNumber(await calls.sendTo(server, ['DBSIZE']));
    const scale = (count: number) => Math.round((count / seen) * Math.max(size, seen));
    return { tuples: scale(tuples), addresses: scale(addresses) };
  }
  return { tuples, addresses };
}

async function* scanned(next: (cursor: string) => Promise<unknown>): AsyncIterable<string[]> {
  let cursor = '0';
  do {
    const [following, found] = asList(await next(cursor));
    cursor = asText(following);
    yield asTexts(found);
  } while (cursor !== '0');
}
