import type { AddressRecord, StoreRecord } from 'spamd-sync/store';

/** Unix seconds; nothing expires while it is measured. */
export const NOW = 1_800_000_000;

/** An attempt like those of real life; the same for the same number. */
export function sampleAttempt(i: number): { ip: string; helo: string; from: string; to: string } {
  return {
    ip: `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`,
    helo: `mail${i % 977}.example.org`,
    from: `<sender${(i * 7919) % 100_003}@example.org>`,
    to: `<recipient${i % 1009}@example.net>`,
  };
}

export function sampleTuple(i: number): StoreRecord {
  const { ip, helo, from, to } = sampleAttempt(i);
  const key = Buffer.from([ip, helo, from.slice(1, -1), to.slice(1, -1)].join('\0')).toString('latin1');
  const first = NOW - (i % 1000);
  const expires = first + 14_400;
  return {
    type: 'tuple',
    key,
    record: { first, pass: expires, expires, blocked: 1 + (i % 3), passed: 0, original: undefined },
  };
}

/** A white address with one claim, as most are. */
export function sampleAddress(i: number): StoreRecord {
  const at = NOW - (i % 100_000);
  const expires = at + 3_110_400;
  const record: AddressRecord = {
    white: [{ at, expires }],
    trapped: [],
    whiteRemoved: 0,
    trappedRemoved: 0,
    removalsExpire: 0,
    localWhite: at,
    trappedBy: '',
    evidence: [],
    first: at - 2000,
    pass: at,
    blocked: 1,
    passed: 1 + (i % 50),
    announcedExpires: expires,
    announcedAt: at,
  };
  return { type: 'address', ip: `172.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`, record };
}

/** Of ten records nine are tuples. */
export function sampleRecord(i: number): StoreRecord {
  return i % 10 === 9 ? sampleAddress(i) : sampleTuple(i);
}
