import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { sleep, systemClock } from '../../clock.ts';
import type { Drop, Entry, Keyring, SyncPeer } from '../../index.ts';
import { encodeDatagram } from '../../wire/index.ts';
import { isMarker } from '../watch/traffic.ts';

/** How long an echo may take, seconds. It does not leave this host. */
const PATIENCE = 1;
/** The address in the entry of the echo. It is of TEST-NET-1, so no host has it. */
const ADDRESS = '192.0.2.1';

/** The result of an echo. `refused`: the system refused to send it, with this error code. */
export type Echo = { readonly came: true } | { readonly came: false; readonly refused: string | undefined };

/** Whether an entry is the one of an echo. */
export function isEcho(entry: Entry): boolean {
  return isMarker(entry) && entry.ip === ADDRESS;
}

/**
 * Sends a datagram from a socket of its own to where the peer listens. That is the peer's address, or its group on its
 * interface and, with a TTL of 0, no further than this host. The datagram is signed. Its entry is a WHITE that expires
 * at 0, which no receiver applies.
 *
 * @param local The peer's address there.
 * @param group The group that it has joined; `undefined` for none.
 */
export async function echo(peer: SyncPeer, key: Keyring, local: string, group: string | undefined): Promise<Echo> {
  const marker: Entry = { type: 'white', ip: ADDRESS, timestamp: Math.floor(systemClock.now()), expires: 0 };
  const bytes = encodeDatagram([marker], { key, counter: 0 });
  const came = new AbortController();
  const onEntry = (entry: Entry): void => {
    if (isEcho(entry)) came.abort();
  };
  // The datagram has also arrived if it was dropped because `allow` does not name this host.
  const onDrop = ({ reason, source }: Drop): void => {
    if (reason === 'source' && source.address === local) came.abort();
  };
  peer.on('entry', onEntry);
  peer.on('drop', onDrop);
  const socket = createSocket('udp4');
  try {
    const { port } = peer.address;
    socket.bind(0, local);
    await once(socket, 'listening');
    if (group !== undefined) {
      socket.setMulticastInterface(local);
      socket.setMulticastTTL(0);
    }
    const refused = await sent(socket, bytes, port, group ?? local);
    if (refused === undefined) await sleep(systemClock, PATIENCE, came.signal);
    return came.signal.aborted ? { came: true } : { came: false, refused };
  } finally {
    peer.off('entry', onEntry);
    peer.off('drop', onDrop);
    socket.close();
  }
}

/**
 * Listens to another group beside the peer, to find hosts that announce there by mistake. Ends when its signal is
 * aborted.
 */
export async function listenToGroup(
  group: string,
  port: number,
  local: string,
  onSource: (address: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true, signal });
  socket.on('message', (_bytes, { address }) => onSource(address));
  // Without this socket only such hosts are not found.
  socket.on('error', () => {});
  // Binds to the address of the group, so that it receives nothing else.
  socket.bind(port, group);
  await Promise.race([once(socket, 'listening'), once(socket, 'error')]);
  try {
    socket.addMembership(group, local);
  } catch {
    // As above: only such hosts are not found.
  }
}

function sent(socket: Socket, bytes: Uint8Array, port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.send(bytes, port, host, (error) => resolve(error == null ? undefined : (codeOf(error) ?? error.message)));
  });
}

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code;
}
