import { type Entry, Greylist, type GreylistPolicy, MemoryStore, SyncPeer } from 'spamd-sync';
import { type AddressState, ReadStep, stateOf } from 'spamd-sync/store';
import { MemoryNetwork, type MemoryNetworkOptions } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';
import { generator, type Random } from '../../src/transport/random.ts';
import { KEY } from '../support/frame.ts';
import { DAY, HOUR, MINUTE } from './setup.ts';

const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
const CLIENTS = Array.from({ length: 12 }, (_, i) => `198.51.100.${i + 1}`);
/** Short, so that everything there is happens and expires within a few days. */
const POLICY: Partial<GreylistPolicy> = {
  passtime: 5 * MINUTE,
  greyexp: 6 * HOUR,
  whiteexp: 2 * DAY,
  trapexp: 20 * HOUR,
};
const RENEWAL = (2 * DAY) / 10;

interface Host {
  readonly peer: SyncPeer;
  readonly greylist: Greylist;
  readonly store: MemoryStore;
}

/** Four hosts of a group on one network. Removals go to those alone that know them, so they are greyd targets. */
async function start(network: MemoryNetwork, stores: readonly MemoryStore[]): Promise<Host[]> {
  const hosts: Host[] = [];
  for (const [index, store] of stores.entries()) {
    const address = HOSTS[index] ?? '';
    const { clock } = network;
    const peer = await SyncPeer.open({
      key: KEY,
      listen: 'lan0',
      targets: [{ host: 'lan0', dialect: 'greyd' }],
      transport: network.transport(address),
      clock,
    });
    // Swept by hand, at moments that the seed decides.
    const greylist = new Greylist({ group: peer, store, clock, policy: POLICY, sweepInterval: DAY });
    await greylist.spamtraps.add('trap@example.net');
    hosts.push({ peer, greylist, store });
  }
  return hosts;
}

async function stop(hosts: readonly Host[]): Promise<void> {
  for (const { greylist, peer } of hosts) {
    await greylist.close();
    await peer.close();
  }
}

/**
 * One thing that happens at one host: mostly attempts, of few enough clients to meet again.
 *
 * @param now Given, an operator also chooses expiries.
 */
async function act({ greylist }: Host, { pick, below, chance }: Random, now?: number): Promise<void> {
  const ip = pick(CLIENTS);
  if (chance(0.6)) {
    const to = chance(0.04) ? 'trap@example.net' : pick(['<a@example.net>', 'B@example.net']);
    await greylist.check({ ip, helo: 'mx.example.org', from: pick(['', '<x@example.org>']), to });
  } else {
    const options = now !== undefined && chance(0.5) ? { expires: Math.floor(now) + 1 + below(20 * HOUR) } : {};
    await pick([
      () => greylist.allow(ip, options),
      () => greylist.trap(ip, options),
      () => greylist.forget(ip),
      () => greylist.sweep(),
    ])();
  }
}

function pause({ pick, below }: Random): number {
  return pick([0, 0, 0.001, below(3), below(30), below(10 * MINUTE), below(6 * HOUR)]);
}

/** Everything that a host knows of addresses, as the claims and removals that it came from. */
async function everything(store: MemoryStore): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const item of store.records()) {
    if (item.type !== 'address') continue;
    const { ip } = item;
    const { white, trapped, whiteRemoved, trappedRemoved } = item.record;
    for (const { at, expires } of white) entries.push({ type: 'white', ip, timestamp: at, expires: expires });
    for (const { at, expires } of trapped) entries.push({ type: 'trapped', ip, timestamp: at, expires: expires });
    if (whiteRemoved > 0) entries.push({ type: 'remove-white', ip, timestamp: whiteRemoved });
    if (trappedRemoved > 0) entries.push({ type: 'remove-trapped', ip, timestamp: trappedRemoved });
  }
  return entries;
}

type States = Record<string, AddressState | undefined>;

function states({ store }: Host, now: number): States {
  return Object.fromEntries(
    CLIENTS.map((ip) => {
      const record = store.update(new ReadStep(ip), Math.floor(now));
      return [ip, record === undefined ? undefined : stateOf(record, now, false)];
    }),
  );
}

function network(options: MemoryNetworkOptions): MemoryNetwork {
  return new MemoryNetwork({ latency: [0.01, 2], duplication: 0.2, reordering: 0.3, ...options });
}

function stores(): MemoryStore[] {
  return HOSTS.map(() => new MemoryStore({ maxTuples: 1000, maxAddresses: 1000 }));
}

describe('four greylists of a group', () => {
  it.each(Array.from({ length: 16 }, (_, seed) => seed + 1))(
    'four hosts that lost a third of all datagrams agree after one full exchange (seed %i)',
    async (seed) => {
      const bad = network({ seed, loss: 0.33 });
      const random = generator(seed);
      const kept = stores();
      const hosts = await start(bad, kept);
      for (let step = 0; step < 250; step++) {
        await act(random.pick(hosts), random, bad.clock.now());
        await bad.advance(pause(random));
      }
      await bad.settle();
      await stop(hosts);
      expect(bad.counts.lost).toBeGreaterThan(100);

      const good = network({ seed, start: bad.clock.now() });
      const again = await start(good, kept);
      const before = again.map((host) => JSON.stringify(states(host, good.clock.now())));
      expect(new Set(before).size).toBeGreaterThan(1);
      for (const { peer, store } of again) await peer.announce(await everything(store), { backdated: true });
      await good.settle();
      const now = good.clock.now();
      for (const later of [0, 1, HOUR, 10 * HOUR, DAY, 2 * DAY]) {
        const [first, ...others] = again.map((host) => states(host, now + later));
        for (const other of others) expect(other).toEqual(first);
      }
      expect(Object.values(states(again[0] as Host, now)).filter((state) => state !== undefined)).not.toEqual([]);
      await stop(again);
    },
  );

  it.each(Array.from({ length: 8 }, (_, seed) => seed + 101))(
    'four hosts that lost nothing agree at every rest, but for renewals not yet announced (seed %i)',
    async (seed) => {
      const lan = network({ seed, loss: 0 });
      const random = generator(seed);
      const hosts = await start(lan, stores());
      const seen = new Set<string | undefined>();
      for (let rest = 0; rest < 40; rest++) {
        // What is decided about addresses crosses on its way, within the same second too.
        for (let step = random.below(8); step > 0; step--) {
          const ip = random.pick(CLIENTS.slice(0, 4));
          const { greylist } = random.pick(hosts);
          await random.pick([() => greylist.allow(ip), () => greylist.trap(ip), () => greylist.forget(ip)])();
          await lan.advance(random.pick([0, 0, 0.5, 1, 3]));
        }
        await lan.settle();
        await act(random.pick(hosts), random);
        await lan.settle();
        await lan.advance(pause(random));
        const now = lan.clock.now();
        // Here as by the timer: an expiry that was announced too early is repaired.
        for (const { greylist } of hosts) await greylist.sweep();
        await lan.settle();
        const [first = {}, ...others] = hosts.map((host) => states(host, now));
        for (const ip of CLIENTS) {
          const { expires = 0, ...state } = first[ip] ?? {};
          seen.add(first[ip]?.type);
          for (const other of others) {
            const { expires: theirs = 0, ...their } = other[ip] ?? {};
            expect(their).toEqual(state);
            expect(Math.abs(theirs - expires)).toBeLessThan(RENEWAL);
          }
        }
      }
      expect(seen).toEqual(new Set([undefined, 'white', 'trapped']));
      await stop(hosts);
    },
  );
});
