import { isIP } from 'node:net';
import { isU32, parseIPv4 } from '../address.ts';
import type { AnnounceOptions, Entry, Tuple } from '../entry.ts';
import { EntryError } from '../errors.ts';
import { badOption, checkMembers, isList, isObject } from '../validate.ts';

const TYPES: ReadonlySet<string> = new Set(['grey', 'white', 'trapped', 'remove-white', 'remove-trapped']);

/** An entry in which the caller made no mistake. */
export interface CheckedEntry {
  readonly entry: Entry;
  /** Its `ip` as a number, parsed once for all later steps; -1 for IPv6. */
  readonly address: number;
}

/**
 * Refuses an entry that only a mistake in the calling program can produce. An entry that a hostile client can produce
 * is not refused here but skipped and reported later, so that the client cannot make the caller fail.
 *
 * @param index Its place in the list, if a list was given.
 * @throws {EntryError} `ERR_SPAMD_FIELD`: a type that is not a type of entry, an ip that is not an IP address, a time
 * outside 0..2^32-1, a helo, from or to that is not a string.
 */
export function checkedEntry(entry: Entry, index?: number): CheckedEntry {
  if (!isObject(entry)) throw new EntryError('entry', entry, index, 'is not an object');
  if (!TYPES.has(entry.type)) throw new EntryError('type', entry.type, index, 'is not a type of entry');
  const address = typeof entry.ip === 'string' ? parseIPv4(entry.ip) : -1;
  if (address < 0 && isIP(entry.ip) === 0) throw new EntryError('ip', entry.ip, index, 'is not an IP address');
  if (!isU32(entry.timestamp)) throw badTime('timestamp', entry.timestamp, index);
  if (entry.type === 'white' || entry.type === 'trapped') {
    if (!isU32(entry.expires)) throw badTime('expires', entry.expires, index);
  }
  if (entry.type === 'grey') {
    for (const field of ['helo', 'from', 'to'] as const) {
      if (typeof entry[field] !== 'string') throw new EntryError(field, entry[field], index, 'is not a string');
    }
  }
  return { entry, address };
}

/**
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not an object. {@link checkedEntry} checks its members.
 */
export function checkedTuple(tuple: Tuple): Tuple {
  if (isObject(tuple)) return tuple;
  throw new EntryError('tuple', tuple, undefined, 'is not an object with ip, helo, from, to');
}

/**
 * An expiry as Unix seconds.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a `Date` that is invalid or outside 0..2^32-1 Unix seconds.
 */
export function checkedExpires(expires: number | Date): number {
  if (!(expires instanceof Date)) return expires;
  const seconds = Math.floor(expires.getTime() / 1000);
  if (isU32(seconds)) return seconds;
  throw new EntryError('expires', seconds, undefined, 'is not a date within 0..4294967295 Unix seconds');
}

/**
 * The entries of an announcement, checked, as are its options.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a list of entries, and for invalid options.
 * @throws {EntryError} `ERR_SPAMD_FIELD`, see {@link checkedEntry}.
 */
export function checkedList(entries: Iterable<Entry>, options: AnnounceOptions): readonly CheckedEntry[] {
  if (!isList(entries)) throw badOption('entries', 'not a list of entries', entries);
  checkMembers('options', options, { backdated: true });
  const { backdated = false } = options;
  if (typeof backdated !== 'boolean') throw badOption('backdated', 'not true or false', backdated);
  const checked: CheckedEntry[] = [];
  for (const entry of entries) checked.push(checkedEntry(entry, checked.length));
  return checked;
}

function badTime(field: string, value: unknown, index: number | undefined): EntryError {
  return new EntryError(field, value, index, 'is not whole Unix seconds, 0..4294967295');
}
