import { isIPv4 } from 'node:net';
import type { TimedClock } from '../clock.ts';
import type { Source } from '../entry.ts';
import { SpamdSyncError } from '../errors.ts';
import { badOption, checkFunction, checkMembers } from '../validate.ts';
import { generator, type Random } from './random.ts';
import type { Link, OpenTransport, SendTo, Transport, TransportEvents, TransportOptions } from './transport.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a network in memory does to datagrams. */
export interface NetworkFaults {
  /** The chance that a copy of a datagram is lost, 0..1. Default 0. */
  readonly loss?: number | undefined;
  /** The chance that a datagram arrives twice, 0..1. Default 0. */
  readonly duplication?: number | undefined;
  /** The chance that a datagram is held back long enough for later ones to overtake it, 0..1. Default 0. */
  readonly reordering?: number | undefined;
  /** How long a datagram is under way, seconds: min and max. Default 0.001 and 0.001. */
  readonly latency?: readonly [number, number] | undefined;
  /**
   * Whether everything that `from` sends to `to` now is lost: a partition. It is asymmetric if only one direction is
   * cut. Default: nothing is cut.
   */
  readonly cut?: ((from: string, to: string) => boolean) | undefined;
}

/** Options of a network in memory. */
export interface MemoryNetworkOptions extends NetworkFaults {
  /** The same seed gives the same losses, copies and delays. Default 1. */
  readonly seed?: number | undefined;
  /** What the clock shows at first, Unix seconds. Default 1800000000. */
  readonly start?: number | undefined;
}

/** How long a datagram is held back so that others overtake it, as a multiple of the longest latency. */
const HELD_BACK = 4;
const FIRST_EPHEMERAL_PORT = 49_152;

type Faults = { readonly [K in keyof NetworkFaults]-?: NonNullable<NetworkFaults[K]> };

const NO_FAULTS: Faults = { loss: 0, duplication: 0, reordering: 0, latency: [0.001, 0.001], cut: () => false };
const DEFAULTS = { seed: 1, start: 1_800_000_000 } as const;

interface Host extends Source {
  readonly group: string | undefined;
  readonly events: TransportEvents;
}

/**
 * A network in memory for tests and simulations. All hosts are on one segment, time moves only when it is advanced, and
 * a seed decides loss, delay, reordering and duplication. Give each peer a `transport` of the network, and its `clock`.
 * If everything else has that clock too, the network controls all time.
 */
export class MemoryNetwork {
  #faults: Faults;
  readonly #random: Random;
  readonly #hosts = new Set<Host>();
  readonly #clock: VirtualClock;
  #underWay = 0;
  #nextPort = FIRST_EPHEMERAL_PORT;
  #sent = 0;
  #delivered = 0;
  #lost = 0;

  /** The network's time, with timers: they are called while time passes in {@link advance} and {@link settle}. */
  get clock(): TimedClock {
    return this.#clock;
  }

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the option. */
  constructor(options: MemoryNetworkOptions = {}) {
    checkMembers('options', options, { ...NO_FAULTS, ...DEFAULTS });
    const { seed = DEFAULTS.seed, start = DEFAULTS.start } = options;
    if (!Number.isFinite(seed)) throw badOption('seed', 'not a number', seed);
    if (!Number.isFinite(start)) throw badOption('start', 'not Unix seconds', start);
    this.#faults = checkedFaults(options, NO_FAULTS);
    this.#random = generator(seed);
    this.#clock = new VirtualClock(start);
  }

  /**
   * A host of this network. In the options of a peer with this transport, `listen` is this host's address, or any other
   * text for the one interface of the segment, on which the peer joins the group. A target is the address of a host, or
   * any other text for the group.
   */
  transport(address: string): Transport {
    if (typeof address !== 'string' || !isIPv4(address)) throw badOption('address', 'not an IPv4 address', address);
    return { open: (options, events) => this.#open(address, options, events) };
  }

  /**
   * How many copies of datagrams were handed to the network, delivered, and lost: by chance, by a partition, or because
   * the host no longer listens.
   */
  get counts(): {
    readonly sent: number;
    readonly delivered: number;
    readonly lost: number;
  } {
    return { sent: this.#sent, delivered: this.#delivered, lost: this.#lost };
  }

  /**
   * Changes what the network does to datagrams that are sent from now on: a partition begins or heals, a link gets
   * worse. Datagrams that are under way arrive as they would have.
   *
   * @param faults The faults that change; one that is `undefined` stays as it is.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`, naming the fault.
   */
  change(faults: NetworkFaults): void {
    checkMembers('options', faults, NO_FAULTS);
    this.#faults = checkedFaults(faults, this.#faults);
  }

  /**
   * Sends a datagram as if a foreign program at `from` had sent it. It goes to every host that listens at `to`, which
   * is a host's address or the group's.
   */
  inject(bytes: Uint8Array, from: Source, to: Source): void {
    const { address, port } = to;
    this.#send(Buffer.from(bytes), from, (host) => [host.address, host.group].includes(address) && host.port === port);
  }

  /**
   * Lets time pass, in seconds. Datagrams arrive and timers are called in the order in which they fall due; those of
   * one moment, in the order in which they were sent and set. Everything that the peers do about one of them is done
   * before the next.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a number of seconds. Rejects with the error
   * that a timer's task throws.
   */
  async advance(seconds: number): Promise<void> {
    if (!Number.isFinite(seconds) || seconds < 0) throw badOption('seconds', 'not a number of seconds', seconds);
    await this.#clock.advance(seconds);
  }

  /** Lets time pass until no datagram is under way any more. Timers that fall due meanwhile are called. */
  async settle(): Promise<void> {
    await this.#clock.advanceWhile(() => this.#underWay > 0);
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
      interfaces: [],
      links: targets.map((target) => this.#link(target, group, host)),
      link: (target) => this.#link(target, group, host),
      isLocal: (other) => other === address,
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
    const { loss, duplication, reordering, latency, cut } = this.#faults;
    const [min, max] = latency;
    for (const to of this.#hosts) {
      if (!reaches(to)) continue;
      const copies = this.#random.chance(duplication) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        this.#sent++;
        if (this.#random.chance(loss) || cut(from.address, to.address)) {
          this.#lost++;
          continue;
        }
        const held = this.#random.chance(reordering) ? max * HELD_BACK : 0;
        const delay = min + this.#random.next() * (max - min) + held;
        const own = Buffer.from(bytes);
        this.#underWay++;
        this.#clock.setTimer(delay, () => this.#deliver(own, from, to));
      }
    }
  }

  #deliver(bytes: Buffer, from: Source, to: Host): void {
    this.#underWay--;
    if (!this.#hosts.has(to)) {
      this.#lost++;
      return;
    }
    this.#delivered++;
    to.events.receive(bytes, from);
  }
}

/** @param standing The values of the faults that are not given. */
function checkedFaults(faults: NetworkFaults, standing: Faults): Faults {
  const { loss = standing.loss, duplication = standing.duplication, reordering = standing.reordering } = faults;
  const { latency = standing.latency, cut = standing.cut } = faults;
  for (const [name, chance] of Object.entries({ loss, duplication, reordering })) {
    if (!(typeof chance === 'number' && chance >= 0 && chance <= 1)) throw badOption(name, 'not 0..1', chance);
  }
  const [min, max] = Array.isArray(latency) ? (latency as readonly unknown[]) : [];
  if (
    !(typeof min === 'number' && typeof max === 'number' && min >= 0 && min <= max && max < Number.POSITIVE_INFINITY)
  ) {
    throw badOption('latency', 'not two numbers of seconds, min and max', latency);
  }
  checkFunction('cut', cut);
  return { loss, duplication, reordering, latency, cut };
}
