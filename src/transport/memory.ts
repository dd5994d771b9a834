import { isIPv4 } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Source } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { badOption, checkMembers } from '../validate.ts';
import type { Link, OpenTransport, SendTo, Transport, TransportEvents, TransportOptions } from './transport.ts';

export interface MemoryNetworkOptions {
  /** The same seed gives the same losses, copies and delays. Default 1. */
  readonly seed?: number;
  /** The chance that a copy of a datagram is lost, 0..1. Default 0. */
  readonly loss?: number;
  /** The chance that a datagram arrives twice, 0..1. Default 0. */
  readonly duplication?: number;
  /** The chance that a datagram is held back long enough for later ones to overtake it, 0..1. Default 0. */
  readonly reordering?: number;
  /** How long a datagram is under way, seconds: least and most. Default 0.001 and 0.001. */
  readonly latency?: readonly [number, number];
  /** What the clock shows at first, Unix seconds. Default 1800000000. */
  readonly start?: number;
}

/** How much longer than the longest latency a datagram that is overtaken stays under way, times that latency. */
const HELD_BACK = 4;
const FIRST_EPHEMERAL_PORT = 49_152;

const DEFAULTS = {
  seed: 1,
  loss: 0,
  duplication: 0,
  reordering: 0,
  latency: [0.001, 0.001],
  start: 1_800_000_000,
} as const;

interface Host extends Source {
  readonly group: string | undefined;
  readonly events: TransportEvents;
}

interface InFlight {
  readonly due: number;
  readonly order: number;
  readonly bytes: Buffer;
  readonly from: Source;
  readonly to: Host;
}

/**
 * A network in memory for tests and simulations: hosts on one segment, time that moves only when told to, and loss,
 * delay, reordering and duplication that a seed decides. Give each peer a `transport` of it, and its `clock`.
 */
export class MemoryNetwork {
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #random: () => number;
  readonly #hosts = new Set<Host>();
  readonly #inFlight: InFlight[] = [];
  #now: number;
  #order = 0;
  #nextPort = FIRST_EPHEMERAL_PORT;
  #sent = 0;
  #delivered = 0;
  #lost = 0;

  /** The network's time. */
  readonly clock: Clock = { now: () => this.#now };

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = checkedOptions(options);
    this.#random = mulberry32(this.#options.seed);
    this.#now = this.#options.start;
  }

  /**
   * A host of this network. To a peer with this transport `listen` is its address, or any other text for the segment's
   * one interface, on which it joins the group; likewise a target.
   */
  transport(address: string): Transport {
    if (typeof address !== 'string' || !isIPv4(address)) throw badOption('address', 'not an IPv4 address', address);
    return { open: (options, events) => this.#open(address, options, events) };
  }

  /** Copies handed to the network, delivered, and lost (by chance, or because nobody listens there). */
  get counts(): {
    readonly sent: number;
    readonly delivered: number;
    readonly lost: number;
  } {
    return { sent: this.#sent, delivered: this.#delivered, lost: this.#lost };
  }

  /** Puts a datagram on the network as if a foreign program at `from` had sent it; to everyone who listens there. */
  inject(bytes: Uint8Array, from: Source, to: Source): void {
    this.#send(Buffer.from(bytes), from, (host) => host.address === to.address && host.port === to.port);
  }

  /** Lets time pass, in seconds, delivering what falls due and letting the peers work in between. */
  async advance(seconds: number): Promise<void> {
    if (!Number.isFinite(seconds) || seconds < 0) throw badOption('seconds', 'not a number of seconds', seconds);
    const until = this.#now + seconds;
    await turn();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.due);
      this.#deliver(next);
      await turn();
    }
    this.#now = until;
  }

  /** Delivers until nothing is under way any more; time moves as far as that takes. */
  async settle(): Promise<void> {
    await turn();
    for (
      let next = this.#next(Number.POSITIVE_INFINITY);
      next !== undefined;
      next = this.#next(Number.POSITIVE_INFINITY)
    ) {
      await this.advance(Math.max(0, next.due - this.#now));
    }
  }

  async #open(
    address: string,
    { listen, group, targets }: TransportOptions,
    events: TransportEvents,
  ): Promise<OpenTransport> {
    const port = listen === false || listen.port === 0 ? this.#nextPort++ : listen.port;
    const joins = listen !== false && !isIPv4(listen.at);
    if (listen !== false && !joins && [...this.#hosts].some((host) => host.address === address && host.port === port)) {
      throw new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${address}:${port}: the port is in use`);
    }
    const host: Host = {
      address,
      port,
      group: joins ? group : undefined,
      events,
    };
    if (listen !== false) this.#hosts.add(host);
    return {
      address,
      port,
      receiveBuffer: 0,
      links: targets.map((target) => this.#link(target, group, host)),
      link: async (target) => this.#link(target, group, host),
      close: async () => void this.#hosts.delete(host),
    };
  }

  #link({ host, port }: SendTo, group: string, from: Source): Link {
    const multicast = !isIPv4(host);
    const reaches = multicast
      ? (to: Host) => to.group === group && to.port === port
      : (to: Host) => to.address === host && to.port === port;
    return {
      multicast,
      address: multicast ? group : host,
      failing: false,
      refresh: async () => {},
      send: async (bytes) => this.#send(Buffer.from(bytes), { address: from.address, port: from.port }, reaches),
    };
  }

  #send(bytes: Buffer, from: Source, reaches: (host: Host) => boolean): void {
    const { duplication, reordering, latency } = this.#options;
    const [least, most] = latency;
    for (const to of this.#hosts) {
      if (!reaches(to)) continue;
      const copies = this.#random() < duplication ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        this.#sent++;
        if (this.#random() < this.#options.loss) {
          this.#lost++;
          continue;
        }
        const held = this.#random() < reordering ? most * HELD_BACK : 0;
        const due = this.#now + least + this.#random() * (most - least) + held;
        this.#inFlight.push({
          due,
          order: this.#order++,
          bytes: Buffer.from(bytes),
          from,
          to,
        });
      }
    }
  }

  /** The next datagram that falls due by then; in the order sent where several do at once. */
  #next(until: number): InFlight | undefined {
    let next: InFlight | undefined;
    for (const one of this.#inFlight) {
      if (one.due > until) continue;
      if (next === undefined || one.due < next.due || (one.due === next.due && one.order < next.order)) next = one;
    }
    return next;
  }

  #deliver(one: InFlight): void {
    this.#inFlight.splice(this.#inFlight.indexOf(one), 1);
    if (!this.#hosts.has(one.to)) {
      this.#lost++;
      return;
    }
    this.#delivered++;
    one.to.events.receive(one.bytes, one.from);
  }
}

function checkedOptions(options: MemoryNetworkOptions): Required<MemoryNetworkOptions> {
  checkMembers('options', options, DEFAULTS);
  const { seed = DEFAULTS.seed, start = DEFAULTS.start, latency = DEFAULTS.latency } = options;
  const { loss = DEFAULTS.loss, duplication = DEFAULTS.duplication, reordering = DEFAULTS.reordering } = options;
  for (const [name, chance] of Object.entries({ loss, duplication, reordering })) {
    if (!(typeof chance === 'number' && chance >= 0 && chance <= 1)) throw badOption(name, 'not 0..1', chance);
  }
  if (!Number.isFinite(seed)) throw badOption('seed', 'not a number', seed);
  if (!Number.isFinite(start)) throw badOption('start', 'not Unix seconds', start);
  const [least, most] = Array.isArray(latency) ? (latency as readonly unknown[]) : [];
  if (!(typeof least === 'number' && typeof most === 'number' && least >= 0 && least <= most)) {
    throw badOption('latency', 'not two numbers, the least and the most seconds', latency);
  }
  return { seed, loss, duplication, reordering, latency, start };
}

/** A whole turn of the event loop, so that what the peers queued goes out. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** A small random generator whose sequence a seed decides. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
