import { type AddressRecord, type AddressState, type Claim, stateOf } from '../rules/address.ts';
import { ReadStep } from '../rules/change.ts';
import type { Evidence } from '../rules/evidence.ts';
import { typedStrings } from '../rules/key.ts';
import { isExpiredTuple } from '../rules/sweep.ts';
import type { TupleRecord } from '../rules/tuple.ts';
import type { Store } from '../store/store.ts';
import type { GreylistPolicy } from './policy.ts';
import { clientOf, poolOf } from './received.ts';

/** The most tuples that are listed. */
const MAX_TUPLES = 100;

/** Why the greylist answers an address as it does. Times are Unix seconds. */
export interface Why {
  /** The address that was asked for, canonical. */
  readonly ip: string;
  /** When it was asked. */
  readonly time: number;
  /** The state of the address: `grey` if a tuple of it is remembered, `none` if nothing of it holds. */
  readonly state: 'white' | 'trapped' | 'grey' | 'none';
  /** When that was decided; only for `white` and `trapped`. */
  readonly since?: number;
  /** Until when it holds; only for `white` and `trapped`. */
  readonly expires?: number;
  /** What trapped it, see `Verdict.trappedBy`; only for `trapped`. */
  readonly trappedBy?: string;
  /** Whether it is in `policy.exempt`, so that it passes whatever its state. */
  readonly exempt: boolean;
  /** The record of the client, then that of its pool if the policy puts it in one; only records that there are. */
  readonly records: readonly KnownAddress[];
  /** The tuples of the address, or of its pool, that have not expired: the last to be first seen first, at most 100. */
  readonly tuples: readonly KnownTuple[];
  /** How many more tuples there are. */
  readonly moreTuples: number;
  /** Why it was trapped, newest first, at most 4; also for traps that have ended or that a later WHITE overruled. */
  readonly evidence: readonly Evidence[];
}

/** What is known of an address, or of the pool that it is in. Times are Unix seconds; 0 is never. */
export interface KnownAddress {
  /** The address, or the network. */
  readonly of: string;
  /** Claims of being white, newest first. */
  readonly white: readonly KnownClaim[];
  /** Claims of being trapped, newest first. */
  readonly trapped: readonly KnownClaim[];
  /** The time of the newest removal of white claims: every white claim made up to then is forgotten. */
  readonly whiteRemoved: number;
  /** The time of the newest removal of trapped claims: every trapped claim made up to then is forgotten. */
  readonly trappedRemoved: number;
  /** When it was first seen. */
  readonly first: number;
  /** When it last passed. */
  readonly pass: number;
  /** How often it was refused. */
  readonly blocked: number;
  /** How often it passed. */
  readonly passed: number;
  /** When it was last announced; 0: never. */
  readonly announcedAt: number;
  /** The expiry that the spamd hosts of the group hold for it. When that has passed, the address is announced again. */
  readonly announcedExpires: number;
}

/** One claim. Times are Unix seconds. */
export interface KnownClaim {
  /** When it was decided. */
  readonly at: number;
  /** Until when it holds. */
  readonly expires: number;
  /** Whether this host decided it; `undefined` if that is not known any more. */
  readonly local: boolean | undefined;
}

/** A tuple that waits or has passed, as the client typed it. Times are Unix seconds. */
export interface KnownTuple {
  /** The argument of HELO or EHLO. */
  readonly helo: string;
  /** The envelope sender. */
  readonly from: string;
  /** The envelope recipient. */
  readonly to: string;
  /** When it was first seen. */
  readonly first: number;
  /** The first second in which a retry passes. */
  readonly passes: number;
  /** When it is forgotten. */
  readonly expires: number;
  /** How often it was deferred. */
  readonly blocked: number;
  /** How often it passed. */
  readonly passed: number;
}

/** @param ip Canonical. */
export async function explained(
  store: Store,
  policy: GreylistPolicy,
  ip: string,
  exempt: boolean,
  now: number,
): Promise<Why> {
  const client = clientOf(ip, policy);
  const pool = poolOf(ip, policy);
  const own = await store.update(new ReadStep(client), now);
  const shared = pool === client ? undefined : await store.update(new ReadStep(pool), now);
  const decides = [own, shared].find((record) => stateIn(record, policy, now) !== undefined);
  const { tuples, more } = await tuplesOf(store, pool, policy, now);
  const state = stateIn(decides, policy, now);
  const what =
    state === undefined
      ? ({ state: tuples.length > 0 ? 'grey' : 'none' } as const)
      : { state: state.type, since: state.at, expires: state.expires };
  return {
    ip,
    time: now,
    ...what,
    ...(state?.type === 'trapped' ? { trappedBy: decides?.trappedBy ?? '' } : {}),
    exempt,
    records: [...known(client, own), ...known(pool, shared)],
    tuples,
    moreTuples: more,
    evidence: own?.evidence ?? [],
  };
}

function stateIn(record: AddressRecord | undefined, policy: GreylistPolicy, now: number): AddressState | undefined {
  return record === undefined ? undefined : stateOf(record, now, policy.trapWins);
}

function known(of: string, record: AddressRecord | undefined): KnownAddress[] {
  if (record === undefined) return [];
  const { whiteRemoved, trappedRemoved, first, pass, blocked, passed, announcedAt, announcedExpires } = record;
  return [
    {
      of,
      white: record.white.map((claim) => ({ ...claim, local: isLocalWhite(record, claim) })),
      trapped: record.trapped.map((claim) => ({ ...claim, local: isLocalTrap(record, claim) })),
      whiteRemoved,
      trappedRemoved,
      first,
      pass,
      blocked,
      passed,
      announcedAt,
      announcedExpires,
    },
  ];
}

/** Only the newest white claim of this host is noted, so nothing is known of older ones. */
function isLocalWhite({ localWhite }: AddressRecord, { at }: Claim): boolean | undefined {
  if (at === localWhite) return true;
  return at > localWhite ? false : undefined;
}

function isLocalTrap({ evidence }: AddressRecord, { at }: Claim): boolean | undefined {
  const found = evidence.filter(({ time }) => time === at);
  return found.length === 0 ? undefined : found.some(({ received }) => received === undefined);
}

async function tuplesOf(
  store: Store,
  pool: string,
  policy: GreylistPolicy,
  now: number,
): Promise<{ readonly tuples: readonly KnownTuple[]; readonly more: number }> {
  let newest: KnownTuple[] = [];
  let count = 0;
  const sorted = () => newest.sort((a, b) => b.first - a.first).slice(0, MAX_TUPLES);
  for await (const { key, record } of store.tuplesOf(pool)) {
    if (isExpiredTuple(record, now)) continue;
    count++;
    newest.push(knownTuple(key, record, policy));
    if (newest.length >= 2 * MAX_TUPLES) newest = sorted();
  }
  const tuples = sorted();
  return { tuples, more: count - tuples.length };
}

function knownTuple(key: string, record: TupleRecord, { passtime }: GreylistPolicy): KnownTuple {
  const { first, expires, blocked, passed, original } = record;
  return { ...typedStrings(key, original), first, passes: first + passtime + 1, expires, blocked, passed };
}
