/**
 * The values by which greylisting remembers a delivery attempt. Strings are as the client typed them, with brackets and
 * case kept.
 */
export interface Tuple {
  /** The client's IPv4 address, dotted quad. */
  readonly ip: string;
  /** The argument of HELO or EHLO. */
  readonly helo: string;
  /** The envelope sender, `<user@example.org>`; the null sender is `<>`. */
  readonly from: string;
  /** The envelope recipient, `<user@example.net>`. */
  readonly to: string;
}

/** A tuple was seen: some host of the group deferred this attempt. */
export interface GreyEntry extends Tuple {
  readonly type: 'grey';
  /** When it was seen, Unix seconds, 0..2^32-1. */
  readonly timestamp: number;
}

/** A host delivered real mail and may pass. */
export interface WhiteEntry {
  readonly type: 'white';
  /** IPv4, dotted quad. */
  readonly ip: string;
  /** When this was decided, Unix seconds, 0..2^32-1. */
  readonly timestamp: number;
  /** Until when it holds, Unix seconds, 0..2^32-1. */
  readonly expires: number;
}

/** A host hit a spamtrap. */
export interface TrappedEntry {
  readonly type: 'trapped';
  /** IPv4, dotted quad. */
  readonly ip: string;
  /** When this was decided, Unix seconds, 0..2^32-1. */
  readonly timestamp: number;
  /** Until when it holds, Unix seconds, 0..2^32-1. */
  readonly expires: number;
}

/** An address is to be forgotten as white or as trapped. Only greyd knows these; see `docs/protocol.md`. */
export interface Removal {
  /** Whether the address is to be forgotten as white or as trapped. */
  readonly type: 'remove-white' | 'remove-trapped';
  /** IPv4, dotted quad. */
  readonly ip: string;
  /** When this was decided, Unix seconds, 0..2^32-1. */
  readonly timestamp: number;
}

/** One thing that a sync group announces. Plain data: compare it, spread it, send it on as JSON. */
export type Entry = GreyEntry | WhiteEntry | TrappedEntry | Removal;

/** The types of entries. */
export type EntryType = Entry['type'];

/** Where a datagram came from. */
export interface Source {
  /** IPv4, dotted quad. */
  readonly address: string;
  /** UDP port. */
  readonly port: number;
}

/** Options of an announcement. */
export interface AnnounceOptions {
  /**
   * Whether the entries' timestamps lie in the past on purpose. Receivers that check freshness would take a datagram of
   * old entries for a replay. So each such datagram shows that it was sent now, by a WHITE whose expiry is 0: no
   * receiver applies that entry.
   */
  readonly backdated?: boolean | undefined;
}

/**
 * A sync group, as a greylist needs it. The greylist gives it entries to announce, and may get the entries that it
 * receives. A `SyncPeer` is such a group.
 */
export interface Group {
  /** Sends entries to the group. Each implementation decides what the promise resolves to. */
  announce(entries: Iterable<Entry>, options?: AnnounceOptions): Promise<unknown>;
  /**
   * Subscribes to the entries that the group announces. A group without this method only takes announcements, and the
   * greylist receives nothing from it.
   */
  on?(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  /** Whether this group takes entries about IPv6 addresses. Default `false`: spamd's protocol has no form for them. */
  readonly ipv6?: boolean;
  /** Ends a subscription. */
  off?(event: 'entry', listener: (entry: Entry, source: Source) => void): unknown;
  /**
   * Takes note of how many white addresses this host knows. Receivers know about as many, and the more they know, the
   * slower a bulk send has to be; see `BatchOptions.bulkRate`.
   */
  noteWhites?(count: number): void;
}

/** How many entries a group left out for one of these reasons; 0 if the report is not one like a `SyncPeer`'s. */
export function leftOut(report: unknown, ...reasons: readonly string[]): number {
  const { skipped } = Object(report) as { skipped?: readonly { readonly entry: Entry; readonly why: string }[] };
  if (!Array.isArray(skipped)) return 0;
  // The report lists an entry once for each dialect that leaves it out. It counts once here.
  return new Set(skipped.filter(({ why }) => reasons.includes(why)).map(({ entry }) => entry)).size;
}
