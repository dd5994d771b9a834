/** A process that is a member of a group with a greylist: what it receives it verifies and keeps. Loopback only. */
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

/** Where it keeps what it receives: in memory, in a directory, or in one with each step on the disk. */
export type Keeps = 'memory' | 'batched' | 'sync';

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
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  readonly store: Store;
  readonly directory: string;
}

// As the daemon does.
keepYoungHeapSmall();

let open: Member | undefined;
let cpu = process.cpuUsage();
let receivedBefore = 0;

const calls = {
  async open({ keeps }: { keeps: Keeps }): Promise<{ port: number }> {
    const directory = await mkdtemp(join(tmpdir(), 'spamd-sync-'));
    const store = keeps === 'memory' ? new MemoryStore() : await LevelStore.open(directory, { durability: keeps });
    const peer = await SyncPeer.open({ key: SyncKey.fromBytes(KEY_FILE), listen: '127.0.0.1', port: 0 });
    const greylist = new Greylist({ store, group: peer });
    open = { peer, greylist, store, directory };
    return { port: peer.address.port };
  },

  async begin(): Promise<void> {
    receivedBefore = opened().peer.stats().received.datagrams;
    cpu = process.cpuUsage();
  },

  /** Once nothing more comes in, and what came in is written. */
  async kept(): Promise<Kept> {
    const { store, peer } = opened();
    let before = -1;
    for (let now = await held(store); now !== before; now = await held(store)) {
      before = now;
      await setTimeout(WRITTEN_WITHIN_MS);
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      entries: before,
      received: peer.stats().received.datagrams - receivedBefore,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage().rss,
    };
  },

  /** @returns How many entries are there when the directory is opened again; in memory none can be. */
  async close({ keeps }: { keeps: Keeps }): Promise<number> {
    const { peer, greylist, store, directory } = opened();
    await greylist.close();
    await peer.close();
    await store.close();
    let found = 0;
    if (keeps !== 'memory') {
      await using again = await LevelStore.open(directory);
      found = await held(again);
    }
    await rm(directory, { recursive: true });
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

async function held(store: Store): Promise<number> {
  const { tuples, addresses } = await store.stats();
  return tuples + addresses;
}
