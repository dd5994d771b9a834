/** A host of the group: a peer with its greylist, its own clock, and everything that must be true of it at any time. */
import {
  type Attempt,
  type DropReason,
  type Entry,
  Greylist,
  type GreylistPolicy,
  Keyring,
  MemoryStore,
  type SyncKey,
  SyncPeer,
  type Transport,
  type Verdict,
  type VerdictReason,
} from 'spamd-sync';
import type { MemoryNetwork } from 'spamd-sync/testing';
import { decodeDatagram } from 'spamd-sync/wire';
import type { TimedClock } from '../../src/clock.ts';
import { digestOf, isSame, type Ledger } from './ledger.ts';
import { DAY, HOUR, type Kept, MINUTE, SPAMTRAP } from './schedule.ts';

export const SEGMENT = 'lan0';
/** Short enough that everything expires and is renewed within the time. */
export const POLICY = {
  passtime: 25 * MINUTE,
  greyexp: 4 * HOUR,
  whiteexp: 6 * DAY,
  trapexp: DAY,
} as const satisfies Partial<GreylistPolicy>;
/** Not each minute: sweeps that find nothing would be most of the work. */
const SWEEP_INTERVAL = HOUR;
const MAX_SKEW = 600;
const MAX_DIGESTS = 4096;
const MAX_QUEUED = 2000;
/** See `MAX_AUTHENTICATED` and `MAX_UNAUTHENTICATED` of peer/health.ts. */
const MAX_SOURCES = 1024 + 256;

export interface StoreBounds {
  readonly maxTuples: number;
  readonly maxAddresses: number;
}

/** What became of all processes of all hosts. */
export class Totals {
  readonly verdicts: Partial<Record<VerdictReason, number>> = {};
  readonly drops: Partial<Record<DropReason, number>> = {};
  accepted = 0;
  repaired = 0;
  swept = 0;
  evicted = 0;
  starts = 0;

  static add<Name extends string>(counts: Partial<Record<Name, number>>, more: Readonly<Record<Name, number>>): void {
    for (const name of Object.keys(more) as Name[]) {
      if (more[name] > 0) counts[name] = (counts[name] ?? 0) + more[name];
    }
  }
}

/** What one process of a host may send, and what it has received. */
class Process {
  readonly accepted = new Set<string>();
  readonly sent = new Set<string>();
  /** What the datagram that is just delivered brought. */
  arriving: Entry[] = [];
  dropped: string | undefined;
  dead = false;
  counter = -1;
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  readonly openedAt: number;

  constructor(peer: SyncPeer, greylist: Greylist, openedAt: number) {
    this.peer = peer;
    this.greylist = greylist;
    this.openedAt = openedAt;
  }
}

export interface HostOptions {
  /** The group's key in the beginning. */
  readonly key: SyncKey;
  readonly bounds: StoreBounds;
  /** Nothing fails, so that no warning is in order. */
  readonly isCalm: boolean;
  readonly network: MemoryNetwork;
  readonly ledger: Ledger;
  readonly totals: Totals;
}

/** Ends a simulation of which enough is wrong: thrown where a datagram arrives, it comes out of `advance`. */
export class Hopeless extends Error {}

export class Host {
  readonly address: string;
  readonly keys: Keyring;
  readonly #network: MemoryNetwork;
  readonly #ledger: Ledger;
  readonly #totals: Totals;
  readonly #bounds: StoreBounds;
  readonly #isCalm: boolean;
  readonly #clock: TimedClock;
  /** How far its clock is ahead, seconds. */
  off = 0;
  #store: MemoryStore;
  #snapshot: Buffer | undefined;
  #process: Process | undefined;
  /** When it was last asked to do something about an address: it may announce it at that moment. */
  readonly #acted = new Map<string, number>();
  /** Addresses of which it decided something, and so may announce it again. */
  readonly #decided = new Set<string>();
  /** Addresses of which it announces what it knows, for an operator asked it to. */
  readonly #asked = new Set<string>();

  constructor(address: string, { key, bounds, isCalm, network, ledger, totals }: HostOptions) {
    this.address = address;
    this.keys = new Keyring([key]);
    this.#network = network;
    this.#ledger = ledger;
    this.#totals = totals;
    this.#bounds = bounds;
    this.#isCalm = isCalm;
    const { monotonic, setTimer, endOfTurn } = network.clock;
    this.#clock = { now: () => network.clock.now() + this.off, monotonic, setTimer, endOfTurn };
    this.#store = new MemoryStore(bounds);
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  get store(): MemoryStore {
    return this.#store;
  }

  /** Whole Unix seconds, by its own clock. */
  get now(): number {
    return Math.floor(this.#clock.now());
  }

  async start(kept: Kept): Promise<void> {
    if (this.#process !== undefined) return;
    if (kept !== 'store') this.#store = new MemoryStore(this.#bounds);
    let process: Process | undefined;
    const peer = await SyncPeer.open({
      key: this.keys,
      maxSkew: MAX_SKEW,
      maxDigests: MAX_DIGESTS,
      batch: { maxQueued: MAX_QUEUED },
      listen: SEGMENT,
      // Removals go to those alone that know them, so they are greyd targets.
      targets: [{ host: SEGMENT, dialect: 'greyd' }],
      transport: this.#watched(() => process),
      clock: this.#clock,
    });
    const greylist = new Greylist({
      group: peer,
      store: this.#store,
      clock: this.#clock,
      policy: POLICY,
      sweepInterval: SWEEP_INTERVAL,
    });
    process = new Process(peer, greylist, this.#clock.monotonic());
    this.#process = process;
    this.#totals.starts++;
    peer.on('entry', (entry) => process.arriving.push(entry));
    peer.on('drop', ({ reason }) => {
      process.dropped = reason;
    });
    peer.on('error', (error) => this.#violation(`error: ${error.message}`));
    peer.on('warning', ({ code, message }) => {
      // Whoever sends what is signed by nobody is warned of.
      if (code !== 'WARN_SPAMD_KEY_MISMATCH' || this.#isCalm) this.#violation(`${code}: ${message}`);
    });
    greylist.on('warning', ({ code, message }) => this.#violation(`${code}: ${message}`));
    if (kept === 'snapshot' && this.#snapshot !== undefined) {
      const bytes = this.#snapshot;
      await greylist.restore(() => [bytes]);
    } else if (kept !== 'store') this.#decided.clear();
    await greylist.spamtraps.add(SPAMTRAP);
  }

  /** @param killed What is queued is not sent, as if the process were killed. */
  async stop(killed: boolean): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    process.dead = killed;
    await this.check();
    await process.greylist.close();
    await this.#account(process, killed);
    await process.peer.close();
    this.#process = undefined;
  }

  async takeSnapshot(): Promise<void> {
    if (this.#process === undefined) return;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#process.greylist.snapshot()) chunks.push(chunk);
    this.#snapshot = Buffer.concat(chunks);
  }

  async attempt(attempt: Attempt): Promise<Verdict | undefined> {
    const greylist = this.#act(attempt.ip)?.greylist;
    if (greylist === undefined) return undefined;
    const { ip } = attempt;
    this.#ledger.attempt(attempt);
    const now = this.now;
    const verdict = await greylist.check(attempt);
    const { reason } = verdict;
    if (reason === 'error') this.#violation(`could not decide: ${verdict.error}`);
    if (reason === 'trapped' && !this.#ledger.hasClaim('trapped', ip)) this.#violation(`${ip} is trapped by nobody`);
    if (reason === 'white' && !this.#ledger.hasClaim('white', ip)) this.#violation(`${ip} is white by nobody`);
    // What is renewed is not always announced.
    if (reason === 'white' || reason === 'retry') this.#ledger.claim('white', ip, now + POLICY.whiteexp);
    if (reason !== 'first-sight' && reason !== 'too-soon') this.#decided.add(ip);
    return verdict;
  }

  /** @param lasts Seconds from now; `undefined`: as long as the policy says. */
  async allow(ip: string, lasts?: number): Promise<void> {
    await this.#act(ip)?.greylist.allow(ip, this.#claim('white', ip, lasts ?? POLICY.whiteexp));
  }

  /** @param lasts Seconds from now; `undefined`: as long as the policy says. */
  async trap(ip: string, lasts?: number): Promise<void> {
    await this.#act(ip)?.greylist.trap(ip, this.#claim('trapped', ip, lasts ?? POLICY.trapexp));
  }

  async forget(ip: string): Promise<void> {
    await this.#act(ip)?.greylist.forget(ip);
  }

  /** Announces these, as an operator's program does; what is more than a second's worth goes at its rate. */
  announce(entries: readonly Entry[]): void {
    for (const { ip } of entries) this.#asked.add(ip);
    const report = this.#process?.peer.announce(entries, { backdated: true });
    void report?.then(({ skipped }) => {
      if (skipped.some(({ why }) => why !== 'closed'))
        this.#violation(`did not announce ${skipped.length} of ${entries.length}`);
    });
  }

  /** What must be true of it at any time; what it keeps is looked at as well. */
  async check(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    const { tuples, addresses } = this.#store.stats();
    const { digests, queued } = process.peer.stats();
    const { maxTuples, maxAddresses } = this.#bounds;
    const bounded: readonly (readonly [string, number, number])[] = [
      ['tuples', tuples, maxTuples],
      ['addresses', addresses, maxAddresses],
      ['digests', digests.held, MAX_DIGESTS],
      ['digests that the bound forced out', digests.forgotten, 0],
      ['queued entries', queued, MAX_QUEUED],
      ['sources', process.peer.health().sources.length, MAX_SOURCES],
    ];
    for (const [what, count, max] of bounded) if (count > max) this.#violation(`${count} ${what}, at most ${max}`);
    for await (const item of this.#store.records()) this.#ledger.check(item, this.address, this.now);
  }

  #violation(what: string): void {
    this.#ledger.violation(`${this.address} ${what}`);
  }

  #act(ip: string): Process | undefined {
    this.#acted.set(ip, this.#clock.monotonic());
    return this.#process;
  }

  #claim(type: 'white' | 'trapped', ip: string, lasts: number): { expires: number } {
    const expires = this.now + lasts;
    this.#ledger.claim(type, ip, expires);
    this.#decided.add(ip);
    return { expires };
  }

  /** Nothing is lost without a count of it. */
  async #account({ peer, greylist }: Process, killed: boolean): Promise<void> {
    const { received, drops, sent } = peer.stats();
    const { applied, ignored, verdicts, repaired, swept, unannounced, store } = await greylist.stats();
    const totals = this.#totals;
    Totals.add(totals.verdicts, verdicts);
    Totals.add(totals.drops, drops);
    totals.accepted += received.accepted;
    totals.repaired += repaired;
    totals.swept += swept;
    totals.evicted += (store?.evictedAddresses ?? 0) + (store?.evictedTuples ?? 0);
    const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
    if (received.accepted + dropped !== received.datagrams) {
      this.#violation(`received ${received.datagrams} datagrams, accepted ${received.accepted}, dropped ${dropped}`);
    }
    const entries = Object.values(received.entries).reduce((sum, count) => sum + count, 0);
    const unapplied = Object.values(ignored).reduce((sum, count) => sum + count, 0);
    if (applied + unapplied !== entries) {
      this.#violation(`received ${entries} entries, applied ${applied}, ignored ${unapplied}`);
    }
    if (ignored.store > 0 || sent.failed > 0)
      this.#violation(`${ignored.store} lost by the store, ${sent.failed} not sent`);
    if (unannounced > 0 && !killed) this.#violation(`${unannounced} could not be announced`);
  }

  /** The network, where everything that this host sends and receives is looked at. */
  #watched(process: () => Process | undefined): Transport {
    const inner = this.#network.transport(this.address);
    return {
      open: async (options, events) => {
        const opened = await inner.open(options, {
          ...events,
          receive: (bytes, source) => {
            const current = process();
            // The clock of a dead process runs on, but nobody is there.
            if (current === undefined || current.dead) return;
            if (this.#ledger.isHopeless) throw new Hopeless();
            const digest = digestOf(bytes);
            const isExpected = this.#isExpected(current, bytes, digest, source.address);
            current.arriving = [];
            current.dropped = undefined;
            const now = this.now;
            events.receive(bytes, source);
            this.#checkReceived(current, bytes, digest, isExpected, now);
          },
        });
        const links = opened.links.map((link) => ({
          multicast: link.multicast,
          get address() {
            return link.address;
          },
          get failing() {
            return link.failing;
          },
          refresh: () => link.refresh(),
          send: async (bytes: Uint8Array) => {
            const current = process();
            if (current?.dead === true) return;
            if (current !== undefined) this.#checkSent(current, bytes);
            await link.send(bytes);
          },
        }));
        return { ...opened, links };
      },
    };
  }

  /** Whether the datagram is to be accepted: sent by a member with a key that this host knows, fresh, and not here before. */
  #isExpected({ accepted, sent }: Process, bytes: Uint8Array, digest: string, source: string): boolean {
    const known = this.#ledger.find(bytes);
    if (known === undefined || !this.keys.keys.includes(known.key)) return false;
    if (accepted.has(digest) || (source === this.address && sent.has(digest))) return false;
    return Math.abs(this.#clock.now() - known.newest) <= MAX_SKEW;
  }

  #checkReceived(process: Process, bytes: Uint8Array, digest: string, isExpected: boolean, now: number): void {
    const { arriving, accepted, dropped } = process;
    const isAccepted = dropped === undefined;
    if (isAccepted !== isExpected) {
      const why = isAccepted ? 'accepted' : `dropped as ${dropped}`;
      this.#violation(`${why} a datagram that it must ${isAccepted ? 'not accept' : 'accept'}`);
    }
    if (!isAccepted) {
      if (arriving.length > 0) this.#violation(`delivered entries of a datagram that it dropped`);
      return;
    }
    accepted.add(digest);
    const entries = this.#ledger.find(bytes)?.entries ?? [];
    if (entries.length !== arriving.length || !entries.every((entry, at) => isSame(entry, arriving[at] as Entry))) {
      this.#violation('received an entry from nothing');
    }
    for (const entry of entries) {
      if (entry.type !== 'grey') continue;
      const at = Math.min(entry.timestamp, now);
      this.#ledger.claim('white', entry.ip, at + POLICY.whiteexp);
      this.#ledger.claim('trapped', entry.ip, at + POLICY.trapexp);
    }
  }

  /** What was received is never announced again: whatever goes out was asked of this host, or is a repair of its own. */
  #checkSent(process: Process, bytes: Uint8Array): void {
    const [key] = this.keys.keys as [SyncKey, ...SyncKey[]];
    const { entries, counter } = decodeDatagram(bytes, { key });
    process.sent.add(digestOf(bytes));
    if (counter <= process.counter) this.#violation(`sent counter ${counter} after ${process.counter}`);
    process.counter = counter;
    const elapsed = this.#clock.monotonic();
    const isSweep = (elapsed - process.openedAt + 0.001) % SWEEP_INTERVAL < 0.002;
    for (const entry of entries) {
      const { ip, type } = entry;
      if (this.#asked.has(ip)) continue;
      if (this.#acted.get(ip) === elapsed) continue;
      const isClaim = type === 'white' || type === 'trapped';
      if (isClaim && entry.expires === 0) continue;
      if (isSweep && isClaim && this.#decided.has(ip) && this.#ledger.hasClaim(type, ip)) continue;
      this.#violation(`announced ${type} of ${ip}, which nobody asked of it`);
    }
    const newest = entries.reduce((latest, { timestamp }) => Math.max(latest, timestamp), -1);
    this.#ledger.sent(bytes, this.address, { entries, newest, key, bytes });
  }
}
