import { type Circumstances, type Evidence, evidenceOf, joinedEvidence, NO_EVIDENCE } from './evidence.ts';

/**
 * A decision that an address is white, or that it is trapped: when it was made, and until when it holds. Unix seconds.
 */
export interface Claim {
  /** When it was decided. */
  readonly at: number;
  /** Until when it holds. */
  readonly expires: number;
}

/**
 * Everything known of one address. The changes that the group announces lead to the same record in any order: the
 * record keeps the claims and the newest removal of each kind, and the state follows from the claims that still hold.
 * Times are Unix seconds; 0 is never.
 */
export interface AddressRecord {
  /** Newest first. */
  readonly white: readonly Claim[];
  /** Newest first. */
  readonly trapped: readonly Claim[];
  /** The time of the newest removal of white claims: every white claim made up to this time is forgotten. */
  readonly whiteRemoved: number;
  /** The time of the newest removal of trapped claims: every trapped claim made up to this time is forgotten. */
  readonly trappedRemoved: number;
  /** Until when the removals must be kept, because the claims that they removed could still arrive. */
  readonly removalsExpire: number;
  /** The time of the newest white claim that this host made itself. With `trapWins` only such a claim ends a trap. */
  readonly localWhite: number;
  /** What trapped it: `spamtrap`, `domain`, `low-priority-mx`, `operator`, `import`, or `group`: another host did. */
  readonly trappedBy: string;
  /** Why it was trapped, newest first, at most 4. Does not change the state. Goes with the record, or by a removal. */
  readonly evidence: readonly Evidence[];
  /** When it was first seen, as spamdb(8) shows it. */
  readonly first: number;
  /** When it last passed, as spamdb(8) shows it. */
  readonly pass: number;
  /** How often it was refused. */
  readonly blocked: number;
  /** How often it passed. */
  readonly passed: number;
  /** The expiry that the spamd hosts of the group hold for it; they never change that. 0: nothing was announced. */
  readonly announcedExpires: number;
  /** When it was last announced. If this is later than `announcedExpires`, it was announced again after that expiry. */
  readonly announcedAt: number;
}

/** The members that every change of an address has. Times are Unix seconds. */
interface AddressChangeMembers {
  /** When it was decided. */
  readonly at: number;
  /** Until when the claim holds. For a removal: until when it is remembered at least. */
  readonly expires: number;
  /** Whether this host decided it. */
  readonly local: boolean;
}

/** A decision about an address, by the group, by an operator, or by the greylist itself. */
export type AddressChange = AddressChangeMembers &
  (
    | {
        /** What is decided. */
        readonly type: 'white' | 'remove-white' | 'remove-trapped';
      }
    | {
        readonly type: 'trapped';
        /** See {@link AddressRecord.trappedBy}; empty where nothing is known. */
        readonly trappedBy: string;
        /** What is kept as {@link Evidence}. Default: nothing. */
        readonly circumstances?: Circumstances | undefined;
      }
  );

/** Whether an address is white or trapped at one moment. Times are Unix seconds. */
export interface AddressState {
  /** Which of the two it is. */
  readonly type: 'white' | 'trapped';
  /** When that was decided. */
  readonly at: number;
  /** Until when it holds. */
  readonly expires: number;
}

/** The most claims of one kind; the newest are kept. In normal use so many, each newer but shorter, do not occur. */
const MAX_CLAIMS = 32;

/** A record of an address about which nothing was decided yet. */
export function newAddress(first: number): AddressRecord {
  return {
    white: [],
    trapped: [],
    whiteRemoved: 0,
    trappedRemoved: 0,
    removalsExpire: 0,
    localWhite: 0,
    trappedBy: '',
    evidence: NO_EVIDENCE,
    first,
    pass: 0,
    blocked: 0,
    passed: 0,
    announcedExpires: 0,
    announcedAt: 0,
  };
}

/**
 * The time at which a change takes effect. A change by another host keeps its own time. A change by this host is moved
 * to as much later a time as it needs to overrule what was decided within the same second.
 */
export function timeOf(record: AddressRecord, { type, at, local }: AddressChange): number {
  if (!local) return at;
  const white = newest(record.white);
  const trapped = newest(record.trapped);
  switch (type) {
    case 'white':
      return Math.max(at, record.whiteRemoved + 1, trapped + 1);
    case 'trapped':
      return Math.max(at, record.trappedRemoved + 1, white);
    case 'remove-white':
      return Math.max(at, white);
    case 'remove-trapped':
      return Math.max(at, trapped);
  }
}

/**
 * A record with a change merged into it. The merge is commutative, associative and idempotent in everything that
 * decides the state. So hosts that received the same changes agree, in whatever order and however often.
 */
export function merged(record: AddressRecord, change: AddressChange): AddressRecord {
  const at = timeOf(record, change);
  const { expires } = change;
  switch (change.type) {
    case 'white': {
      const localWhite = change.local ? Math.max(record.localWhite, at) : record.localWhite;
      // A change by this host is never that old: `timeOf` makes it later than the removal.
      if (at <= record.whiteRemoved) return { ...record, removalsExpire: removalsExpire(record, expires) };
      return { ...record, localWhite, white: withClaim(record.white, { at, expires }) };
    }
    case 'trapped': {
      if (at <= record.trappedRemoved) return { ...record, removalsExpire: removalsExpire(record, expires) };
      const trapped = withClaim(record.trapped, { at, expires });
      const decides = change.trappedBy !== '' && at >= newest(trapped);
      const trappedBy = decides ? change.trappedBy : record.trappedBy;
      if (change.circumstances === undefined) return { ...record, trapped, trappedBy };
      const evidence = evidenceOf(change.trappedBy, at, change.circumstances);
      const all = joinedEvidence(record.evidence, [evidence], record.trappedRemoved);
      return { ...record, trapped, trappedBy, evidence: all };
    }
    case 'remove-white': {
      const whiteRemoved = Math.max(record.whiteRemoved, at);
      return {
        ...record,
        whiteRemoved,
        removalsExpire: removalsExpire(record, expires, record.white),
        white: record.white.filter((claim) => claim.at > whiteRemoved),
      };
    }
    case 'remove-trapped': {
      const trappedRemoved = Math.max(record.trappedRemoved, at);
      return {
        ...record,
        trappedRemoved,
        removalsExpire: removalsExpire(record, expires, record.trapped),
        trapped: record.trapped.filter((claim) => claim.at > trappedRemoved),
        evidence: joinedEvidence(record.evidence, NO_EVIDENCE, trappedRemoved),
      };
    }
  }
}

/** Merges two records of one address that come from two stores. */
export function mergedRecords(one: AddressRecord, other: AddressRecord): AddressRecord {
  const changes: AddressChange[] = [
    ...other.white.map((claim) => ({ type: 'white', ...claim, local: false }) as const),
    ...other.trapped.map((claim) => ({ type: 'trapped', ...claim, local: false, trappedBy: other.trappedBy }) as const),
  ];
  const expires = other.removalsExpire;
  if (other.trappedRemoved > 0)
    changes.unshift({ type: 'remove-trapped', at: other.trappedRemoved, expires, local: false });
  if (other.whiteRemoved > 0) changes.unshift({ type: 'remove-white', at: other.whiteRemoved, expires, local: false });
  const both = changes.reduce(merged, one);
  return {
    ...both,
    evidence: joinedEvidence(both.evidence, other.evidence, both.trappedRemoved),
    localWhite: Math.max(one.localWhite, other.localWhite),
    first: Math.min(one.first, other.first),
    pass: Math.max(one.pass, other.pass),
    blocked: Math.max(one.blocked, other.blocked),
    passed: Math.max(one.passed, other.passed),
    announcedExpires: Math.max(one.announcedExpires, other.announcedExpires),
    announcedAt: Math.max(one.announcedAt, other.announcedAt),
  };
}

/**
 * The state of the address now. The newest claim that still holds decides; of a white and a trapped claim made in the
 * same second it is the trapped one. The state lasts until the latest expiry among the claims of its kind that overrule
 * the newest claim of the other kind. With `trapWins` only a white claim of this host ends a trap that still holds.
 */
export function stateOf(record: AddressRecord, now: number, trapWins: boolean): AddressState | undefined {
  const white = newestHolding(record.white, now);
  const trapped = newestHolding(record.trapped, now);
  if (white < 0 && trapped < 0) return undefined;
  const against = trapWins && trapped >= 0 ? Math.min(white, newestLocalWhite(record)) : white;
  return against > trapped
    ? { type: 'white', at: white, expires: latestExpiry(record.white, trapped + 1) }
    : { type: 'trapped', at: trapped, expires: latestExpiry(record.trapped, against) };
}

/** Writes a record over another in place; `overwriteTuple` says why. */
export function overwriteAddress(
  record: { -readonly [Field in keyof AddressRecord]: AddressRecord[Field] },
  by: AddressRecord,
): void {
  record.white = by.white;
  record.trapped = by.trapped;
  record.whiteRemoved = by.whiteRemoved;
  record.trappedRemoved = by.trappedRemoved;
  record.removalsExpire = by.removalsExpire;
  record.localWhite = by.localWhite;
  record.trappedBy = by.trappedBy;
  record.evidence = by.evidence;
  record.first = by.first;
  record.pass = by.pass;
  record.blocked = by.blocked;
  record.passed = by.passed;
  record.announcedExpires = by.announcedExpires;
  record.announcedAt = by.announcedAt;
}

/** Whether anything in the record still holds. Every sweep asks this of every record, so the first match ends it. */
export function holds({ white, trapped, removalsExpire }: AddressRecord, now: number): boolean {
  return removalsExpire > now || newestHolding(white, now) >= 0 || newestHolding(trapped, now) >= 0;
}

/** Until when something in the record holds, Unix seconds. From then on the whole record may be forgotten. */
export function holdsUntil({ white, trapped, removalsExpire }: AddressRecord): number {
  return Math.max(removalsExpire, latestExpiry(white, -1), latestExpiry(trapped, -1));
}

/** Whether the newest claim is white, even if it no longer holds. */
export function isWhiteLast({ white, trapped }: AddressRecord): boolean {
  return newest(white) > newest(trapped);
}

/** Until when removals are remembered: at least until `expires`, and until every removed claim would have expired. */
function removalsExpire(record: AddressRecord, expires: number, removed: readonly Claim[] = []): number {
  return Math.max(record.removalsExpire, expires, latestExpiry(removed, -1));
}

/** When the newest of some claims was made; -1 for none. */
function newest(claims: readonly Claim[]): number {
  return claims[0]?.at ?? -1;
}

/** When the newest claim that still holds was made; -1 for none. */
function newestHolding(claims: readonly Claim[], now: number): number {
  for (const { at, expires } of claims) if (expires > now) return at;
  return -1;
}

/** The latest expiry of the claims made at `from` or later; 0 for none. */
function latestExpiry(claims: readonly Claim[], from: number): number {
  let latest = 0;
  for (const { at, expires } of claims) if (at >= from && expires > latest) latest = expires;
  return latest;
}

function newestLocalWhite({ localWhite, whiteRemoved }: AddressRecord): number {
  return localWhite > whiteRemoved ? localWhite : -1;
}

/**
 * The claims with one more, newest first. A claim that is neither newer nor longer than another adds nothing and is
 * left out. If one claim is newer and the other is longer, both are kept, because a removal may fall between them.
 */
function withClaim(claims: readonly Claim[], claim: Claim): readonly Claim[] {
  const { at, expires } = claim;
  const [only] = claims;
  if (only === undefined || (claims.length === 1 && at >= only.at && expires >= only.expires)) return [claim];
  if (claims.some((other) => other.at >= at && other.expires >= expires)) return claims;
  const others = claims.filter((other) => other.at > at || other.expires > expires);
  return [...others, claim].sort((a, b) => b.at - a.at).slice(0, MAX_CLAIMS);
}
