import { SyncPeer, type SyncPeerOptions } from 'spamd-sync';
import { MemoryNetwork, type MemoryNetworkOptions, type NetworkFaults } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { type Seen, watch } from '../support/rig.ts';

async function join(network: MemoryNetwork, address: string, options: Partial<SyncPeerOptions> = {}) {
  const peer = await SyncPeer.open({
    key: KEY,
    transport: network.transport(address),
    clock: network.clock,
    maxSkew: false,
    ...options,
  });
  return { peer, seen: watch(peer) };
}

/** 200 datagrams from one peer to another; what arrived, in order, copies included. */
async function run(options: MemoryNetworkOptions) {
  const network = new MemoryNetwork(options);
  const { peer } = await join(network, '192.0.2.1', { targets: ['192.0.2.2'] });
  const arrivals: { time: number; reason: string | number }[] = [];
  const other = await SyncPeer.open({
    key: KEY,
    transport: network.transport('192.0.2.2'),
    clock: network.clock,
    maxSkew: false,
  });
  const note = (reason: string | number) => void arrivals.push({ time: network.clock.now(), reason });
  other.on('white', ({ expires }) => note(expires));
  other.on('drop', ({ reason }) => note(reason));
  for (let at = 0; at < 200; at++) {
    void peer.white('203.0.113.1', at);
    await network.advance(0);
  }
  await network.settle();
  return { network, arrivals, order: arrivals.map(({ reason }) => reason) };
}

function ordered(order: readonly (string | number)[]): boolean {
  return order.every((value, at) => at === 0 || Number(value) > Number(order[at - 1]));
}

describe('MemoryNetwork', () => {
  it('delivers everything once and in order by default', async () => {
    const { network, order } = await run({});
    expect(order).toEqual([...Array(200).keys()]);
    expect(network.counts).toEqual({ sent: 200, delivered: 200, lost: 0 });
  });

  it('has the same outcome for the same seed, and another for another', async () => {
    const options = { loss: 0.2, duplication: 0.2, reordering: 0.2, latency: [0.01, 0.05] } as const;
    const first = await run({ ...options, seed: 7 });
    const second = await run({ ...options, seed: 7 });
    const other = await run({ ...options, seed: 8 });
    expect(second.arrivals).toEqual(first.arrivals);
    expect(other.arrivals).not.toEqual(first.arrivals);
  });

  it('loses about as many as it is set to, and counts them', async () => {
    const { network, order } = await run({ loss: 0.25 });
    const { sent, delivered, lost } = network.counts;
    expect(sent).toBe(200);
    expect(delivered).toBe(order.length);
    expect(lost).toBe(200 - order.length);
    expect(lost).toBeGreaterThan(25);
    expect(lost).toBeLessThan(80);
    expect(ordered(order)).toBe(true);
  });

  it('loses everything, or nothing', async () => {
    expect((await run({ loss: 1 })).network.counts).toEqual({ sent: 200, delivered: 0, lost: 200 });
    expect((await run({ loss: 0 })).network.counts).toEqual({ sent: 200, delivered: 200, lost: 0 });
  });

  it('duplicates about as many as it is set to', async () => {
    const { network, order } = await run({ duplication: 0.25 });
    const copies = order.filter((value) => value === 'duplicate').length;
    expect(copies).toBeGreaterThan(25);
    expect(copies).toBeLessThan(80);
    expect(network.counts).toEqual({ sent: 200 + copies, delivered: 200 + copies, lost: 0 });
    expect((await run({ duplication: 1 })).network.counts.delivered).toBe(400);
  });

  it('lets later datagrams overtake when it is set to', async () => {
    const { arrivals, order } = await run({ reordering: 0.25, latency: [0.01, 0.01] });
    expect(ordered(order)).toBe(false);
    expect([...order].sort((a, b) => Number(a) - Number(b))).toEqual([...Array(200).keys()]);
    const [first] = arrivals;
    const last = arrivals.at(-1);
    expect((last?.time ?? 0) - (first?.time ?? 0)).toBeCloseTo(0.04, 6);
  });

  it('keeps datagrams under way between the two latencies', async () => {
    const { arrivals } = await run({ latency: [0.1, 0.3], start: 1000 });
    const times = arrivals.map(({ time }) => time);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1000.1);
    expect(Math.max(...times)).toBeLessThanOrEqual(1000.3);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(0.1);
  });

  it('delivers what falls due, to the moment', async () => {
    const network = new MemoryNetwork({ latency: [1, 1], start: 5000 });
    const { seen } = await join(network, '192.0.2.2');
    const { peer } = await join(network, '192.0.2.1', { targets: ['192.0.2.2'] });
    void peer.white('203.0.113.1', 9);
    await network.advance(0.5);
    await network.advance(0.4);
    expect(network.clock.now()).toBeCloseTo(5000.9);
    expect(seen.entries).toHaveLength(0);
    await network.advance(0.2);
    expect(seen.entries).toEqual([{ type: 'white', ip: '203.0.113.1', timestamp: 5000, expires: 9 }]);
    expect(network.clock.now()).toBeCloseTo(5001.1);
  });

  it('starts at 1800000000 by default', () => {
    expect(new MemoryNetwork().clock.now()).toBe(1_800_000_000);
    expect(new MemoryNetwork({ start: 5 }).clock.now()).toBe(5);
  });

  it('reaches the group: whoever joined it there, with its port, the sender too', async () => {
    const network = new MemoryNetwork();
    const group = { listen: 'seg0', targets: ['seg0'] };
    const a = await join(network, '192.0.2.1', group);
    const b = await join(network, '192.0.2.2', group);
    const elsewhere = await join(network, '192.0.2.3', { ...group, group: '224.0.1.241' });
    const unicast = await join(network, '192.0.2.4');
    const port = await join(network, '192.0.2.5', { ...group, port: 8026 });
    await a.peer.white('203.0.113.1', 9);
    await network.settle();
    expect(b.seen.entries).toHaveLength(1);
    expect(b.seen.sources).toEqual([{ address: '192.0.2.1', port: 8025 }]);
    expect(a.seen.drops).toMatchObject([{ reason: 'self' }]);
    for (const { seen } of [elsewhere, unicast, port]) expect([...seen.entries, ...seen.drops]).toEqual([]);
    expect(network.counts).toEqual({ sent: 2, delivered: 2, lost: 0 });
    expect(a.peer.health().targets).toMatchObject([{ multicast: true, address: '224.0.1.240' }]);
  });

  it('injects what a foreign program sends, to one host and port', async () => {
    const network = new MemoryNetwork();
    const a = await join(network, '192.0.2.1');
    const b = await join(network, '192.0.2.2');
    const from = { address: '198.51.100.1', port: 4000 };
    network.inject(Buffer.of(1), from, { address: '192.0.2.1', port: 8025 });
    network.inject(Buffer.of(1), from, { address: '192.0.2.1', port: 8026 });
    await network.settle();
    expect(a.seen.drops).toMatchObject([{ reason: 'short', size: 1, source: from }]);
    expect(b.seen.drops).toEqual([]);
  });

  it('gives ports of its own to those who only send, and receives nothing for them', async () => {
    const network = new MemoryNetwork();
    const { peer, seen } = await join(network, '192.0.2.1', { listen: false, targets: ['192.0.2.2'] });
    const other = await join(network, '192.0.2.2', { targets: ['192.0.2.1'] });
    const third = await join(network, '192.0.2.3', { port: 0 });
    expect(peer.address).toEqual({ address: '192.0.2.1', port: 49_152 });
    expect(third.peer.address.port).toBe(49_153);
    await peer.white('203.0.113.1', 9);
    await other.peer.white('203.0.113.2', 9);
    await network.settle();
    expect(other.seen.sources).toEqual([{ address: '192.0.2.1', port: 49_152 }]);
    expect(seen.entries).toEqual([]);
  });

  it('refuses an address and port that is taken, until it is given back', async () => {
    const network = new MemoryNetwork();
    const a = await join(network, '192.0.2.1');
    await expect(join(network, '192.0.2.1')).rejects.toMatchObject({ code: 'ERR_SPAMD_LISTEN' });
    await join(network, '192.0.2.1', { port: 8026 });
    await a.peer.close();
    const again = await join(network, '192.0.2.1');
    expect(again.peer.address.port).toBe(8025);
  });

  it('cuts one direction and not the other, from the change on and until the next', async () => {
    const network = new MemoryNetwork();
    const one = await join(network, '192.0.2.1', { targets: ['192.0.2.2'] });
    const other = await join(network, '192.0.2.2', { targets: ['192.0.2.1'] });
    const both = async (expires: number) => {
      await Promise.all([one, other].map(({ peer }) => peer.white('203.0.113.1', expires)));
    };
    await both(1);
    network.change({ cut: (from, to) => from === '192.0.2.1' && to === '192.0.2.2' });
    await both(2);
    network.change({ loss: 0 });
    await both(3);
    network.change({ cut: () => false });
    await both(4);
    await network.settle();
    const received = ({ seen }: typeof one) => seen.entries.map((entry) => 'expires' in entry && entry.expires);
    expect(received(one)).toEqual([1, 2, 3, 4]);
    expect(received(other)).toEqual([1, 4]);
    expect(network.counts).toEqual({ sent: 8, delivered: 6, lost: 2 });
  });

  it('gets worse and better as time passes, and keeps what does not change', async () => {
    const network = new MemoryNetwork({ latency: [5, 5] });
    const { seen } = await join(network, '192.0.2.2');
    const { peer } = await join(network, '192.0.2.1', { targets: ['192.0.2.2'] });
    for (const change of [{}, { loss: 1 }, { loss: 0, duplication: 1 }, { duplication: undefined }]) {
      network.change(change);
      await peer.white('203.0.113.1', seen.entries.length);
      await network.settle();
    }
    expect(network.counts).toEqual({ sent: 6, delivered: 5, lost: 1 });
    expect(network.clock.now()).toBe(1_800_000_015);
  });

  it('injects to a group what a foreign program sends: whoever joined it receives it', async () => {
    const network = new MemoryNetwork();
    const joined = [
      await join(network, '192.0.2.1', { listen: 'seg0' }),
      await join(network, '192.0.2.2', { listen: 'seg0' }),
    ];
    const { seen } = await join(network, '192.0.2.3', { listen: '192.0.2.3' });
    network.inject(Buffer.alloc(5), { address: '10.0.0.9', port: 5 }, { address: '224.0.1.240', port: 8025 });
    await network.settle();
    for (const each of joined) expect(each.seen.drops.map(({ reason }) => reason)).toEqual(['short']);
    expect(seen.drops).toEqual([]);
  });

  it('loses what is under way to a host that left', async () => {
    const network = new MemoryNetwork();
    const a = await join(network, '192.0.2.1', { targets: ['192.0.2.2'] });
    const b = await join(network, '192.0.2.2');
    const { seen }: { seen: Seen } = b;
    await a.peer.white('203.0.113.1', 9);
    await b.peer.close();
    await network.settle();
    expect(seen.entries).toEqual([]);
    expect(network.counts).toEqual({ sent: 1, delivered: 0, lost: 1 });
  });
});

describe('what a network cannot be made with', () => {
  it.each<[string, unknown]>([
    ['options', null],
    ['options', 5],
    ['lost', { lost: 0.5 }],
    ['loss', { loss: 5 }],
    ['loss', { loss: '0.5' }],
    ['duplication', { duplication: -0.1 }],
    ['reordering', { reordering: Number.NaN }],
    ['seed', { seed: 'x' }],
    ['start', { start: new Date() }],
    ['latency', { latency: 0.01 }],
    ['latency', { latency: [0.02, 0.01] }],
    ['latency', { latency: [-1, 1] }],
    ['latency', { latency: ['0', '1'] }],
    ['cut', { cut: true }],
  ])('%s: %j', (name, options) => {
    expect(() => new MemoryNetwork(options as MemoryNetworkOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(`^${name}: `) }),
    );
  });

  it.each<[string, unknown]>([
    ['options', null],
    ['seed', { seed: 2 }],
    ['loss', { loss: 5 }],
    ['latency', { latency: [2, 1] }],
    ['cut', { cut: ['192.0.2.1'] }],
  ])('nor be changed to: %s: %j', (name, faults) => {
    const network = new MemoryNetwork();
    expect(() => network.change(faults as NetworkFaults)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(`^${name}: `) }),
    );
  });

  it('is not what is undefined', () => {
    const none = { seed: undefined, loss: undefined, latency: undefined, start: undefined };
    expect(new MemoryNetwork(none as object).clock.now()).toBe(1_800_000_000);
  });

  it('a host without an address, and time that does not pass', async () => {
    const network = new MemoryNetwork({ latency: [0, 0], loss: 1, duplication: 0 });
    for (const address of ['mx', '::1', undefined, 5]) {
      expect(() => network.transport(address as string)).toThrow(/^address: not an IPv4 address: /);
    }
    for (const seconds of [-1, Number.NaN, '5', undefined]) {
      await expect(network.advance(seconds as number)).rejects.toThrow(/^seconds: not a number of seconds: /);
    }
    expect(network.clock.now()).toBe(1_800_000_000);
  });
});
