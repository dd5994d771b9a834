/** A process that takes datagrams in: through a SyncPeer, or with a bare socket that only counts. Loopback only. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { SyncKey, SyncPeer } from 'spamd-sync';
import { answer } from './child.ts';
import { KEY_FILE } from './samples.ts';

interface How {
  readonly by: 'peer' | 'socket';
  readonly maxDigests?: number;
}

/** What came in since the listener was opened. */
export interface Heard {
  readonly datagrams: number;
  readonly entries: number;
  /** From the first datagram to the last. */
  readonly seconds: number;
  /** Of this process, user and system, while it was listening. */
  readonly cpuSeconds: number;
  /** The longest time for which this process did nothing of what it should have: collecting garbage, or kept from running. */
  readonly longestPauseMs: number;
  /** What the kernel dropped for want of room in the receive buffer; `undefined` where it does not say. */
  readonly kernelDrops: number | undefined;
  /** What the peer refused, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly digests: number;
}

/** Bytes of heap in use: after a garbage collection before and after, and the most seen between. */
export interface Heap {
  readonly before: number;
  readonly now: number;
  readonly most: number;
  readonly mostResident: number;
}

interface Intake {
  readonly port: number;
  readonly receiveBuffer: number;
  readonly handled: Handled;
  counts(): { datagrams: number; entries: number; drops: Record<string, number>; digests: number };
  close(): Promise<void>;
}

const RECEIVE_BUFFER = 4 * 1024 * 1024;
const LOOK_EVERY_MS = 5;
/** Nothing for so long: it was all. */
const SILENCE_MS = 300;

/** How long the receive buffer is left to fill. */
const HOLD_MS = 150;
const GIVE_UP_MS = 5000;

/** Counts what is handed to the program: entries by a peer, datagrams by a bare socket. */
class Handled {
  count = 0;
  #goal = -1;
  #reached = (): void => {};

  /** So many more. */
  more(count: number): Promise<void> {
    this.#goal = this.count + count;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  readonly one = (): void => {
    if (++this.count === this.#goal) this.#reached();
  };
}

class Watch {
  readonly #intake: Intake;
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  readonly #cpu = process.cpuUsage();
  readonly #before = collected();
  #seen = 0;
  #first = 0;
  #last = 0;
  #mostHeap = 0;
  #mostResident = 0;
  #looked = performance.now();
  #longestPause = 0;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  get quietForMs(): number {
    return performance.now() - this.#last;
  }

  heard(kernelDrops: number | undefined): Heard {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      ...this.#intake.counts(),
      seconds: (this.#last - this.#first) / 1000,
      cpuSeconds: (user + system) / 1e6,
      longestPauseMs: this.#longestPause,
      kernelDrops,
    };
  }

  heap(): Heap {
    return { before: this.#before, now: collected(), most: this.#mostHeap, mostResident: this.#mostResident };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const looked = performance.now();
    this.#longestPause = Math.max(this.#longestPause, looked - this.#looked - LOOK_EVERY_MS);
    this.#looked = looked;
    const { heapUsed, rss } = process.memoryUsage();
    this.#mostHeap = Math.max(this.#mostHeap, heapUsed);
    this.#mostResident = Math.max(this.#mostResident, rss);
    const { datagrams } = this.#intake.counts();
    if (datagrams === this.#seen) return;
    if (this.#seen === 0) this.#first = performance.now();
    this.#seen = datagrams;
    this.#last = performance.now();
  }
}

let open: { intake: Intake; watch: Watch } | undefined;

const calls = {
  async open(how: How): Promise<{ port: number; receiveBuffer: number }> {
    const intake = how.by === 'peer' ? await openPeer(how.maxDigests) : await openSocket();
    open = { intake, watch: new Watch(intake) };
    return { port: intake.port, receiveBuffer: intake.receiveBuffer };
  },

  /** Once nothing more comes in. */
  async heard(): Promise<Heard> {
    const { intake, watch } = opened();
    await setTimeout(SILENCE_MS);
    while (watch.quietForMs < SILENCE_MS) await setTimeout(LOOK_EVERY_MS);
    return watch.heard(await kernelDrops(intake.port));
  },

  async heap(): Promise<Heap> {
    return opened().watch.heap();
  },

  /** Sleeps while others fill the receive buffer, then takes so many datagrams or entries out of it. */
  async drain(count: number): Promise<{ seconds: number }> {
    const { handled } = opened().intake;
    const drained = handled.more(count);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HOLD_MS);
    const begin = performance.now();
    const late = setTimeout(GIVE_UP_MS, undefined, { ref: false }).then(() => {
      throw new Error(`not all of ${count} came in`);
    });
    await Promise.race([drained, late]);
    return { seconds: (performance.now() - begin) / 1000 };
  },

  async close(): Promise<void> {
    const { intake, watch } = opened();
    watch.stop();
    await intake.close();
    open = undefined;
  },
};

export type ListenerCalls = typeof calls;

answer(calls);

function opened(): { intake: Intake; watch: Watch } {
  if (open === undefined) throw new Error('nothing is open');
  return open;
}

async function openPeer(maxDigests: number | undefined): Promise<Intake> {
  const peer = await SyncPeer.open({
    key: SyncKey.fromBytes(KEY_FILE),
    listen: { at: '127.0.0.1', receiveBuffer: RECEIVE_BUFFER },
    port: 0,
    ...(maxDigests !== undefined && { maxDigests }),
  });
  const handled = new Handled();
  peer.on('entry', handled.one);
  return {
    handled,
    port: peer.address.port,
    receiveBuffer: peer.stats().receiveBuffer,
    counts() {
      const { received, drops, digests } = peer.stats();
      return { datagrams: received.datagrams, entries: handled.count, drops: { ...drops }, digests: digests.held };
    },
    close: () => peer.close(),
  };
}

async function openSocket(): Promise<Intake> {
  const socket = createSocket('udp4');
  const handled = new Handled();
  socket.on('message', handled.one);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(RECEIVE_BUFFER);
  return {
    handled,
    port: socket.address().port,
    receiveBuffer: socket.getRecvBufferSize(),
    counts: () => ({ datagrams: handled.count, entries: 0, drops: {}, digests: 0 }),
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** The last column of the socket's line in Linux's table of UDP sockets. */
async function kernelDrops(port: number): Promise<number | undefined> {
  const lines = await readFile('/proc/net/udp', 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const columns = lines.map((each) => each.trim().split(/\s+/)).find((each) => each[1]?.endsWith(`:${hex}`));
  return columns === undefined ? undefined : Number(columns.at(-1));
}

function collected(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
