import { SpamdSyncError, shown } from '../errors.ts';

/** An error for trouble with Redis. Its message says what the trouble is. */
export function trouble(why: string, cause?: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_STORE', `Redis: ${why}`, { cause });
}

/** An error for a key that holds anything but a value of this version. Its message says what to do. */
export function foreign(name: string, cause?: unknown): SpamdSyncError {
  const why = 'holds what this version does not keep there: that of an older version, or of another program';
  return trouble(`${shown(name)} ${why}; delete it, or use another prefix`, cause);
}

/** Whether an error says that a key holds another type than ours. */
export function isForeign(error: unknown): boolean {
  return error instanceof SpamdSyncError && /\bWRONGTYPE\b/.test(String(error.cause));
}

/** An error for a Redis that can be read and takes no writes: it is full, a replica, or cannot save. */
export function refusal(message: string, cause?: unknown): SpamdSyncError {
  const why = /\bOOM\b/.test(message) ? 'it is full, and takes no writes' : 'it takes no writes';
  return trouble(`${why}: ${message}`, cause);
}

/** An error of a client, as {@link trouble}. @param key The key of the command; empty if it has not exactly one. */
export function troubleOf(error: unknown, key: string): SpamdSyncError {
  if (error instanceof SpamdSyncError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/\bWRONGTYPE\b/.test(message)) return foreign(key === '' ? 'a key' : key, error);
  return /\b(OOM|READONLY|MISCONF|NOREPLICAS)\b/.test(message) ? refusal(message, error) : trouble(message, error);
}
