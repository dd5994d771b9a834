import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import type {
  Link,
  ListenAt,
  OpenTransport,
  SendTo,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts';

/** The smallest receive buffer worth asking for when the system refuses larger ones. */
const MIN_BUFFER = 64 * 1024;

/** spamd's own: the group does not leave the link. */
const DEFAULT_TTL = 1;

/** UDP over IPv4, as spamd does it. */
export const udp: Transport = { open };

async function open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
  const { listen, group } = options;
  const joinOn = listen !== false && !isIPv4(listen.at) ? interfaceAddress(listen.at) : undefined;
  const sendOn = multicastTarget(options);
  const socket = DgramAsPromised.createSocket(
    // Several peers on one host may share the group's port, as several spamds do. An address is for one alone.
    { type: 'udp4', reuseAddr: joinOn !== undefined },
    // Handed over before bind: what arrives before a listener is attached is lost.
    listen === false ? undefined : (bytes, from) => events.receive(bytes, { address: from.address, port: from.port }),
  );
  try {
    await bind(socket, listen, joinOn);
    if (joinOn !== undefined) socket.addMembership(group, joinOn);
    if (sendOn !== undefined) {
      socket.setMulticastInterface(interfaceAddress(sendOn.host));
      socket.setMulticastTTL(sendOn.ttl ?? DEFAULT_TTL);
      // So that other peers on this host receive it; our own echo is known by its digest.
      socket.setMulticastLoopback(true);
    }
    const receiveBuffer = listen === false ? 0 : growReceiveBuffer(socket, listen.receiveBuffer);
    const linkTo = (target: SendTo) => link(socket, target, group);
    const links = options.targets.map(linkTo);
    // From here on the wrapper's memory of one error would reject the next send, which had no part in it.
    socket.destroy();
    socket.socket.on('error', (error) => events.error(error));
    const bound = socket.address();
    return {
      address: bound.address,
      port: bound.port,
      receiveBuffer,
      links,
      link: (target) => {
        if (!isInterface(target)) return linkTo(target);
        throw new SpamdSyncError('ERR_SPAMD_OPTION', `to: an interface that is not a target: ${shown(target.host)}`);
      },
      isLocal: localAddresses(),
      close: () => socket.close(),
    };
  } catch (error) {
    await socket.close().catch(() => {});
    throw error;
  }
}

async function bind(socket: SocketAsPromised, listen: ListenAt | false, joinOn: string | undefined): Promise<void> {
  const address = listen === false || joinOn !== undefined ? '0.0.0.0' : listen.at;
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

function bindReason(cause: unknown): string {
  const code = systemCode(cause);
  if (code === 'EADDRINUSE') return 'the port is in use, perhaps by a spamd on this host';
  if (code === 'EADDRNOTAVAIL') return 'no interface of this host has that address';
  if (code === 'EACCES') return 'permission denied';
  return code ?? String(cause);
}

/** What the kernel granted: Linux quietly gives less than asked (rmem_max), the BSDs refuse, so ask for less there. */
function growReceiveBuffer(socket: SocketAsPromised, wanted: number): number {
  for (let size = wanted; ; size = Math.floor(size / 2)) {
    try {
      socket.setRecvBufferSize(size);
      break;
    } catch (error) {
      if (systemCode(error) !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
      if (size <= MIN_BUFFER) break;
    }
  }
  return socket.getRecvBufferSize();
}

/** The IPv4 address of an interface of this host. */
function interfaceAddress(name: string): string {
  const addresses = networkInterfaces()[name];
  const ipv4 = addresses?.find((about) => about.family === 'IPv4');
  if (ipv4 !== undefined) return ipv4.address;
  const what =
    addresses === undefined ? `there is no interface ${shown(name)}` : `interface ${shown(name)} has no IPv4 address`;
  const names = Object.entries(networkInterfaces()).filter(([, list]) =>
    list?.some((about) => about.family === 'IPv4'),
  );
  throw new SpamdSyncError('ERR_SPAMD_INTERFACE', `${what}; there are: ${names.map(([known]) => known).join(', ')}`);
}

/** Whether an address is one of this host. Those known are kept: listing the interfaces costs more than an HMAC. */
function localAddresses(): (address: string) => boolean {
  let known = new Set<string>();
  return (address) => {
    if (address.startsWith('127.') || known.has(address)) return true;
    const all = Object.values(networkInterfaces()).flatMap((list = []) => list);
    known = new Set(all.map((about) => about.address));
    return known.has(address);
  };
}

/** The one multicast target, if any: interface and TTL are the socket's, so there cannot be two that differ. */
function multicastTarget({ listen, targets }: TransportOptions): SendTo | undefined {
  const multicast = targets.filter((target) => isInterface(target));
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
  return !isIPv4(target.host) && (target.ttl !== undefined || networkInterfaces()[target.host] !== undefined);
}

function link(socket: SocketAsPromised, target: SendTo, group: string): Link {
  if (isInterface(target)) return new UdpLink(socket, target, group, true);
  return new UdpLink(socket, target, isIPv4(target.host) ? target.host : undefined, false);
}

class UdpLink implements Link {
  readonly #socket: SocketAsPromised;
  readonly #target: SendTo;
  readonly #byName: boolean;
  readonly multicast: boolean;
  #address: string | undefined;
  #failed = false;
  #refreshing: Promise<void> | undefined;
  #why: unknown;

  constructor(socket: SocketAsPromised, target: SendTo, address: string | undefined, multicast: boolean) {
    this.#socket = socket;
    this.#target = target;
    this.#address = address;
    this.#byName = address === undefined;
    this.multicast = multicast;
  }

  get address(): string | undefined {
    return this.#address;
  }

  get failing(): boolean {
    return this.#failed;
  }

  refresh(): Promise<void> {
    if (!this.#byName) return Promise.resolve();
    this.#refreshing ??= this.#resolve().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async send(bytes: Uint8Array): Promise<void> {
    const { host, port } = this.#target;
    if (this.#address === undefined) {
      const why = systemCode(this.#why) ?? 'not resolved';
      throw new SpamdSyncError('ERR_SPAMD_RESOLVE', `target ${host}: name does not resolve: ${why}`, {
        cause: this.#why,
      });
    }
    try {
      await this.#socket.send(bytes, port, this.#address);
      this.#failed = false;
    } catch (cause) {
      this.#failed = true;
      const why = systemCode(cause) ?? String(cause);
      throw new SpamdSyncError('ERR_SPAMD_SEND', `target ${host}: sending to ${this.#address}:${port}: ${why}`, {
        cause,
      });
    }
  }

  /** Keeps the last known address when the resolver fails: a name server that is down is no reason to fall silent. */
  async #resolve(): Promise<void> {
    try {
      this.#address = (await lookup(this.#target.host, { family: 4 })).address;
      this.#failed = false;
    } catch (error) {
      this.#why = error;
      this.#failed = true;
    }
  }
}
