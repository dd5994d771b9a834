import { isIPv4 } from 'node:net';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { every, type Timer } from '../clock.ts';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import { addressFacts, interfaceFacts, isInterfaceName, LocalAddresses, usableInterfaces } from './interfaces.ts';
import type {
  InterfaceState,
  Link,
  ListenAt,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts';
import { type Port, UdpLink } from './udp-link.ts';
import { type Change, Watched } from './watched.ts';

/** The smallest receive buffer worth asking for when the system refuses larger ones. */
const MIN_BUFFER = 64 * 1024;

/** spamd's own: the group does not leave the link. */
const DEFAULT_TTL = 1;

/** How often it is looked whether the interface is still there, seconds. */
const LOOK_INTERVAL = 3;

/** How often at most where sends fail, seconds: it costs a tenth of a millisecond. */
const MIN_LOOK_INTERVAL = 1;

/** UDP over IPv4, as spamd does it. */
export const udp: Transport = { open };

async function open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
  const multicast = multicastOf(options);
  try {
    return new UdpTransport(await openSocket(options, events, multicast), true, options, events, multicast);
  } catch (error) {
    if (!options.waitForInterface || !isMissingAddress(error)) throw error;
    // What it sends until the address comes goes out from another.
    const socket = await openSocket({ ...options, listen: false }, events, multicast);
    return new UdpTransport(socket, false, options, events, multicast);
  }
}

/** Bound, on its interface, a member of its group. */
async function openSocket(
  options: TransportOptions,
  events: TransportEvents,
  multicast: Multicast | undefined,
): Promise<SocketAsPromised> {
  const { listen, group } = options;
  const address = multicast?.watched.address;
  const socket = DgramAsPromised.createSocket(
    // Several peers on one host may share the group's port, as several spamds do. An address is for one alone.
    { type: 'udp4', reuseAddr: multicast?.joins === true },
    // Handed over before bind: what arrives before a listener is attached is lost.
    listen === false ? undefined : (bytes, from) => events.receive(bytes, { address: from.address, port: from.port }),
  );
  try {
    await bind(socket, listen);
    // One that is waited for is joined when it comes.
    if (multicast?.joins && address !== undefined) socket.addMembership(group, address);
    if (multicast?.target !== undefined) {
      if (address !== undefined) socket.setMulticastInterface(address);
      socket.setMulticastTTL(multicast.target.ttl ?? DEFAULT_TTL);
      // So that other peers on this host receive it; our own echo is known by its digest.
      socket.setMulticastLoopback(true);
    }
    if (listen !== false) growReceiveBuffer(socket, listen.receiveBuffer);
    // From here on the wrapper's memory of one error would reject the next send, which had no part in it.
    socket.destroy();
    socket.socket.on('error', (error) => events.error(error));
    return socket;
  } catch (error) {
    await socket.close().catch(() => {});
    throw error;
  }
}

/**
 * A socket, and what it depends on of this host. A membership and the interface of multicast end with the interface, and
 * the system says nothing of it, so it is looked at every few seconds, and whenever a send fails.
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
  #socket: SocketAsPromised;
  /** Whether the address to listen on is bound, where there is one. */
  #isBound: boolean;
  /** Why it could not be bound when it came, where that was reported. */
  #whyUnbound = '';
  /** Whether multicast goes out by its interface, and not by whatever the system chooses. */
  #isAttached: boolean;
  /** When it was looked last, the clock's monotonic seconds. */
  #looked = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #replacing: Promise<void> | undefined;
  #closed = false;

  constructor(
    socket: SocketAsPromised,
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
    // It may have come meanwhile: then the next look finds it back.
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
    // The system keeps what is bound: when the address is back, all is as it was.
    if (this.#isBound) this.#report(this.#bound, change, before);
    else if (change !== 'gone') this.#replacing ??= this.#bindAtLast(this.#bound);
  }

  /** The address has come that was waited for. It may go again meanwhile, and the port may be another's by now. */
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
      // It is tried again at the next look.
      const why = error instanceof Error ? error.message : String(error);
      bound.lose(why);
      if (why !== this.#whyUnbound) this.#report(bound, 'gone', undefined);
      this.#whyUnbound = why;
    } finally {
      this.#replacing = undefined;
    }
  }

  #lookAtInterface(multicast: Multicast): void {
    // What comes of that is not known yet.
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
      // It went while it was looked at.
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
      // As it should be: it is a member.
      if (change === undefined) return 'old';
      throw error;
    }
  }

  /** Of every interface that had this address: Linux keeps those of interfaces that are gone. */
  #leave(address: string): void {
    try {
      for (;;) this.#socket.dropMembership(this.#options.group, address);
    } catch {
      // There is none left.
    }
  }

  /**
   * Linux keeps the memberships of interfaces that are gone, and a socket can have 20. Those of an interface that was re-created
   * with its old address cannot even be left: then only another socket helps. Both are bound until it has taken over. Only
   * then it is known what became of the interface, which is reported then.
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

  /** What looks as if it were there is of no use, which is reported unless it was before. */
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

/** Whether a socket is a member of its group: it just joined it, was one before, or can be a member of no more. */
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

/** Whether a local address may go and come: 0.0.0.0 is every address, and 127/8 always there. */
function canVanish(at: string): boolean {
  return isIPv4(at) && at !== '0.0.0.0' && !at.startsWith('127.');
}

async function bind(socket: SocketAsPromised, listen: ListenAt | false): Promise<void> {
  const address = listen === false || !isIPv4(listen.at) ? '0.0.0.0' : listen.at;
  const port = listen === false ? 0 : listen.port;
  try {
    // Exclusive: in a worker of a Node cluster the primary would otherwise bind it and share it out among the workers.
    await socket.bind({ address, port, exclusive: true });
  } catch (cause) {
    throw new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${address}:${port}: ${bindReason(cause)}`, {
      cause,
    });
  }
}

function isMissingAddress(error: unknown): boolean {
  return error instanceof SpamdSyncError && systemCode(error.cause) === 'EADDRNOTAVAIL';
}

function bindReason(cause: unknown): string {
  const code = systemCode(cause);
  if (code === 'EADDRINUSE') return 'the port is in use, perhaps by a spamd on this host';
  if (code === 'EADDRNOTAVAIL') return 'no interface of this host has that address';
  if (code === 'EACCES') return 'permission denied';
  return code ?? String(cause);
}

/** Linux quietly gives less than asked (rmem_max), the BSDs refuse, so ask for less there. */
function growReceiveBuffer(socket: SocketAsPromised, wanted: number): void {
  for (let size = wanted; ; size = Math.floor(size / 2)) {
    try {
      socket.setRecvBufferSize(size);
      return;
    } catch (error) {
      if (systemCode(error) !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
      if (size <= MIN_BUFFER) return;
    }
  }
}

/** What of the socket hangs on an interface: it and the TTL are the socket's, so there is one at most. */
interface Multicast {
  readonly watched: Watched;
  /** Whether the group is joined there. */
  readonly joins: boolean;
  /** The target that is the group, sent to from there. */
  readonly target: SendTo | undefined;
}

function multicastOf(options: TransportOptions): Multicast | undefined {
  const { listen } = options;
  const target = multicastTarget(options);
  const joined = listen !== false && !isIPv4(listen.at) ? listen.at : undefined;
  const name = joined ?? target?.host;
  if (name === undefined) return undefined;
  return { watched: usable(name, options.waitForInterface === true), joins: joined !== undefined, target };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_INTERFACE` for an interface that has no IPv4 address to be used. */
function usable(name: string, waits: boolean): Watched {
  const watched = new Watched(name, (preferred) => interfaceFacts(name, preferred));
  if (waits || watched.address !== undefined) return watched;
  const others = usableInterfaces().join(', ');
  throw new SpamdSyncError('ERR_SPAMD_INTERFACE', `${watched.state.detail}; there are: ${others}`);
}

/** The one multicast target, if any. */
function multicastTarget({ listen, targets }: TransportOptions): SendTo | undefined {
  const multicast = targets.filter(
    (target) => isInterface(target) || (listen !== false && target.host === listen.at && !isIPv4(listen.at)),
  );
  const [first, ...others] = multicast;
  if (first === undefined) return undefined;
  if (others.length > 0) {
    throw new SpamdSyncError(
      'ERR_SPAMD_OPTION',
      `targets: one interface at most: ${multicast.map((t) => t.host).join(', ')}`,
    );
  }
  if (listen !== false && !isIPv4(listen.at) && listen.at !== first.host) {
    const both = `${shown(listen.at)} and ${shown(first.host)}`;
    throw new SpamdSyncError('ERR_SPAMD_OPTION', `listen and targets name different interfaces, ${both}: use the same`);
  }
  return first;
}

/**
 * spamd tries a name as a host first. Here an interface of that name goes first: a search domain with a wildcard would
 * turn `em0` into some host, and a resolver that is down would hold up the start.
 */
function isInterface(target: SendTo): boolean {
  return !isIPv4(target.host) && (target.ttl !== undefined || isInterfaceName(target.host));
}
