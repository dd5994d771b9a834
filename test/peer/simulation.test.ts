import fc from 'fast-check';
import { SyncPeer, type Transport } from 'spamd-sync';
import { MemoryNetwork, type MemoryNetworkOptions } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { type Seen, TUPLE, watch, whites } from '../support/rig.ts';

const PEERS = 5;

interface Outcome {
  readonly announced: { readonly by: number; readonly id: number }[];
  /** What each peer received, by the number that its sender gave it. */
  readonly received: number[][];
  readonly seen: Seen[];
  readonly counts: MemoryNetwork['counts'];
}

/** Five peers of one group; each announces something now and then while the network does its worst. */
async function simulate(options: MemoryNetworkOptions, multicast: boolean): Promise<Outcome> {
  const network = new MemoryNetwork(options);
  const address = (at: number) => `192.0.2.${at + 1}`;
  const peers: SyncPeer[] = [];
  for (let at = 0; at < PEERS; at++) {
    const others = [...Array(PEERS).keys()].filter((other) => other !== at).map(address);
    const where = multicast ? { listen: 'seg0', targets: ['seg0'] } : { listen: address(at), targets: others };
    peers.push(
      await SyncPeer.open({
        key: KEY,
        maxDigests: 4096,
        clock: network.clock,
        transport: network.transport(address(at)),
        ...where,
      }),
    );
  }
  const seen = peers.map(watch);
  const announced: { by: number; id: number }[] = [];
  for (let round = 0; round < 12; round++) {
    for (const [by, peer] of peers.entries()) {
      // In some rounds it announces nothing, in some several things that share a datagram.
      for (let at = 0; at < (round * 7 + by * 3) % 4; at++) {
        const id = announced.length;
        announced.push({ by, id });
        void (id % 2 === 0 ? peer.white('203.0.113.1', id) : peer.trapped('203.0.113.2', id));
      }
    }
    await network.advance(0.01);
  }
  await network.settle();
  for (const peer of peers) await peer.close();
  const received = seen.map(({ entries }) => entries.map((entry) => ('expires' in entry ? entry.expires : -1)));
  return { announced, received, seen, counts: network.counts };
}

function check({ announced, received, seen }: Outcome): void {
  for (const [at, ids] of received.entries()) {
    const others = new Set(announced.filter(({ by }) => by !== at).map(({ id }) => id));
    expect(ids.filter((id) => !others.has(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(seen[at]?.errors).toEqual([]);
  }
}

const seed = fc.integer({ min: 0, max: 2 ** 31 });

describe('five peers', () => {
  it('receive what the others announced at most once, and never their own, whatever the network does', async () => {
    const chance = fc.double({ min: 0, max: 0.6, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        seed,
        chance,
        chance,
        chance,
        fc.boolean(),
        async (number, loss, duplication, reordering, multicast) => {
          const latency = [0.001, 0.05] as const;
          const outcome = await simulate({ seed: number, loss, duplication, reordering, latency }, multicast);
          check(outcome);
          const { sent, delivered, lost } = outcome.counts;
          expect(delivered + lost).toBe(sent);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('receive everything that the others announced when nothing is lost', async () => {
    await fc.assert(
      fc.asyncProperty(seed, fc.boolean(), async (number, multicast) => {
        const network = { seed: number, duplication: 0.3, reordering: 0.3, latency: [0.001, 0.05] } as const;
        const outcome = await simulate(network, multicast);
        check(outcome);
        for (const [at, ids] of outcome.received.entries()) {
          const others = outcome.announced.filter(({ by }) => by !== at).map(({ id }) => id);
          expect([...ids].sort((a, b) => a - b)).toEqual(others);
        }
        expect(outcome.seen.some(({ drops }) => drops.some(({ reason }) => reason === 'duplicate'))).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});

/** Everything that arrives at three peers in an hour of live sends, bulk sends and a seed: when, where and which bytes. */
async function trace(seed: number): Promise<string[]> {
  const network = new MemoryNetwork({ seed, loss: 0.1, duplication: 0.1, reordering: 0.1, latency: [0.001, 0.2] });
  const arrivals: string[] = [];
  const peers: SyncPeer[] = [];
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    const inner = network.transport(address);
    const transport: Transport = {
      open: (options, { receive, ...events }) =>
        inner.open(options, {
          ...events,
          receive: (bytes, source) => {
            arrivals.push(`${network.clock.now()} ${address} ${bytes.toString('base64')}`);
            receive(bytes, source);
          },
        }),
    };
    peers.push(await SyncPeer.open({ key: KEY, clock: network.clock, transport, listen: 'seg0', targets: ['seg0'] }));
  }
  const [a, b, c] = peers as [SyncPeer, SyncPeer, SyncPeer];
  void a.announce(whites(3000));
  void b.seed(whites(5000), { to: '192.0.2.1' });
  for (let round = 0; round < 60; round++) {
    void c.grey(TUPLE);
    void a.white('203.0.113.1', round);
    await network.advance(60);
  }
  for (const peer of peers) await peer.close();
  return arrivals;
}

describe('an hour of a group', () => {
  it('has the same bytes at the same moments for the same seed, pacing included', async () => {
    const first = await trace(5);
    expect(first.length).toBeGreaterThan(300);
    expect(await trace(5)).toEqual(first);
    expect(await trace(6)).not.toEqual(first);
  });
});
