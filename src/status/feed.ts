import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { parseIPv4 } from '../address.ts';
import { systemClock } from '../clock.ts';
import type { Exchange, ExchangeRound } from '../exchange/index.ts';
import type { Attempt, Drop, Entry, Greylist, Source, SyncPeer, SyncPeerEvents, Verdict } from '../index.ts';
import { LatestItems } from './latest.ts';
import type { FeedItem } from './shapes.ts';

/** How many entries of one send are shown. Nobody looks at a bulk send entry by entry. */
const MAX_SENT = 100;
const VERDICT = 'spamd-sync:verdict';

/** What the timeline shows of an exchange. */
export type FeedExchange = Pick<Exchange, 'on' | 'off'>;

/** The timeline of a daemon: its verdicts, its datagrams and its exchange. Keeps the last items. */
export class LiveFeed {
  readonly #peer: SyncPeer;
  readonly #greylist: Greylist;
  readonly #exchange: FeedExchange | undefined;
  readonly #latest = new LatestItems();

  constructor(peer: SyncPeer, greylist: Greylist, exchange?: FeedExchange) {
    this.#peer = peer;
    this.#greylist = greylist;
    this.#exchange = exchange;
    for (const [event, listener] of this.#listeners) peer.on(event, listener as never);
    greylist.on('warning', this.#warned);
    exchange?.on('entry', this.#exchanged).on('round', this.#merged).on('warning', this.#warned);
    subscribe(VERDICT, this.#answered);
  }

  /** The last items, and those that come from now on. */
  get latest(): Pick<LatestItems, 'count' | 'since' | 'last'> {
    return this.#latest;
  }

  close(): void {
    for (const [event, listener] of this.#listeners) this.#peer.off(event, listener as never);
    this.#greylist.off('warning', this.#warned);
    this.#exchange?.off('entry', this.#exchanged).off('round', this.#merged).off('warning', this.#warned);
    unsubscribe(VERDICT, this.#answered);
  }

  readonly #warned = ({ code, message }: { code: string; message: string }): void =>
    this.#add({ kind: 'warning', what: code, ip: undefined, host: undefined, detail: message });

  readonly #listeners: readonly [keyof SyncPeerEvents, (...args: never[]) => void][] = [
    ['entry', (entry: Entry, { address }: Source) => this.#addEntry('received', entry, address)],
    [
      'sent',
      ({ entries, target }: { entries: readonly Entry[]; target: string }) => {
        for (const entry of entries.slice(0, MAX_SENT)) this.#addEntry('sent', entry, target);
      },
    ],
    [
      'drop',
      ({ reason, source, detail }: Drop) => {
        // Multicast brings back the datagrams of this host.
        if (reason === 'self') return;
        this.#add({ kind: 'dropped', what: reason, ip: undefined, host: source.address, detail });
      },
    ],
    ['warning', this.#warned],
  ];

  readonly #answered = (message: unknown): void => {
    const { greylist, attempt, verdict } = message as { greylist: Greylist; attempt: Attempt; verdict: Verdict };
    if (greylist !== this.#greylist) return;
    const detail = cut(`${whyOf(verdict)}; ${tupleOf(attempt)}`);
    this.#add({ kind: 'answered', what: verdict.action, ip: attempt.ip, host: undefined, detail });
  };

  readonly #exchanged = (entry: Entry, { address }: Source): void => {
    // The exchange also passes on the entries of datagrams. They are shown already, and are never about IPv6.
    if (parseIPv4(entry.ip) < 0) this.#addEntry('exchanged', entry, address);
  };

  readonly #merged = ({ address, merged, received }: ExchangeRound): void => {
    if (received === 0) return;
    const detail = `${merged} of ${received} records merged`;
    this.#add({ kind: 'exchanged', what: 'STATE', ip: undefined, host: address, detail });
  };

  #addEntry(kind: 'received' | 'sent' | 'exchanged', entry: Entry, host: string): void {
    // A WHITE whose expiry is 0 is a freshness marker.
    if (entry.type === 'white' && entry.expires === 0) return;
    this.#add({ kind, what: NAMES[entry.type], ip: entry.ip, host, detail: detailOf(entry) });
  }

  #add(item: Omit<FeedItem, 'time'>): void {
    this.#latest.add({ time: Math.floor(systemClock.now()), ...item });
  }
}

const NAMES: Readonly<Record<Entry['type'], string>> = {
  grey: 'GREY',
  white: 'WHITE',
  trapped: 'TRAPPED',
  'remove-white': 'DELETE WHITE',
  'remove-trapped': 'DELETE TRAPPED',
};

function detailOf(entry: Entry): string {
  if (entry.type === 'grey') return cut(tupleOf(entry));
  if (entry.type === 'white' || entry.type === 'trapped') {
    return `until ${new Date(entry.expires * 1000).toISOString().slice(0, 16).replace('T', ' ')}`;
  }
  return '';
}

/** The reason of a verdict, and further details. */
function whyOf({ reason, retryAfter, waited, would, trappedBy, error }: Verdict): string {
  if (retryAfter !== undefined) return `${reason}, ${retryAfter} s left`;
  if (waited !== undefined) return `${reason}, after ${waited} s`;
  if (would !== undefined) return `${reason}, would be ${would}`;
  if (error !== undefined) return `${reason}, ${error.message}`;
  return trappedBy === undefined || trappedBy === reason ? reason : `${reason}, by ${trappedBy}`;
}

function tupleOf({ helo, from, to }: Pick<Attempt, 'helo' | 'from' | 'to'>): string {
  return `helo ${helo} from ${from} to ${to}`;
}

/** Cuts a text, because the strings of a client may be long enough to fill a datagram. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
