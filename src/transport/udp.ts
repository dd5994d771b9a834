import { isIPv4 } from 'node:net';
import { every, type Timer } from '../clock.ts';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import { addressFacts, LocalAddresses } from './interfaces.ts';
import { isInterface, type Multicast, multicastOf } from './multicast.ts';
import type {
  InterfaceState,
  Link,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts';
import { type Port, UdpLink } from './udp-link.ts';
import { isMissingAddress, openSocket, type UdpSocket } from './udp-socket.ts';
import { type Change, Watched } from './watched.ts';

/** How often it is checked whether the interface is still there, seconds. */
const LOOK_INTERVAL = 3;

/** The shortest time between two checks when sends fail, seconds: a check costs a tenth of a millisecond. */
const MIN_LOOK_INTERVAL = 1;

/** UDP over IPv4, as spamd does it. */
export const udp: Transport = { open };

async function open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
  const multicast = multicastOf(options);
  try {
    return new UdpTransport(await openSocket(options, events, multicast), true, options, events, multicast);
  } catch (error) {
    if (!options.waitForInterface || !isMissingAddress(error)) throw error;
    // Until the address appears, datagrams leave from another address.
    const socket = await openSocket({ ...options, listen: false }, events, multicast);
    return new UdpTransport(socket, false, options, events, multicast);
  }
}

/**
 * A socket, and the interface and address of this host that it depends on. When the interface goes, the socket's
 * membership of the group and its interface for multicast go too, and the system does not report that. So the interface
 * is checked every few seconds, and whenever a send fails.
 */
class UdpTransport implements OpenTransport, Port {
  address: string;
  port: number;
  receiveBuffer: number;
  readonly links: readonly Link[];
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #multicast: Multicast | undefined;
  readonly #bound: Watched | undefined;
  readonly #local: LocalAddresses;
  readonly #looking: Timer | undefined;
  #socket: UdpSocket;
  /** Whether the address to listen on is bound, if there is one. */
  #isBound: boolean;
  /** Why the address could not be bound when it appeared, if that was reported. */
  #whyUnbound = '';
  /** Whether multicast leaves by the given interface, and not by one that the system chooses. */
  #isAttached: boolean;
  /** When the interface was last checked, the clock's monotonic seconds. */
  #looked = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #replacing: Promise<void> | undefined;
  #closed = false;

  constructor(
    socket: UdpSocket,
    isBound: boolean,
    options: TransportOptions,
    events: TransportEvents,
    multicast: Multicast | undefined,
  ) {
    const { listen, targets, clock } = options;
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    this.receiveBuffer = listen === false || !isBound ? 0 : socket.getRecvBufferSize();
    this.#options = options;
    this.#events = events;
    this.#socket = socket;
    this.#isBound = isBound;
    this.#isAttached = multicast?.watched.address !== undefined;
    this.#multicast = multicast;
    this.links = targets.map((target) => this.#link(target));
    this.#bound =
      listen === false || !canVanish(listen.at) ? undefined : new Watched(listen.at, () => addressFacts(listen.at));
    // The address may have appeared meanwhile. The next check then finds it back, and binds it.
    if (!isBound && this.#bound?.address !== undefined)
      this.#bound.lose(`the address ${this.#bound.name} was not there`);
    this.#local = new LocalAddresses(clock);
    this.#looking = this.#watched.length === 0 ? undefined : every(clock, LOOK_INTERVAL, () => this.#look());
  }

  get interfaces(): readonly InterfaceState[] {
    return this.#watched.map(({ state }) => state);
  }

  get generation(): number {
    return this.#generation;
  }

  link(target: SendTo): Link {
    if (!isInterface(target)) return this.#link(target);
    throw new SpamdSyncError('ERR_SPAMD_OPTION', `to: an interface that is not a target: ${shown(target.host)}`);
  }

  isLocal(address: string): boolean {
    return this.#local.has(address);
  }

  send(bytes: Uint8Array, port: number, address: string): Promise<unknown> {
    if (address === this.#options.group && !this.#isAttached) {
      return Promise.reject(Object.assign(new Error('its interface is not there yet'), { code: 'ENETDOWN' }));
    }
    return this.#socket.send(bytes, port, address);
  }

  renewedSince(generation: number): boolean {
    const now = this.#options.clock.monotonic();
    if (generation === this.#generation && now - this.#looked >= MIN_LOOK_INTERVAL) this.#look();
    return generation !== this.#generation;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#looking?.cancel();
    await this.#replacing;
    await this.#socket.close();
  }

  get #watched(): readonly Watched[] {
    return [this.#multicast?.watched, this.#bound].filter((watched) => watched !== undefined);
  }

  #link(target: SendTo): Link {
    if (target === this.#multicast?.target) return new UdpLink(this, target, this.#options.group, true);
    return new UdpLink(this, target, isIPv4(target.host) ? target.host : undefined, false);
  }

  #look(): void {
    if (this.#closed) return;
    this.#looked = this.#options.clock.monotonic();
    if (this.#multicast !== undefined) this.#lookAtInterface(this.#multicast);
    const before = this.#bound?.address;
    const change = this.#bound?.look();
    if (this.#bound === undefined || change === undefined) return;
    // The system keeps the socket bound. When the address is back, all is as it was.
    if (this.#isBound) this.#report(this.#bound, change, before);
    else if (change !== 'gone') this.#replacing ??= this.#bindAtLast(this.#bound);
  }

  /**
   * Binds the address that has appeared. It may disappear again meanwhile, and another process may have the port by
   * now.
   */
  async #bindAtLast(bound: Watched): Promise<void> {
    try {
      const next = await openSocket(this.#options, this.#events, this.#multicast);
      const old = this.#socket;
      this.#socket = next;
      this.#isBound = true;
      ({ address: this.address, port: this.port } = next.address());
      this.receiveBuffer = next.getRecvBufferSize();
      this.#report(bound, 'back', undefined);
      await old.close();
    } catch (error) {
      // The next check tries it again.
      const why = error instanceof Error ? error.message : String(error);
      bound.lose(why);
      if (why !== this.#whyUnbound) this.#report(bound, 'gone', undefined);
      this.#whyUnbound = why;
    } finally {
      this.#replacing = undefined;
    }
  }

  #lookAtInterface(multicast: Multicast): void {
    // The socket is being replaced, and the outcome is not known yet.
    if (this.#replacing !== undefined) return;
    const { watched } = multicast;
    const before = watched.address;
    let change = watched.look();
    try {
      if (multicast.joins && change !== undefined && before !== undefined) this.#leave(before);
      if (watched.address !== undefined) {
        const joined = this.#attach(multicast, watched.address, change);
        if (joined === 'full') {
          this.#replaceSocket(multicast, change ?? 're-created', before);
          return;
        }
        if (joined === 'new') change ??= 're-created';
      }
    } catch (error) {
      // The interface disappeared during the check.
      const why = `interface ${shown(watched.name)} is of no use: ${systemCode(error) ?? String(error)}`;
      this.#lose(watched, why, before);
      return;
    }
    if (change !== undefined) this.#report(watched, change, before);
  }

  #attach(multicast: Multicast, address: string, change: Change | undefined): Membership {
    if (multicast.joins && change !== undefined) this.#leave(address);
    const joined = multicast.joins ? this.#join(address, change) : 'old';
    if (multicast.target !== undefined) this.#socket.setMulticastInterface(address);
    this.#isAttached = true;
    return joined;
  }

  #join(address: string, change: Change | undefined): Membership {
    try {
      this.#socket.addMembership(this.#options.group, address);
      return 'new';
    } catch (error) {
      if (systemCode(error) === 'ENOBUFS') return 'full';
      // The socket is a member already, as it should be.
      if (change === undefined) return 'old';
      throw error;
    }
  }

  /**
   * Leaves the group on every interface that had this address: Linux keeps the memberships of interfaces that are gone.
   */
  #leave(address: string): void {
    try {
      for (;;) this.#socket.dropMembership(this.#options.group, address);
    } catch {
      // No membership is left.
    }
  }

  /**
   * Replaces the socket by a new one that joins the group. Linux keeps the memberships of interfaces that are gone, and
   * a socket can have 20. The memberships of an interface that was re-created with its old address cannot even be left:
   * then only a new socket helps. Both sockets are bound until the new one has taken over. Only then is it known what
   * became of the interface, so the change is reported then.
   */
  #replaceSocket(multicast: Multicast, change: Change, before: string | undefined): void {
    const { listen } = this.#options;
    const { watched } = multicast;
    const same = listen === false ? listen : { ...listen, port: this.port };
    const replace = async (): Promise<void> => {
      try {
        const next = await openSocket({ ...this.#options, listen: same }, this.#events, multicast);
        const old = this.#socket;
        this.#socket = next;
        await old.close();
        this.#report(watched, change, before);
      } catch (error) {
        const why = `the group cannot be joined: ${error instanceof Error ? error.message : String(error)}`;
        this.#lose(watched, why, before);
      }
    };
    this.#replacing = replace().finally(() => {
      this.#replacing = undefined;
    });
  }

  /**
   * Marks an interface as gone that seems to be there but cannot be used. That is reported, unless it was gone before.
   */
  #lose(watched: Watched, why: string, before: string | undefined): void {
    watched.lose(why);
    if (before !== undefined) this.#report(watched, 'gone', before);
  }

  #report(watched: Watched, change: Change, before: string | undefined): void {
    watched.countChange();
    this.#local.forget();
    if (change !== 'gone') this.#generation++;
    this.#events.interfaceChanged(describe(watched, change, before));
  }
}

/**
 * Whether a socket is a member of its group: it joined just now, it was a member before, or it has no room for another
 * membership.
 */
type Membership = 'new' | 'old' | 'full';

/** What happened, in words. */
function describe({ name, address, state }: Watched, change: Change, before: string | undefined): string {
  const what = isIPv4(name) ? `the address ${name}` : `interface ${shown(name)}`;
  switch (change) {
    case 'gone':
      return `${state.detail}: nothing is received or sent there until it is back`;
    case 'back':
      return isIPv4(name) ? `${what} is back` : `${what} is back, with the address ${address}`;
    case 're-created':
      return `${what} was re-created, with the address ${address}`;
    case 're-addressed':
      return `${what} has another address, ${address} in place of ${before}`;
  }
}

/** Whether a local address may disappear and come back: 0.0.0.0 is every address, and 127/8 is always there. */
function canVanish(at: string): boolean {
  return isIPv4(at) && at !== '0.0.0.0' && !at.startsWith('127.');
}
