/** Everything that was ever sent or decided, by which each thing that a host receives, keeps or sends is judged. */
import { createHash } from 'node:crypto';
import type { Entry, SyncKey, Tuple } from 'spamd-sync';
import { type StoreRecord, tupleKey } from 'spamd-sync/store';

/** A datagram that somebody with a key of the group sent. */
export interface Sent {
  readonly entries: readonly Entry[];
  /** The newest timestamp in it. */
  readonly newest: number;
  readonly key: SyncKey;
  readonly bytes: Uint8Array;
}

/** No more are listed: after the first, one is as good as a thousand. */
const MAX_VIOLATIONS = 20;
/** After so many the simulation ends: entries that loop would keep it busy for ever. */
const MAX_VIOLATED = 500;
/** A clock that is set back leaves times in records that are so many seconds ahead, at most: 10 minutes, and some. */
const MAX_AHEAD = 660;
/** See `MAX_CLAIMS` of rules/address.ts. */
const MAX_CLAIMS = 32;

type ClaimType = 'white' | 'trapped';

export class Ledger {
  /** What should never be, in words, each with its time. */
  readonly violations: string[] = [];
  violated = 0;
  datagrams = 0;
  readonly #now: () => number;
  readonly #hash = createHash('sha256');
  readonly #sent = new Map<string, Sent>();
  readonly #tuples = new Set<string>();
  readonly #claims = { white: new Map<string, Set<number>>(), trapped: new Map<string, Set<number>>() };
  readonly #removed = new Set<string>();

  /** @param now Seconds since the start. */
  constructor(now: () => number) {
    this.#now = now;
  }

  violation(what: string): void {
    if (++this.violated <= MAX_VIOLATIONS) this.violations.push(`${this.#now().toFixed(3)} s: ${what}`);
  }

  /** Whether so much is wrong that there is no use in going on. */
  get isHopeless(): boolean {
    return this.violated > MAX_VIOLATED;
  }

  /** SHA-256 over every datagram that was sent, with its time and its sender. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** @param datagram As decoded; `undefined` for what no host may accept. */
  sent(bytes: Uint8Array, by: string, datagram: Sent | undefined): void {
    this.datagrams++;
    this.#hash.update(`${this.#now()} ${by} `).update(bytes);
    if (datagram === undefined) return;
    this.#sent.set(digestOf(bytes), datagram);
    for (const entry of datagram.entries) {
      if (entry.type === 'grey') this.attempt(entry);
      else if (entry.type === 'white' || entry.type === 'trapped') this.claim(entry.type, entry.ip, entry.expires);
      else this.#removed.add(entry.ip);
    }
  }

  find(bytes: Uint8Array): Sent | undefined {
    const sent = this.#sent.get(digestOf(bytes));
    // A changed copy may have the digest that it had before.
    return sent !== undefined && Buffer.compare(sent.bytes, bytes) === 0 ? sent : undefined;
  }

  attempt({ ip, helo, from, to }: Tuple): void {
    this.#tuples.add(tupleKey(ip, helo, from, to));
  }

  /** That somebody made an address white or trapped until then. */
  claim(type: ClaimType, ip: string, expires: number): void {
    const known = this.#claims[type].get(ip);
    if (known === undefined) this.#claims[type].set(ip, new Set([expires]));
    else known.add(expires);
  }

  hasClaim(type: ClaimType, ip: string): boolean {
    return this.#claims[type].has(ip);
  }

  /** Whether everything in a record was sent or decided by somebody. */
  check(item: StoreRecord, where: string, now: number): void {
    if (item.type === 'spamtrap') return;
    if (item.type === 'tuple') {
      if (!this.#tuples.has(item.key)) this.violation(`${where} keeps a tuple that nobody tried: ${item.key}`);
      if (item.record.first > now + MAX_AHEAD) this.violation(`${where} keeps a tuple first seen in the future`);
      return;
    }
    const { ip, record } = item;
    for (const type of ['white', 'trapped'] as const) {
      if (record[type].length > MAX_CLAIMS) this.violation(`${where} keeps ${record[type].length} claims of ${ip}`);
      for (const { at, expires } of record[type]) {
        if (this.#claims[type].get(ip)?.has(expires) !== true) {
          this.violation(`${where} keeps a claim that nobody made: ${ip} ${type} until ${expires}`);
        }
        if (at > now + MAX_AHEAD) this.violation(`${where} keeps a claim of ${ip} from the future: ${at}, now ${now}`);
      }
    }
    if ((record.whiteRemoved > 0 || record.trappedRemoved > 0) && !this.#removed.has(ip)) {
      this.violation(`${where} keeps a removal that nobody made: ${ip}`);
    }
  }
}

export function digestOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', 8, 28);
}

/** Whether two entries say the same. */
export function isSame(one: Entry, other: Entry): boolean {
  if (one.type !== other.type || one.ip !== other.ip || one.timestamp !== other.timestamp) return false;
  if (one.type === 'grey') {
    return other.type === 'grey' && one.helo === other.helo && one.from === other.from && one.to === other.to;
  }
  return !('expires' in one) || ('expires' in other && one.expires === other.expires);
}
