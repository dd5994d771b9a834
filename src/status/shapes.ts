/** The JSON that is sent to the page. Times are Unix seconds. */

/** The state of the daemon and its group. */
export interface Overview {
  readonly time: number;
  readonly started: number;
  /** Where the peer is bound, `address:port`. */
  readonly address: string;
  /** Why the daemon is not well; see `/healthz`. */
  readonly troubles: readonly string[];
  readonly hosts: readonly Host[];
  /** Targets that are the multicast group itself. */
  readonly groups: readonly {
    readonly target: string;
    readonly sent: number;
    readonly lastError: string | undefined;
  }[];
  readonly counts: Counts;
  /** `undefined` if no state is exchanged. */
  readonly exchange: ExchangeShown | undefined;
}

/** The state of the exchange of state. */
export interface ExchangeShown {
  /** Whether a peer was asked for all that it has. */
  readonly joined: boolean;
  readonly peers: readonly ExchangePeerShown[];
  readonly refusals: readonly RefusalShown[];
}

export interface ExchangePeerShown {
  /** As it is configured, or its address. */
  readonly name: string;
  readonly address: string | undefined;
  readonly state: string;
  readonly trouble: string | undefined;
  readonly outcome: string;
  /** 0: there was no round. */
  readonly lastRound: number;
  readonly behindRecords: number;
  readonly taken: number;
  readonly given: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly skew: number | undefined;
}

/** An address from which connections without a key of the group came. */
export interface RefusalShown {
  readonly address: string;
  readonly why: string;
  readonly fingerprint: string | undefined;
  readonly count: number;
  readonly last: number;
}

/** A host of the group: a source, a target that nothing came from, or both. */
export interface Host {
  /** Its IPv4 address, or the target's name if that does not resolve. */
  readonly name: string;
  /** The target as it is configured; `undefined` if the host is not a target. */
  readonly target: string | undefined;
  readonly state: string;
  readonly lastReceived: number | undefined;
  readonly entries: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly skew: number | undefined;
  /** Why nothing can be sent to it. */
  readonly lastError: string | undefined;
  /** Entries in each of the last intervals, the oldest first. */
  readonly recent: readonly number[];
}

export interface Counts {
  readonly received: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly sent: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly ignored: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, number>>;
  /** What the store holds; `undefined` while it does not answer. */
  readonly held: { readonly tuples: number; readonly addresses: number; readonly spamtraps: number } | undefined;
}

/** One event of the timeline. */
export interface FeedItem {
  readonly time: number;
  readonly kind: 'received' | 'sent' | 'exchanged' | 'dropped' | 'answered' | 'warning';
  /**
   * GREY, WHITE or TRAPPED of an entry; STATE of a round of the exchange; the reason of a drop, the action of a
   * verdict, the code of a warning.
   */
  readonly what: string;
  /** The address of the client. */
  readonly ip: string | undefined;
  /** Where it came from or went to. */
  readonly host: string | undefined;
  /** Further details. Those of a verdict begin with its reason. They may contain strings of a client. */
  readonly detail: string;
}

/** The items since the last feed. */
export interface Feed {
  readonly items: readonly FeedItem[];
  /** How many more items there were. */
  readonly missed: number;
}

/** A page of records. */
export interface RecordPage {
  readonly records: readonly PageRecord[];
  /** The cursor with which the next page is asked for; `undefined`: this is the last page. */
  readonly next: string | undefined;
}

/** A record, as a line of spamdb(8) has it. */
export interface PageRecord {
  readonly type: string;
  readonly ip?: string;
  readonly helo?: string;
  readonly from?: string;
  readonly to?: string;
  readonly first?: number;
  readonly expires?: number;
  readonly blocked?: number;
  readonly passed?: number;
  readonly address?: string;
}
