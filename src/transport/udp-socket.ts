import { isIPv4 } from 'node:net';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { portReason, SpamdSyncError, systemCode } from '../errors.ts';
import type { Multicast } from './multicast.ts';
import type { ListenAt, TransportEvents, TransportOptions } from './transport.ts';

/** A UDP socket over IPv4. */
export type UdpSocket = SocketAsPromised;

/** The smallest receive buffer worth asking for when the system refuses larger ones. */
const MIN_BUFFER = 64 * 1024;

/** spamd's default: datagrams to the group do not leave the link. */
const DEFAULT_TTL = 1;

/** A socket that is bound, uses its interface for multicast, and is a member of its group. */
export async function openSocket(
  options: TransportOptions,
  events: TransportEvents,
  multicast: Multicast | undefined,
): Promise<UdpSocket> {
  const { listen, group } = options;
  const address = multicast?.watched.address;
  const socket = DgramAsPromised.createSocket(
    // Several peers on one host may share the group's port, as several spamds do. An address to listen on is for one
    // alone.
    { type: 'udp4', reuseAddr: multicast?.joins === true },
    // The listener is given before `bind`: a datagram that arrives before a listener is attached is lost.
    listen === false ? undefined : (bytes, from) => events.receive(bytes, { address: from.address, port: from.port }),
  );
  try {
    await bind(socket, listen);
    // If the interface is not there yet, the group is joined when it appears.
    if (multicast?.joins && address !== undefined) socket.addMembership(group, address);
    if (multicast?.target !== undefined) {
      if (address !== undefined) socket.setMulticastInterface(address);
      socket.setMulticastTTL(multicast.target.ttl ?? DEFAULT_TTL);
      // So that other peers on this host receive the datagrams. Our own echo is recognised by its digest.
      socket.setMulticastLoopback(true);
    }
    if (listen !== false) growReceiveBuffer(socket, listen.receiveBuffer);
    // `destroy` removes the wrapper's own error handler. That would keep an error and reject the next send with it,
    // though the error is not of that send.
    socket.destroy();
    socket.socket.on('error', (error) => events.error(error));
    return socket;
  } catch (error) {
    await socket.close().catch(() => {});
    throw error;
  }
}

async function bind(socket: UdpSocket, listen: ListenAt | false): Promise<void> {
  const address = listen === false || !isIPv4(listen.at) ? '0.0.0.0' : listen.at;
  const port = listen === false ? 0 : listen.port;
  try {
    // Exclusive: otherwise, in a worker of a Node cluster, the primary would bind the port and share it among the
    // workers.
    await socket.bind({ address, port, exclusive: true });
  } catch (cause) {
    throw new SpamdSyncError('ERR_SPAMD_LISTEN', `cannot listen on ${address}:${port}: ${bindReason(cause)}`, {
      cause,
    });
  }
}

/** Whether a socket could not be opened because no interface has the address to listen on. */
export function isMissingAddress(error: unknown): boolean {
  return error instanceof SpamdSyncError && systemCode(error.cause) === 'EADDRNOTAVAIL';
}

function bindReason(cause: unknown): string {
  const isInUse = systemCode(cause) === 'EADDRINUSE';
  return isInUse ? `${portReason(cause)}, perhaps by a spamd on this host` : portReason(cause);
}

/** Linux silently grants less than asked for (rmem_max). The BSDs refuse, so a smaller buffer is asked for there. */
function growReceiveBuffer(socket: UdpSocket, wanted: number): void {
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
