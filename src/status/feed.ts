import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { systemClock } from '../clock.ts';
import type { Attempt, Drop, Entry, Greylist, Source, SyncPeer, SyncPeerEvents, Verdict } from '../index.ts';
import type { Feed, FeedItem } from './shapes.ts';

/** So many are kept for who begins to look, and so many are sent at once. */
const MAX_ITEMS = 100;
const VERDICT = 'spamd-sync:verdict';

/** What goes on at a peer and a greylist, the last of it kept. */
export class LiveFeed {
  readonly #peer: SyncPeer;
  readonly #greylist: Greylist;
  readonly #items: FeedItem[] = [];
  #count = 0;

  constructor(peer: SyncPeer, greylist: Greylist) {
    this.#peer = peer;
    this.#greylist = greylist;
    for (const [event, listener] of this.#listeners) peer.on(event, listener as never);
    greylist.on('warning', this.#warned);
    subscribe(VERDICT, this.#answered);
  }

  /** How many there were so far: from where {@link since} goes on. */
  get count(): number {
    return this.#count;
  }

  /** What there was after so many, the last hundred of it. */
  since(count: number): Feed {
    const wanted = Math.min(this.#count - count, this.#items.length);
    return { items: this.#items.slice(this.#items.length - wanted), missed: this.#count - count - wanted };
  }

  /** The last hundred. */
  get last(): Feed {
    return { items: [...this.#items], missed: 0 };
  }

  close(): void {
    for (const [event, listener] of this.#listeners) this.#peer.off(event, listener as never);
    this.#greylist.off('warning', this.#warned);
    unsubscribe(VERDICT, this.#answered);
  }

  readonly #warned = ({ code, message }: { code: string; message: string }): void =>
    this.#add({ kind: 'warning', what: code, ip: undefined, host: undefined, detail: message });

  readonly #listeners: readonly [keyof SyncPeerEvents, (...args: never[]) => void][] = [
    ['entry', (entry: Entry, { address }: Source) => this.#addEntry('received', entry, address)],
    [
      'sent',
      ({ entries, target }: { entries: readonly Entry[]; target: string }) => {
        // A bulk send is not looked at entry by entry.
        for (const entry of entries.slice(0, MAX_ITEMS)) this.#addEntry('sent', entry, target);
      },
    ],
    [
      'drop',
      ({ reason, source, detail }: Drop) => {
        // Multicast brings back what we sent.
        if (reason === 'self') return;
        this.#add({ kind: 'dropped', what: reason, ip: undefined, host: source.address, detail });
      },
    ],
    ['warning', this.#warned],
  ];

  readonly #answered = (message: unknown): void => {
    const { greylist, attempt, verdict } = message as { greylist: Greylist; attempt: Attempt; verdict: Verdict };
    if (greylist !== this.#greylist) return;
    const detail = `${verdict.reason}; helo ${attempt.helo} from ${attempt.from} to ${attempt.to}`;
    this.#add({ kind: 'answered', what: verdict.action, ip: attempt.ip, host: undefined, detail: cut(detail) });
  };

  #addEntry(kind: 'received' | 'sent', entry: Entry, host: string): void {
    // A WHITE whose expiry is 0 is a freshness marker.
    if (entry.type === 'white' && entry.expires === 0) return;
    this.#add({ kind, what: NAMES[entry.type], ip: entry.ip, host, detail: detailOf(entry) });
  }

  #add(item: Omit<FeedItem, 'time'>): void {
    this.#count++;
    this.#items.push({ time: Math.floor(systemClock.now()), ...item });
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
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
  if (entry.type === 'grey') return cut(`helo ${entry.helo} from ${entry.from} to ${entry.to}`);
  if (entry.type === 'white' || entry.type === 'trapped') {
    return `until ${new Date(entry.expires * 1000).toISOString().slice(0, 16).replace('T', ' ')}`;
  }
  return '';
}

/** A client may send what fills a datagram. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
