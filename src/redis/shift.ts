import type { AddressRecord, Claim } from '../rules/address.ts';
import type { Evidence } from '../rules/evidence.ts';
import type { Counts } from '../rules/step.ts';
import type { TupleRecord } from '../rules/tuple.ts';

/**
 * Redis's clock may be off, and it decides when records expire. So the records in Redis go by its time. Everything else
 * goes by this host's time: steps, verdicts, and what is announced and received, since the group drops datagrams that
 * are off by minutes. Here one time is made into the other: `by` is added to all times of a record, except to those
 * that stand for never.
 */
export function shiftedTuple(record: TupleRecord, by: number): TupleRecord {
  if (by === 0) return record;
  const { first, pass, expires } = record;
  return { ...record, first: shifted(first, by), pass: shifted(pass, by), expires: shifted(expires, by) };
}

export function shiftedAddress(record: AddressRecord, by: number): AddressRecord {
  if (by === 0) return record;
  return {
    ...record,
    white: record.white.map((claim) => shiftedClaim(claim, by)),
    trapped: record.trapped.map((claim) => shiftedClaim(claim, by)),
    whiteRemoved: shifted(record.whiteRemoved, by),
    trappedRemoved: shifted(record.trappedRemoved, by),
    removalsExpire: shifted(record.removalsExpire, by),
    localWhite: shifted(record.localWhite, by),
    evidence: record.evidence.map((each) => shiftedEvidence(each, by)),
    first: shifted(record.first, by),
    pass: shifted(record.pass, by),
    announcedExpires: shifted(record.announcedExpires, by),
    announcedAt: shifted(record.announcedAt, by),
  };
}

export function shiftedCounts(counts: Counts, by: number): Counts {
  if (by === 0) return counts;
  const { pass, renewal } = counts;
  return { ...counts, pass: shifted(pass, by), renewal: renewal && shiftedClaim(renewal, by) };
}

/** @param time Unix seconds; 0 is never. */
export function shifted(time: number, by: number): number {
  return time === 0 ? 0 : time + by;
}

function shiftedEvidence(evidence: Evidence, by: number): Evidence {
  const { time, received } = evidence;
  return { ...evidence, time: shifted(time, by), received: received && shifted(received, by) };
}

function shiftedClaim({ at, expires }: Claim, by: number): Claim {
  return { at: shifted(at, by), expires: shifted(expires, by) };
}
