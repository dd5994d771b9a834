import { SpamdSyncError } from '../errors.ts';

/** Trouble with Redis, of which the message says what it is. */
export function trouble(why: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_STORE', `Redis: ${why}`, { cause });
}

/** Says what to do where a key holds anything but a value of this version. */
export function foreign(cause: unknown): SpamdSyncError {
  const why = 'a key holds what this version does not keep there: that of an older version, or of another program';
  return trouble(`${why}; use another prefix, or delete the keys that begin with this one`, cause);
}

/** What a client reported, as trouble. */
export function troubleOf(error: unknown): SpamdSyncError {
  const message = error instanceof Error ? error.message : String(error);
  return /\bWRONGTYPE\b/.test(message) ? foreign(error) : trouble(message, error);
}
