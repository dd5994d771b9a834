/** That an address is white, or trapped: decided at one time, holding until another. Unix seconds. */
export interface Claim {
  readonly at: number;
  readonly until: number;
}

/**
 * Everything known of one address. What the group says of it merges in any order to the same record: each kind keeps
 * its claims and the newest removal, and the state is worked out from those that still hold.
 */
export interface AddressRecord {
  /** Newest first. */
  white: readonly Claim[];
  trapped: readonly Claim[];
  /** A removal forgets every claim of its kind up to this time; 0 for none. */
  whiteRemoved: number;
  trappedRemoved: number;
  /** Until when the removals must be kept, because what they removed could still come back. */
  removalsUntil: number;
  /** The newest white claim that this host made itself; 0 for none. Only such a one ends a trap under `trapWins`. */
  ownWhite: number;
  /** What trapped it: `spamtrap`, `domain`, `low-priority-mx`, `operator`, `import`, or `group` for another host. */
  by: string;
  /** When it was first seen, and when it last passed; how often it was blocked, and passed. As spamdb(8) shows them. */
  first: number;
  pass: number;
  blocked: number;
  passed: number;
  /** The expiry that the spamd hosts of the group hold for it, which they never change; 0: they were told nothing. */
  announcedUntil: number;
  /** When the group was last told, so that one that is past both was told again after that expiry. */
  announcedAt: number;
}

/** Something said of an address: by the group, by an operator, or by the greylist itself. */
export type AddressChange =
  | {
      readonly type: 'white' | 'trapped';
      readonly ip: string;
      readonly at: number;
      readonly until: number;
      /** Whether this host says so itself. */
      readonly own: boolean;
      readonly by: string;
    }
  | {
      readonly type: 'remove-white' | 'remove-trapped';
      readonly ip: string;
      readonly at: number;
      /** How long at the least the removal is to be remembered. */
      readonly until: number;
      readonly own: boolean;
    };

/** What an address is at one moment. */
export interface AddressState {
  readonly type: 'white' | 'trapped';
  readonly at: number;
  readonly until: number;
}

/** So many claims of a kind, each newer but shorter than the one before, do not happen by themselves: keep the newest. */
const MAX_CLAIMS = 32;

export function newAddressRecord(first: number): AddressRecord {
  return {
    white: [],
    trapped: [],
    whiteRemoved: 0,
    trappedRemoved: 0,
    removalsUntil: 0,
    ownWhite: 0,
    by: '',
    first,
    pass: 0,
    blocked: 0,
    passed: 0,
    announcedUntil: 0,
    announcedAt: 0,
  };
}

/**
 * Merges a change into a record. Commutative, associative and idempotent in everything that decides the state, so that
 * hosts which heard the same things agree, in whatever order and however often they heard them.
 *
 * @returns The time that the change took: its own, or for one of this host's as much later as it takes to count against
 * what was decided within the same second.
 */
export function applyChange(record: AddressRecord, change: AddressChange): number {
  const at = change.own ? Math.max(change.at, earliestEffective(record, change.type)) : change.at;
  switch (change.type) {
    case 'white':
      if (at <= record.whiteRemoved) keepRemovals(record, change.until);
      else record.white = withClaim(record.white, { at, until: change.until });
      if (change.own) record.ownWhite = Math.max(record.ownWhite, at);
      break;
    case 'trapped':
      if (at <= record.trappedRemoved) keepRemovals(record, change.until);
      else {
        record.trapped = withClaim(record.trapped, { at, until: change.until });
        if (change.by !== '' && at >= newest(record.trapped)) record.by = change.by;
      }
      break;
    case 'remove-white':
      record.whiteRemoved = Math.max(record.whiteRemoved, at);
      keepRemovals(record, change.until, record.white);
      record.white = record.white.filter((claim) => claim.at > record.whiteRemoved);
      break;
    case 'remove-trapped':
      record.trappedRemoved = Math.max(record.trappedRemoved, at);
      keepRemovals(record, change.until, record.trapped);
      record.trapped = record.trapped.filter((claim) => claim.at > record.trappedRemoved);
  }
  return at;
}

/** A removal is remembered at least until then, and until everything that it removed would have expired. */
function keepRemovals(record: AddressRecord, until: number, removed: readonly Claim[] = []): void {
  record.removalsUntil = Math.max(record.removalsUntil, until, ...removed.map((claim) => claim.until));
}

/** The first second at which a change would count against everything that the record holds. */
function earliestEffective(record: AddressRecord, type: AddressChange['type']): number {
  const white = newest(record.white);
  const trapped = newest(record.trapped);
  switch (type) {
    case 'white':
      return Math.max(record.whiteRemoved, trapped) + 1;
    case 'trapped':
      return Math.max(record.trappedRemoved + 1, white);
    case 'remove-white':
      return white;
    default:
      return trapped;
  }
}

/** When the newest of some claims was made; -1 for none. */
function newest(claims: readonly Claim[]): number {
  return claims[0]?.at ?? -1;
}

/**
 * What the address is now: the newest claim that still holds decides, trapped over white at the same second, and it
 * holds as long as the longest claim of its kind that counts against the other kind. With `trapWins` only our own white
 * claim ends a trap that still holds.
 */
export function stateOf(record: AddressRecord, now: number, trapWins: boolean): AddressState | undefined {
  const white = newestHolding(record.white, now);
  const trapped = newestHolding(record.trapped, now);
  if (white < 0 && trapped < 0) return undefined;
  const against = trapWins && trapped >= 0 ? Math.min(white, ownWhite(record)) : white;
  return against > trapped
    ? { type: 'white', at: white, until: latestUntil(record.white, trapped + 1) }
    : { type: 'trapped', at: trapped, until: latestUntil(record.trapped, against) };
}

/** Whether nothing in the record can matter any more. */
export function isSpent(record: AddressRecord, now: number): boolean {
  return (
    record.removalsUntil <= now &&
    record.white.every(({ until }) => until <= now) &&
    record.trapped.every(({ until }) => until <= now)
  );
}

/** When the newest claim that still holds was made; -1 for none. */
function newestHolding(claims: readonly Claim[], now: number): number {
  for (const { at, until } of claims) if (until > now) return at;
  return -1;
}

/** The latest expiry of the claims made at `from` or later. */
function latestUntil(claims: readonly Claim[], from: number): number {
  let latest = 0;
  for (const { at, until } of claims) if (at >= from && until > latest) latest = until;
  return latest;
}

function ownWhite(record: AddressRecord): number {
  return record.ownWhite > record.whiteRemoved ? record.ownWhite : -1;
}

/**
 * The claims with one more, newest first. One that is neither newer nor longer than another says nothing; both must be
 * kept where one is newer and the other longer, for a removal may fall between them.
 */
function withClaim(claims: readonly Claim[], claim: Claim): readonly Claim[] {
  const { at, until } = claim;
  const [only] = claims;
  if (only === undefined || (claims.length === 1 && at >= only.at && until >= only.until)) return [claim];
  if (claims.some((other) => other.at >= at && other.until >= until)) return claims;
  const others = claims.filter((other) => other.at > at || other.until > until);
  return [...others, claim].sort((a, b) => b.at - a.at).slice(0, MAX_CLAIMS);
}
