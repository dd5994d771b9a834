import { isU32, U32_MAX } from './address.ts';
import type { SpamdbRecord } from './entry.ts';
import { EntryError, SpamdSyncError, shown } from './errors.ts';

/** What a program without types hands in: anything may be anything, and a misspelt name stands beside the right one. */

export function badOption(name: string, why: string, value: unknown): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_OPTION', `${name}: ${why}: ${shown(value)}`);
}

/** What a class that is made by its own functions gives its constructor. */
export const HERE = Symbol('here');

/**
 * Refuses whoever else calls that constructor: a program without types can call a private one, too.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function checkHere(from: unknown, name: string, makers: string): void {
  if (from !== HERE) throw new SpamdSyncError('ERR_SPAMD_OPTION', `${name}: made by ${makers}, not with new`);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Refuses what is no object of options, and every member that is not known: it would be ignored.
 *
 * @param name Of the option whose members they are; `options` for those at the top.
 * @param known Its keys are the members that there are.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the member and listing those there are.
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

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what lacks one of the methods. */
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

/** Text and bytes are iterables too, of what nobody means by them. */
export function isList(value: unknown): value is Iterable<unknown> {
  return isObject(value) && Symbol.iterator in value && !(value instanceof Uint8Array);
}

export function isStream(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return isList(value) || (isObject(value) && Symbol.asyncIterator in value);
}

/**
 * Refuses what cannot be a source of records of spamdb(8).
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function checkRecords(records: unknown): void {
  if (typeof records === 'string' || records instanceof Uint8Array) {
    throw badOption('records', 'a text, not records: parseSpamdb() makes them of it', records);
  }
  if (!isStream(records)) throw badOption('records', 'not an iterable of records', records);
}

const COUNTS = ['first', 'pass', 'blocked', 'passed'] as const;

/**
 * Refuses what spamdb(8) cannot have listed; an `ip` may be any text, of a pool.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD`
 */
export function checkRecord(record: SpamdbRecord, index: number): void {
  if (!isObject(record)) throw new EntryError('record', record, index, 'is not an object');
  switch (record.type) {
    case 'GREY':
      for (const field of ['helo', 'from', 'to'] as const) checkText(field, record[field], index);
      for (const field of COUNTS) checkNumber(field, record[field], index);
      break;
    case 'WHITE':
      for (const field of COUNTS) checkNumber(field, record[field], index);
      break;
    case 'TRAPPED':
      break;
    case 'SPAMTRAP':
      checkText('address', record.address, index);
      return;
    default:
      throw new EntryError('type', (record as { type: unknown }).type, index, 'is unknown');
  }
  checkText('ip', record.ip, index);
  checkNumber('expires', record.expires, index);
}

function checkText(field: string, value: unknown, index: number): void {
  if (typeof value !== 'string') throw new EntryError(field, value, index, 'is not a string');
}

function checkNumber(field: string, value: number, index: number): void {
  if (!isU32(value)) throw new EntryError(field, value, index, `is not a whole number 0..${U32_MAX}`);
}
