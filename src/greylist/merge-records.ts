import { canonicalAddress, isU32 } from '../address.ts';
import { type AddressRecord, type Claim, holds, newAddress } from '../rules/address.ts';
import { LoadAddressStep, MergeTupleStep } from '../rules/change.ts';
import { evidenceOf, joinedEvidence, NO_EVIDENCE } from '../rules/evidence.ts';
import { originalOf, splitKey, tupleKey, typedStrings } from '../rules/key.ts';
import { newTuple, type TupleRecord } from '../rules/tuple.ts';
import type { Store, StoreRecord } from '../store/store.ts';
import type { GreylistPolicy } from './policy.ts';
import { clientOf, isAllowed, isClient, MAX_AHEAD, removalExpires } from './received.ts';
import { networkOrName } from './records.ts';

/** Records of tuples and addresses. */
export type SharedRecord = Exclude<StoreRecord, { type: 'spamtrap' }>;

/**
 * Merges records that another peer holds, and announces nothing. They count as if the group had announced them: traps
 * are traps of the group, and no claim counts as one of this host. The counters of this host, and what it announced,
 * stay as they are. A tuple never makes its client white. What has a time in the future is left out until that time.
 *
 * @param source The peer's address.
 * @returns The records that were refused: not of a client by the policy, expired, or not as a store holds records.
 */
export async function mergeRecords(
  store: Store,
  policy: GreylistPolicy,
  records: readonly SharedRecord[],
  now: number,
  source: string,
): Promise<readonly SharedRecord[]> {
  const refused: SharedRecord[] = [];
  await Promise.all(
    records.map(async (item) => {
      if (item.type === 'tuple') {
        const tuple = tupleFrom(item.key, item.record, policy, now);
        if (tuple === undefined) refused.push(item);
        else await store.update(new MergeTupleStep(item.key, tuple), now);
        return;
      }
      const address = addressFrom(item.record, policy, now, source);
      if (nameOf(item.ip, policy) !== item.ip || !holds(address, now)) refused.push(item);
      else await store.update(new LoadAddressStep(item.ip, address), now);
    }),
  );
  return refused;
}

/** What an address, or the network or name that stands for it, is recorded under on this host. */
function nameOf(ip: string, policy: GreylistPolicy): string | undefined {
  if (canonicalAddress(ip) === undefined) return networkOrName(ip, policy);
  return isClient(ip) ? clientOf(ip, policy) : undefined;
}

function tupleFrom(key: string, record: TupleRecord, policy: GreylistPolicy, now: number): TupleRecord | undefined {
  const { first } = record;
  const { ip } = splitKey(key);
  const { helo, from, to } = typedStrings(key, record.original);
  const isWell = isTime(first, now) && first + policy.greyexp > now && nameOf(ip, policy) === ip;
  if (!isWell || tupleKey(ip, helo, from, to) !== key || !isAllowed(policy, to)) return undefined;
  // Kept as this host would keep it: only the size of a message bounds the strings that the peer sends.
  return { ...newTuple(first, policy.greyexp, originalOf(key, helo, from, to)), blocked: 1 };
}

function addressFrom(record: AddressRecord, policy: GreylistPolicy, now: number, source: string): AddressRecord {
  const white = claimsFrom(record.white, now);
  const trapped = claimsFrom(record.trapped, now);
  const whiteRemoved = isTime(record.whiteRemoved, now) ? record.whiteRemoved : 0;
  const trappedRemoved = isTime(record.trappedRemoved, now) ? record.trappedRemoved : 0;
  const remembered = whiteRemoved > 0 || trappedRemoved > 0 ? record.removalsExpire : 0;
  const evidence = record.evidence
    .filter(({ time }) => isTime(time, now))
    .map((one) => evidenceOf(one.kind, one.time, { ...one, received: now, source: one.source ?? source }));
  return {
    ...newAddress(isTime(record.first, now) ? record.first : now),
    white,
    trapped,
    whiteRemoved,
    trappedRemoved,
    removalsExpire: remembered > now ? Math.min(remembered, removalExpires(policy, now)) : 0,
    trappedBy: trapped.length > 0 ? 'group' : '',
    evidence: joinedEvidence(evidence, NO_EVIDENCE, trappedRemoved),
  };
}

function claimsFrom(claims: readonly Claim[], now: number): Claim[] {
  return claims.filter(({ at, expires }) => isTime(at, now) && expires > at && isU32(expires));
}

/** Whether a time is valid, and no more than {@link MAX_AHEAD} in the future. A record has 0 for never. */
function isTime(time: number, now: number): boolean {
  return isU32(time) && time >= 1 && time <= now + MAX_AHEAD;
}
