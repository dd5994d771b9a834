import { isIPv4 } from 'node:net';
import { SpamdSyncError, shown } from '../errors.ts';
import { interfaceFacts, isInterfaceName, usableInterfaces } from './interfaces.ts';
import type { SendTo, TransportOptions } from './transport.ts';
import { Watched } from './watched.ts';

/**
 * The part of a socket that depends on an interface. The multicast interface and the TTL are the socket's own, so a
 * socket has one such part at most.
 */
export interface Multicast {
  readonly watched: Watched;
  /** Whether the group is joined on that interface. */
  readonly joins: boolean;
  /** The target that is the group, if there is one: its datagrams leave by that interface. */
  readonly target: SendTo | undefined;
}

/**
 * @throws {SpamdSyncError} `ERR_SPAMD_INTERFACE` for an interface that has no usable IPv4 address; `ERR_SPAMD_OPTION`
 * if more than one interface is named.
 */
export function multicastOf(options: TransportOptions): Multicast | undefined {
  const { listen } = options;
  const target = multicastTarget(options);
  const joined = listen !== false && !isIPv4(listen.at) ? listen.at : undefined;
  const name = joined ?? target?.host;
  if (name === undefined) return undefined;
  return { watched: usable(name, options.waitForInterface === true), joins: joined !== undefined, target };
}

/** @throws {SpamdSyncError} `ERR_SPAMD_INTERFACE` for an interface that has no usable IPv4 address. */
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
 * spamd tries a name as a host first. Here an interface of that name comes first: a search domain with a wildcard would
 * resolve `em0` to some host, and a resolver that is down would hold up the start.
 */
export function isInterface(target: SendTo): boolean {
  return !isIPv4(target.host) && (target.ttl !== undefined || isInterfaceName(target.host));
}
