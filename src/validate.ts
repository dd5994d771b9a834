import { isU32 } from './address.ts';
import { SpamdSyncError, shown } from './errors.ts';

/**
 * Checks of the values that a program gives. A program without type checks may give any value, and may misspell a name.
 */

export function badOption(name: string, why: string, value: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_OPTION', `${name}: ${why}: ${shown(value)}`);
}

/** The error for a class that was called with `new`, though only functions of its own make its instances. */
export function notMadeByNew(name: string, makers: string): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_OPTION', `${name}: made by ${makers}, not with new`);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Refuses a value that is not an object of options, and an object with a member that is not known: it would be ignored.
 *
 * @param name The option that has these members; `options` for the object that holds all options.
 * @param known An object whose keys are the members that there are.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, which names the member and lists those that there are.
 */
export function checkMembers<T extends object>(
  name: string,
  given: T,
  known: Readonly<Record<keyof T, unknown>>,
): void {
  if (given instanceof Promise) throw badOption(name, 'a promise: await it', given);
  if (!isObject(given) || Array.isArray(given)) {
    throw badOption(name, `not an object with ${Object.keys(known).join(', ')}`, given);
  }
  for (const member of Object.keys(given)) {
    if (Object.hasOwn(known, member)) continue;
    const path = name === 'options' ? member : `${name}.${member}`;
    throw new SpamdSyncError(
      'ERR_SPAMD_OPTION',
      `${path}: no such option; there are: ${Object.keys(known).join(', ')}`,
    );
  }
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that lacks one of the methods. */
export function checkMethods<T extends object>(name: string, value: T, methods: readonly (keyof T & string)[]): void {
  if (value instanceof Promise) throw badOption(name, 'a promise: await it', value);
  for (const method of methods) {
    if (typeof value?.[method] !== 'function') throw badOption(name, `has no method ${method}`, value);
  }
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw badOption(name, 'not a function', value);
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badOption('signal', 'not an AbortSignal', signal);
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedWhole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw badOption(name, `not a whole number ${min}..${max}`, value);
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkedNumber(name: string, value: number, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw badOption(name, `not a number ${min}..${max}`, value);
}

/**
 * Checks a time that was given as an option.
 *
 * @returns The time without its fraction.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not Unix seconds, 0..2^32-1.
 */
export function checkedTime(name: string, value: number): number {
  if (typeof value === 'number' && isU32(Math.floor(value))) return Math.floor(value);
  throw badOption(name, 'not Unix seconds', value);
}

/** Text and bytes are refused. They are iterables too, but no caller means the characters or numbers in them. */
export function isList(value: unknown): value is Iterable<unknown> {
  return isObject(value) && Symbol.iterator in value && !(value instanceof Uint8Array);
}

export function isStream(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return isList(value) || (isObject(value) && Symbol.asyncIterator in value);
}
