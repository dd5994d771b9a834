/** A peer on a transport that does what the test says, by a clock that the test sets, and all that it emitted. */
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Drop,
  type Entry,
  type InterfaceState,
  type Link,
  type OpenTransport,
  type PeerWarning,
  type Source,
  SyncPeer,
  type SyncPeerOptions,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from 'spamd-sync';
import { decodeDatagram } from 'spamd-sync/wire';
import type { TimedClock, Timer } from '../../src/clock.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { KEY } from './frame.ts';

export const NOW = 1_800_000_000;
export const SOURCE: Source = { address: '192.0.2.200', port: 8025 };

/** Addresses of the host that a peer on a FakeTransport runs on. */
export const LOCAL: Source = { address: '192.0.2.1', port: 8025 };
export const OTHER_LOCAL = '10.0.0.1';

export class FakeLink implements Link {
  multicast = false;
  failing = false;
  address: string | undefined;
  /** What the next sends are refused with. */
  refuse: Error | undefined;
  /** Sends wait for this. */
  gate: Promise<void> = Promise.resolve();
  /** Look-ups take as long as this. */
  lookUp: Promise<void> = Promise.resolve();
  refreshed = 0;
  readonly sent: Buffer[] = [];

  constructor(address: string) {
    this.address = address;
  }

  async refresh(): Promise<void> {
    this.refreshed++;
    await this.lookUp;
  }

  async send(bytes: Uint8Array): Promise<void> {
    const copy = Buffer.from(bytes);
    await this.gate;
    if (this.refuse !== undefined) throw this.refuse;
    this.sent.push(copy);
  }

  /** The entries of each datagram that went out here. */
  get entries(): Entry[][] {
    return this.sent.map((bytes) => decodeDatagram(bytes, { key: KEY }).entries);
  }
}

export class FakeTransport implements Transport {
  options: TransportOptions | undefined;
  links: FakeLink[] = [];
  /** Links asked for after opening. */
  readonly later: FakeLink[] = [];
  interfaces: InterfaceState[] = [];
  closed = 0;
  #events: TransportEvents | undefined;

  async open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
    this.options = options;
    this.#events = events;
    this.links = options.targets.map(({ host }) => new FakeLink(host));
    return {
      address: '192.0.2.1',
      port: options.listen === false ? 40_000 : options.listen.port,
      receiveBuffer: 425_984,
      interfaces: this.interfaces,
      links: this.links,
      link: ({ host }) => {
        const link = new FakeLink(host);
        this.later.push(link);
        return link;
      },
      isLocal: (address) => address === '192.0.2.1' || address === OTHER_LOCAL,
      close: async () => {
        this.closed++;
      },
    };
  }

  get events(): TransportEvents {
    if (this.#events === undefined) throw new Error('not open yet');
    return this.#events;
  }

  /** As if this came in. */
  receive(bytes: Uint8Array, source: Source = SOURCE): void {
    this.events.receive(Buffer.from(bytes), source);
  }

  link(index = 0): FakeLink {
    const link = this.links[index];
    if (link === undefined) throw new Error(`no link ${index}`);
    return link;
  }
}

/** A clock whose time and timers the test moves. */
export class TestClock implements TimedClock {
  readonly #timers = new VirtualClock(0);
  readonly #waiting = new Set<object>();
  #start = NOW;
  #skipped = 0;

  /** How many timers are set. */
  get timers(): number {
    return this.#waiting.size;
  }

  /** Unix seconds. Set, it steps as when an operator sets the date: no timer is called. */
  get time(): number {
    return this.#start + this.monotonic();
  }

  set time(time: number) {
    this.#start = time - this.monotonic();
  }

  readonly now = (): number => this.time;
  readonly monotonic = (): number => this.#timers.monotonic() + this.#skipped;
  readonly endOfTurn = this.#timers.endOfTurn;

  readonly setTimer = (seconds: number, task: () => void): Timer => {
    const waiting = {};
    this.#waiting.add(waiting);
    const timer = this.#timers.setTimer(seconds, () => {
      this.#waiting.delete(waiting);
      task();
    });
    return {
      cancel: () => {
        this.#waiting.delete(waiting);
        timer.cancel();
      },
    };
  };

  /** Lets so many seconds pass in which a busy process calls no timer. */
  skip(seconds: number): void {
    this.#skipped += seconds;
  }

  /** Lets so many seconds pass. */
  advance(seconds: number): Promise<void> {
    return this.#timers.advance(seconds);
  }
}

export interface Seen {
  readonly entries: Entry[];
  readonly sources: Source[];
  readonly drops: Drop[];
  readonly warnings: PeerWarning[];
  readonly errors: Error[];
  closes: number;
}

/** Everything that a peer emits from now on. */
export function watch(peer: SyncPeer): Seen {
  const seen: Seen = { entries: [], sources: [], drops: [], warnings: [], errors: [], closes: 0 };
  peer.on('entry', (entry, source) => {
    seen.entries.push(entry);
    seen.sources.push(source);
  });
  peer.on('drop', (drop) => seen.drops.push(drop));
  peer.on('warning', (warning) => seen.warnings.push(warning));
  peer.on('error', (error) => seen.errors.push(error));
  peer.on('close', () => {
    seen.closes++;
  });
  return seen;
}

export interface Rig {
  readonly peer: SyncPeer;
  readonly transport: FakeTransport;
  readonly clock: TestClock;
  readonly seen: Seen;
}

export async function openRig(options: Partial<SyncPeerOptions> = {}): Promise<Rig> {
  const transport = new FakeTransport();
  const clock = new TestClock();
  const peer = await SyncPeer.open({ key: KEY, transport, clock, maxDigests: 4096, ...options });
  const seen = watch(peer);
  await turn();
  await turn();
  return { peer, transport, clock, seen };
}

/** The reasons of what was dropped, in order. */
export function reasons(seen: Seen): string[] {
  return seen.drops.map(({ reason }) => reason);
}

export { turn };

/** A tuple that may be sent to anybody. */
export const TUPLE = { ip: '203.0.113.9', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

/** White entries about different addresses, which expire one after the other. */
export function whites(count: number): Entry[] {
  return Array.from({ length: count }, (_, at) => ({
    type: 'white',
    ip: `203.0.${at >> 8}.${at & 255}`,
    timestamp: NOW,
    expires: at,
  }));
}
