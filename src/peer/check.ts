import { isIP } from 'node:net';
import { isU32 } from '../address.ts';
import type { Entry } from '../entry.ts';
import { EntryError } from '../errors.ts';

const TYPES: ReadonlySet<string> = new Set(['grey', 'white', 'trapped', 'remove-white', 'remove-trapped']);

/**
 * Refuses what only a mistake in the calling program can produce. What a hostile client can produce is not refused but
 * skipped and reported, so that it cannot break the caller.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD`: not a type of entry, an ip that is no IP address, a time outside 0..2^32-1,
 * a string that is not one.
 */
export function checkEntry(entry: Entry, index: number): void {
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

function badTime(field: string, value: unknown, index: number): EntryError {
  return new EntryError(field, value, index, 'is not whole Unix seconds, 0..4294967295');
}
