import type { AddressRecord, Claim } from '../rules/address-record.ts';
import type { TupleRecord } from '../rules/tuple-record.ts';
import type { AttemptOutcome } from '../store/store.ts';

/** The fields of an address's hash, in the order in which the scripts have them. */
export const ADDRESS_FIELDS = [
  'white',
  'trapped',
  'by',
  'first',
  'pass',
  'blocked',
  'passed',
  'whiteRemoved',
  'trappedRemoved',
  'removalsUntil',
  'ownWhite',
  'announcedUntil',
  'announcedAt',
] as const satisfies readonly (keyof AddressRecord)[];

/** The fields of a tuple's hash. */
export const TUPLE_FIELDS = [
  'first',
  'pass',
  'expires',
  'blocked',
  'passed',
  'spelled',
] as const satisfies readonly (keyof TupleRecord)[];

/** A client may have been told to answer with bytes. */
export function asText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
}

/** @throws {Error} When the answer is no list: nothing that this store asks for is answered otherwise. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`Redis answered ${typeof value} where a list was expected`);
}

export function asTexts(value: unknown): string[] {
  return asList(value).map(asText);
}

/** @returns `undefined` for a key that is not there. */
export function parseAddress(reply: unknown): AddressRecord | undefined {
  const values = asList(reply);
  const value = (field: (typeof ADDRESS_FIELDS)[number]): unknown => values[ADDRESS_FIELDS.indexOf(field)] ?? undefined;
  if (value('first') === undefined) return undefined;
  const text = (field: 'white' | 'trapped' | 'by') => asText(value(field) ?? '');
  const number = (field: Exclude<(typeof ADDRESS_FIELDS)[number], 'white' | 'trapped' | 'by'>) =>
    asNumber(value(field) ?? '0');
  return {
    white: parseClaims(text('white')),
    trapped: parseClaims(text('trapped')),
    whiteRemoved: number('whiteRemoved'),
    trappedRemoved: number('trappedRemoved'),
    removalsUntil: number('removalsUntil'),
    ownWhite: number('ownWhite'),
    by: text('by'),
    first: number('first'),
    pass: number('pass'),
    blocked: number('blocked'),
    passed: number('passed'),
    announcedUntil: number('announcedUntil'),
    announcedAt: number('announcedAt'),
  };
}

export function formatAddress(record: Readonly<AddressRecord>): string[] {
  return ADDRESS_FIELDS.map((field) => {
    const value = record[field];
    return typeof value === 'object' ? value.map(({ at, until }) => `${at}:${until}`).join(',') : `${value}`;
  });
}

/** @returns `undefined` for a key that is not there. */
export function parseTuple(reply: unknown): TupleRecord | undefined {
  const [first, pass, expires, blocked, passed, spelled] = asList(reply);
  if (first === null || first === undefined) return undefined;
  return {
    first: asNumber(first),
    pass: asNumber(pass),
    expires: asNumber(expires),
    blocked: asNumber(blocked),
    passed: asNumber(passed),
    spelled: spelled === null || spelled === undefined ? undefined : asText(spelled),
  };
}

export function parseOutcome(reply: unknown): AttemptOutcome {
  const [name, first, second, third] = asList(reply);
  const step = asText(name);
  switch (step) {
    case 'spamtrap':
    case 'unrecorded':
      return { step };
    case 'first':
    case 'early':
      return { step, first: asNumber(first), blocked: asNumber(second) };
    case 'promoted':
      return { step, at: asNumber(first), until: asNumber(second) };
    case 'white':
      return { step, at: asNumber(first), until: asNumber(second), announce: asNumber(third) === 1 };
    case 'trapped':
      return { step, until: asNumber(first), by: asText(second) };
    default:
      throw new Error(`Redis answered an attempt with ${step}`);
  }
}

/** Lua spells infinity in its own way. */
export function asNumber(value: unknown): number {
  const text = asText(value);
  return text === 'inf' ? Number.POSITIVE_INFINITY : Number(text);
}

function parseClaims(text: string): Claim[] {
  if (text === '') return [];
  return text.split(',').map((claim) => {
    const [at = '', until = ''] = claim.split(':');
    return { at: asNumber(at), until: asNumber(until) };
  });
}
