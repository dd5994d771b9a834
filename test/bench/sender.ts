/** A process that sends datagrams prepared beforehand, as fast as it can or at a pace. Loopback only. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { SyncKey } from 'spamd-sync';
import { answer } from './child.ts';
import { forgedDatagrams } from './forged.ts';
import { KEY_FILE, type Kind, signedDatagrams } from './samples.ts';

interface Wanted {
  readonly kind: Kind | 'forged';
  readonly datagrams: number;
  readonly perDatagram: number;
  /** What the key file holds that they are signed by; default that of the benchmarks, `null` for no key. */
  readonly key?: string | null;
}

interface How {
  /** Default 127.0.0.1. */
  readonly to?: string;
  readonly port: number;
  /** The first of the prepared datagrams to send, and how many. */
  readonly from: number;
  readonly count: number;
  /** Datagrams a second; 0: as fast as it goes. */
  readonly rate: number;
}

export interface Sent {
  readonly datagrams: number;
  readonly seconds: number;
  /** The most that went out behind each other without a pause, where there was a pace to keep. */
  readonly largestBurst: number;
}

/** Between two looks at the clock; a wait for I/O after each would cost a system call a datagram. */
const UNPACED_BURST = 128;
/** A pace is kept by bursts of so many milliseconds' worth at the most. */
const LONGEST_BURST_MS = 20;

let datagrams: readonly Uint8Array[] = [];
/** How many addresses the forged ones seem to come from: more than the library keeps of strangers. */
let addresses = 1;

const calls = {
  async prepare({ kind, datagrams: wanted, perDatagram, key = KEY_FILE.toString() }: Wanted): Promise<number> {
    if (kind === 'forged') {
      addresses = 400;
      datagrams = forgedDatagrams(wanted);
    } else {
      addresses = 1;
      const signedBy = key === null ? SyncKey.none() : SyncKey.fromBytes(Buffer.from(key));
      datagrams = signedDatagrams(kind, wanted, perDatagram, signedBy);
    }
    return datagrams.length;
  },

  async send({ to = '127.0.0.1', port, from, count, rate }: How): Promise<Sent> {
    if (from + count > datagrams.length) throw new RangeError(`only ${datagrams.length} datagrams are prepared`);
    const sockets = await Promise.all(Array.from({ length: addresses }, (_, index) => connected(to, port, index)));
    const begin = performance.now();
    const milliseconds = () => performance.now() - begin;
    // Kept from running for a while, a sender that makes up for it sends a burst that no receive buffer holds.
    const most = rate === 0 ? UNPACED_BURST : Math.ceil((rate * LONGEST_BURST_MS) / 1000);
    let behind = 0;
    let sent = 0;
    let largestBurst = 0;
    while (sent < count) {
      const due = rate === 0 ? sent + most : Math.floor((milliseconds() * rate) / 1000) - behind;
      behind += Math.max(0, due - sent - most);
      const expires = Math.min(due, sent + most, count);
      largestBurst = Math.max(largestBurst, expires - sent);
      for (; sent < expires; sent++) {
        sockets[sent % addresses]?.send(datagrams[from + sent] as Uint8Array);
      }
      await (rate === 0 ? setImmediate() : setTimeout(1));
    }
    const seconds = milliseconds() / 1000;
    for (const socket of sockets) socket.close();
    return { datagrams: sent, seconds, largestBurst: rate === 0 ? 0 : largestBurst };
  },
};

export type SenderCalls = typeof calls;

answer(calls);

/** Connected, which spares a look-up a datagram. All of 127/8 is this host's on Linux, elsewhere 127.0.0.1 alone. */
async function connected(to: string, port: number, index: number): Promise<Socket> {
  const socket = createSocket('udp4');
  const others = process.platform === 'linux' && index > 0;
  socket.bind(0, others ? `127.1.${index >>> 8}.${index & 255}` : '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(port, to);
  await once(socket, 'connect');
  return socket;
}
