/** Replies of Redis: whatever they are, every call settles, and fails with nothing but a typed error. */
import { ok } from 'node:assert/strict';
import { type Attempt, type Entry, Greylist, SpamdSyncError } from 'spamd-sync';
import { Broadcaster, type GroupPeer, RedisStore } from 'spamd-sync/redis';
import { VirtualClock } from '../../../src/transport/virtual-clock.ts';
import { address, keyOf, tuple } from '../../support/records.ts';
import type { Target } from '../engine.ts';
import { ChangingClient, Decisions } from './replies.ts';

const NOW = 1_800_000_000;
const MAX_CALLS = 6;
/** Time enough for a call that Redis never answers, and for what it waits behind. Seconds. */
const PATIENCE = 60;

const ATTEMPT: Attempt = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };
const ENTRY: Entry = { type: 'white', ip: '192.0.2.2', timestamp: NOW, expires: NOW + 9 };
const RECORDS = [
  { type: 'tuple', key: keyOf('192.0.2.3'), record: tuple({ first: NOW, pass: NOW + 99, expires: NOW + 99 }) },
  { type: 'address', ip: '192.0.2.3', record: address({ first: NOW, white: [{ at: NOW, expires: NOW + 99 }] }) },
  { type: 'spamtrap', address: 'trap@example.net' },
] as const;

export const redis: Target = {
  name: 'redis',
  maxLength: 120,
  seeds: [...Array(12).keys()].flatMap((call) => [
    Buffer.from([0, call]),
    Buffer.from([0, 0, call, 0, call]),
    Buffer.from([1, call, 9, 1, call, 12, 3, 2]),
  ]),
  tokens: [8, 9, 10, 11, 12, 13, 14, 15].map((how) => Buffer.from([how, 0])),
  async run(input) {
    const decisions = new Decisions(input);
    const clock = new VirtualClock(NOW);
    // The broadcaster asks twenty times a second, which takes most of a run: seldom.
    const hasGroup = decisions.next() % 4 === 1;
    const client = new ChangingClient(decisions, clock.now);
    const store = new RedisStore(client, { clock });
    const open = async (): Promise<GroupPeer> => new Peer();
    const broadcaster = hasGroup ? await Broadcaster.open(client, { clock, open }) : undefined;
    const greylist = new Greylist({ store, clock, ...(broadcaster && { group: broadcaster }) });
    const calls = [...callsOfStore(store, greylist), ...(broadcaster === undefined ? [] : callsOf(broadcaster))];
    const later: Promise<unknown>[] = [];
    for (let left = MAX_CALLS; left > 0 && !decisions.isOver; left--) {
      const which = decisions.next();
      const call = calls[which % calls.length] as () => Promise<unknown>;
      if (which >= 128) later.push(settled(call));
      else await inTime(clock, settled(call));
    }
    await inTime(clock, Promise.all(later));
    for (const closed of [greylist, broadcaster, store]) {
      if (closed !== undefined)
        await inTime(
          clock,
          settled(() => closed.close()),
        );
    }
  },
};

function callsOfStore(store: RedisStore, greylist: Greylist): readonly (() => Promise<unknown>)[] {
  return [
    async () => {
      const { action } = await greylist.check(ATTEMPT).catch((error: unknown) => {
        throw new Error('check() rejects', { cause: error });
      });
      ok(['pass', 'defer', 'reject'].includes(action));
    },
    () => greylist.trap(ATTEMPT.ip),
    () => greylist.allow(ATTEMPT.ip),
    () => greylist.forget(ATTEMPT.ip),
    () => greylist.sweep(),
    async () => {
      await greylist.spamtraps.add('trap@example.org');
      await greylist.spamtraps.has('trap@example.org');
      await greylist.spamtraps.delete('trap@example.org');
    },
    () => all(greylist.export()),
    () => all(store.records()),
    async () => store.stats(),
    () => store.load(RECORDS),
  ];
}

function callsOf(broadcaster: Broadcaster): readonly (() => Promise<unknown>)[] {
  return [() => broadcaster.announce([ENTRY]), () => broadcaster.stats()];
}

/** Whatever a call comes to, if it is what one may come to. */
async function settled(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof SpamdSyncError) || error.code !== 'ERR_SPAMD_STORE') throw error;
  }
}

/** Lets time pass until a call is done. */
async function inTime(clock: VirtualClock, call: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = call.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  const end = clock.now() + PATIENCE;
  await clock.advanceWhile(() => !isDone && clock.now() < end);
  ok(isDone, 'a call does not settle');
  await done;
}

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

class Peer implements GroupPeer {
  on(): void {}
  async announce(): Promise<void> {}
  async close(): Promise<void> {}
}
