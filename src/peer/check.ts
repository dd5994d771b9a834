import { isIP } from 'node:net';
import { isU32 } from '../address.ts';
import type { AnnounceOptions, Entry, Tuple } from '../entry.ts';
import { EntryError } from '../errors.ts';
import { badOption, checkFunction, checkMembers, checkSignal, isList, isObject, isStream } from '../validate.ts';
import type { SeedOptions } from './seeder.ts';

const TYPES: ReadonlySet<string> = new Set(['grey', 'white', 'trapped', 'remove-white', 'remove-trapped']);

/**
 * Refuses what only a mistake in the calling program can produce. What a hostile client can produce is not refused but
 * skipped and reported, so that it cannot break the caller.
 *
 * @param index Its place in the list, where one was given.
 * @throws {EntryError} `ERR_SPAMD_FIELD`: not a type of entry, an ip that is no IP address, a time outside 0..2^32-1,
 * a string that is not one.
 */
export function checkEntry(entry: Entry, index?: number): void {
  if (!isObject(entry)) throw new EntryError('entry', entry, index, 'is not an object');
  if (!TYPES.has(entry.type)) throw new EntryError('type', entry.type, index, 'is not a type of entry');
  if (typeof entry.ip !== 'string' || isIP(entry.ip) === 0)
    throw new EntryError('ip', entry.ip, index, 'is not an IP address');
  if (!isU32(entry.timestamp)) throw badTime('timestamp', entry.timestamp, index);
  if (entry.type === 'white' || entry.type === 'trapped') {
    if (!isU32(entry.expires)) throw badTime('expires', entry.expires, index);
  }
  if (entry.type !== 'grey') return;
  for (const field of ['helo', 'from', 'to'] as const) {
    if (typeof entry[field] !== 'string') throw new EntryError(field, entry[field], index, 'is not a string');
  }
}

function badTime(field: string, value: unknown, index: number | undefined): EntryError {
  return new EntryError(field, value, index, 'is not whole Unix seconds, 0..4294967295');
}

/** @throws {EntryError} `ERR_SPAMD_FIELD` for what is no object; what is in it the entry is asked for. */
export function checkedTuple(tuple: Tuple): Tuple {
  if (isObject(tuple)) return tuple;
  throw new EntryError('tuple', tuple, undefined, 'is not an object with ip, helo, from, to');
}

/**
 * The entries of an announcement, if they and its options are such.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no list of entries, and options that will not do.
 * @throws {EntryError} `ERR_SPAMD_FIELD`, see {@link checkEntry}.
 */
export function checkedList(entries: Iterable<Entry>, options: AnnounceOptions): readonly Entry[] {
  if (!isList(entries)) throw badOption('entries', 'not a list of entries', entries);
  checkMembers('options', options, { backdated: true });
  const { backdated = false } = options;
  if (typeof backdated !== 'boolean') throw badOption('backdated', 'not true or false', backdated);
  const list = [...entries];
  list.forEach(checkEntry);
  return list;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no list of entries, and options that will not do. */
export function checkSeed(entries: Iterable<Entry> | AsyncIterable<Entry>, options: SeedOptions): void {
  if (!isStream(entries)) throw badOption('entries', 'not a list of entries', entries);
  checkMembers('options', options, { rate: true, signal: true, onProgress: true, to: true });
  checkSignal(options.signal);
  checkFunction('onProgress', options.onProgress);
  if (options.to !== undefined && typeof options.to !== 'string') throw badOption('to', 'not a name', options.to);
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkReading(options: { readonly signal?: AbortSignal }): void {
  checkMembers('options', options, { signal: true });
  checkSignal(options.signal);
}
