/** A process that is a member of a group with a greylist: what it receives it verifies and keeps. Loopback only. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Greylist, MemoryStore, SyncKey, SyncPeer } from 'spamd-sync';
import { LevelStore } from 'spamd-sync/level';
import type { Store } from 'spamd-sync/store';
import { keepYoungHeapSmall } from '../../src/cli/serve/young-heap.ts';
import { answer } from './child.ts';
import { KEY_FILE } from './samples.ts';

/** Where it keeps what it receives: nowhere, in memory, in a directory, or in one with each step on the disk. */
export type Keeps = 'nothing' | 'memory' | 'batched' | 'sync';

/** What became of the entries. */
export interface Kept {
  /** How many its store holds. */
  readonly entries: number;
  /** How many datagrams came in since the last time; `undefined` where that is not known. */
  readonly received: number | undefined;
  /** Of this process with all its threads since the last time, user and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Longer than a store in a directory waits before it writes. */
const WRITTEN_WITHIN_MS = 400;

interface Member {
  readonly port: number;
  /** Datagrams that came in. */
  received(): number;
  /** How many entries it keeps. */
  held(): number | Promise<number>;
  /** @returns How many entries are there when the directory is opened again; 0 where there is none. */
  close(): Promise<number>;
}

// As the daemon does.
keepYoungHeapSmall();

let open: Member | undefined;
let cpu = process.cpuUsage();
let receivedBefore = 0;

const calls = {
  async open({ keeps }: { keeps: Keeps }): Promise<{ port: number }> {
    open = keeps === 'nothing' ? await openSocket() : await openGreylist(keeps);
    return { port: open.port };
  },

  async begin(): Promise<void> {
    receivedBefore = opened().received();
    cpu = process.cpuUsage();
  },

  /** Once nothing more comes in, and what came in is written. */
  async kept(): Promise<Kept> {
    const member = opened();
    let before = -1;
    for (let now = await member.held(); now !== before; now = await member.held()) {
      before = now;
      await setTimeout(WRITTEN_WITHIN_MS);
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      entries: before,
      received: member.received() - receivedBefore,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage().rss,
    };
  },

  async close(): Promise<number> {
    const found = await opened().close();
    open = undefined;
    return found;
  },
};

export type MemberCalls = typeof calls;

answer(calls);

function opened(): Member {
  if (open === undefined) throw new Error('nothing is open');
  return open;
}

async function openGreylist(keeps: Exclude<Keeps, 'nothing'>): Promise<Member> {
  const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
  const store = keeps === 'memory' ? new MemoryStore() : await LevelStore.open(directory, { durability: keeps });
  const peer = await SyncPeer.open({ key: SyncKey.fromBytes(KEY_FILE), listen: '127.0.0.1', port: 0 });
  const greylist = new Greylist({ store, group: peer });
  return {
    port: peer.address.port,
    received: () => peer.stats().received.datagrams,
    held: () => entriesIn(store),
    async close() {
      await greylist.close();
      await peer.close();
      await store.close();
      const found = keeps === 'memory' ? 0 : await entriesInDirectory(directory);
      await rm(directory, { recursive: true });
      return found;
    },
  };
}

/** A bare socket: what receiving takes of Node by itself. Each datagram counts as an entry. */
async function openSocket(): Promise<Member> {
  const socket = createSocket('udp4');
  let received = 0;
  socket.on('message', () => {
    received++;
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    received: () => received,
    held: () => received,
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
      return 0;
    },
  };
}

async function entriesIn(store: Store): Promise<number> {
  const { tuples, addresses } = await store.stats();
  return tuples + addresses;
}

async function entriesInDirectory(directory: string): Promise<number> {
  await using store = await LevelStore.open(directory);
  return await entriesIn(store);
}
