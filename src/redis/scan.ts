import type { AddressRecord } from '../rules/address.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import type { Calls } from './calls.ts';
import type { Stand } from './compare-and-set.ts';
import type { Send } from './connection.ts';
import type { ForeignItems } from './foreign.ts';
import type { Keys } from './keys.ts';
import { asList, asNumber, asText, asTexts } from './replies.ts';
import { isForeign } from './trouble.ts';
import { ADDRESSES, type Kind, recordOf, TUPLES } from './values.ts';

/**
 * How many keys Redis looks at for one command. That takes a fraction of a millisecond, in which it serves no other
 * client.
 */
const COUNT = '1000';
/** How many keys of each server are looked at to count them. */
const SAMPLE = 10_000;

/** What is looked through. */
export interface Scan {
  readonly calls: Calls;
  readonly keys: Keys;
  /** Takes note of keys that are passed over. */
  readonly foreign: ForeignItems;
  /** How far Redis's clock is ahead of this host's, seconds. */
  readonly ahead: number;
}

/**
 * All tuples, by their keys, in slices.
 *
 * @param prefix What their keys begin with: an address and a NUL. Default: anything.
 */
export async function* tuplesIn(
  scan: Scan,
  prefix?: string,
): AsyncIterable<readonly { readonly key: string; readonly record: TupleRecord }[]> {
  const { keys } = scan;
  for await (const slice of recordsIn(scan, keys.tuplePattern(prefix), TUPLES)) {
    yield slice.map(({ name, record }) => ({ key: keys.ofTuple(name), record }));
  }
}

/** All addresses, in slices. */
export async function* addressesIn(
  scan: Scan,
): AsyncIterable<readonly { readonly ip: string; readonly record: AddressRecord }[]> {
  const { keys } = scan;
  for await (const slice of recordsIn(scan, keys.addressPattern(), ADDRESSES)) {
    yield slice.map(({ name, record }) => ({ ip: keys.ofAddress(name), record }));
  }
}

/** All members of a set, in slices. A key of another type has no members. */
export function membersOf(calls: Calls, key: string, foreign: ForeignItems): AsyncIterable<readonly string[]> {
  return scanned((cursor) =>
    foreign.passOver<unknown>(key, calls.send(key, ['SSCAN', key, cursor, 'COUNT', COUNT]), ['0', []]),
  );
}

/** How many tuples and addresses there are. Beyond some ten thousand keys of a server their numbers are estimated. */
export async function countKeys(calls: Calls, keys: Keys): Promise<{ tuples: number; addresses: number }> {
  const counts = await Promise.all((await calls.masters()).map((server) => countAt(server, calls, keys)));
  return {
    tuples: counts.reduce((sum, { tuples }) => sum + tuples, 0),
    addresses: counts.reduce((sum, { addresses }) => sum + addresses, 0),
  };
}

async function* recordsIn<T>(
  { calls, keys, foreign, ahead }: Scan,
  pattern: string,
  kind: Kind<T>,
): AsyncIterable<readonly { readonly name: string; readonly record: T }[]> {
  const scan = (cursor: string) => ['SCAN', cursor, 'MATCH', pattern, 'COUNT', COUNT];
  for (const server of await calls.masters()) {
    for await (const names of scanned((cursor) => calls.sendTo(server, scan(cursor)))) {
      const stands = await Promise.all(names.map((name) => standOf(calls, name)));
      yield names.flatMap((name, at) => {
        const stand = stands[at];
        // The record expired meanwhile.
        if (stand === undefined) return [];
        const record = stand === null || !keys.isWhole(name) ? undefined : recordOf(kind, stand, ahead);
        if (record !== undefined) return [{ name, record }];
        foreign.found(name);
        return [];
      });
    }
  }
}

async function standOf(calls: Calls, name: string): Promise<Stand> {
  try {
    const text = await calls.send(name, ['GET', name]);
    return text === null ? undefined : asText(text);
  } catch (error) {
    if (isForeign(error)) return null;
    throw error;
  }
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
