/** Records of which every field has a value of its own, and steps run as a store may run them. */
import { expect } from 'vitest';
import { type AddressRecord, newAddress } from '../../src/rules/address.ts';
import type { Result, Step, View } from '../../src/rules/step.ts';
import type { TupleRecord } from '../../src/rules/tuple.ts';

/** Unix seconds. */
export const NOW = 1_000_000;

/** No two fields are equal, so that one copied from another shows. */
export const TUPLE: TupleRecord = frozen({
  first: NOW - 50,
  pass: NOW - 7,
  expires: NOW + 950,
  blocked: 3,
  passed: 2,
  original: 'mx\0A@example.org\0B@example.net',
});

/** An address of which nothing holds at {@link NOW}; no two fields are equal. */
export const ADDRESS: AddressRecord = frozen({
  white: [{ at: NOW - 900, expires: NOW - 400 }],
  trapped: [{ at: NOW - 800, expires: NOW - 300 }],
  whiteRemoved: NOW - 1000,
  trappedRemoved: NOW - 1100,
  removalsExpire: NOW - 200,
  localWhite: NOW - 901,
  trappedBy: 'operator',
  evidence: [
    {
      kind: 'operator',
      time: NOW - 801,
      received: NOW - 799,
      source: '192.0.2.200',
      tuple: { helo: 'mx', from: '<c@example.org>', to: '<d@example.net>' },
      connectedTo: '192.0.2.25',
      by: 'alice',
    },
  ],
  first: NOW - 2000,
  pass: NOW - 850,
  blocked: 11,
  passed: 5,
  announcedExpires: NOW - 401,
  announcedAt: NOW - 902,
});

/** An address of which only the given fields are set; the first sight is at 1. */
export function address(fields: Partial<AddressRecord>): AddressRecord {
  return frozen({ ...newAddress(1), ...fields });
}

/** The value, which nothing in it can be changed of any more. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}

/**
 * The result of a step over a view that cannot be changed. The step runs twice, as it does when another writer was
 * faster, and must come to the same.
 */
export function ran<T>(step: Step<T>, view: Partial<View>): Result<T> {
  const whole = frozen({ now: NOW, address: undefined, tuple: undefined, isSpamtrap: false, ...view });
  const [once, again] = [plain(step.run(whole)), plain(step.run(whole))];
  expect(again).toStrictEqual(once);
  return once;
}

/** A result with what its getters give. A member that is absent stays absent. */
function plain<T>(result: Result<T>): Result<T> {
  return {
    value: result.value,
    ...('address' in result ? { address: result.address } : {}),
    ...('tuple' in result ? { tuple: result.tuple } : {}),
    ...('counts' in result ? { counts: result.counts } : {}),
  };
}
