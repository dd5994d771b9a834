import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { type Entry, Greylist, MemoryStore, type Source, SpamdSyncError, SyncKey, SyncPeer } from 'spamd-sync';
import { Broadcaster, type BroadcasterOptions, type GroupPeer } from 'spamd-sync/redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from './redis-server.ts';

type Client = ReturnType<typeof createClient>;

/** A peer that remembers what it was to announce. */
class Recorder {
  readonly announced: { ip: string; backdated: boolean }[] = [];
  readonly noted: number[] = [];
  closed = false;
  fail: (error: Error) => void = () => {};
  readonly on: GroupPeer['on'] = (event: string, listener: (...args: never[]) => void): void => {
    if (event === 'error') this.fail = listener as (error: Error) => void;
  };
  async announce(entries: Iterable<Entry>, { backdated = false } = {}): Promise<void> {
    const list = [...entries];
    if (list.some(({ ip }) => ip === 'refused')) throw new SpamdSyncError('ERR_SPAMD_FIELD', 'no address');
    this.announced.push(...list.map(({ ip }) => ({ ip, backdated })));
  }
  noteWhites(count: number): void {
    this.noted.push(count);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

const now = () => Math.floor(Date.now() / 1000);
const white = (ip: string, timestamp = now()): Entry => ({ type: 'white', ip, timestamp, expires: timestamp + 9000 });
const grey = (ip: string, helo: string): Entry => ({
  type: 'grey',
  ip,
  helo,
  from: '<>',
  to: '<a@b>',
  timestamp: now(),
});

describe('a broadcaster', () => {
  let server: RedisServer;
  let client: Client;
  const open: Broadcaster[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    client = createClient({ url: server.url });
    await client.connect();
  });
  beforeEach(() => client.flushAll());
  afterEach(async () => {
    for (const broadcaster of open.splice(0)) await broadcaster.close();
  });
  afterAll(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });

  async function start(options: Partial<BroadcasterOptions> & Pick<BroadcasterOptions, 'open'>): Promise<Broadcaster> {
    const broadcaster = await Broadcaster.open(client, { leaseMs: 600, ...options });
    open.push(broadcaster);
    return broadcaster;
  }

  async function started(peer: GroupPeer): Promise<Broadcaster> {
    const broadcaster = await start({ open: async () => peer });
    await expect.poll(() => broadcaster.leading).toBe(true);
    return broadcaster;
  }

  it('announces for all, in the order in which they announced', async () => {
    const peer = new Recorder();
    await started(peer);
    const other = await start({ open: () => Promise.reject(new Error('not needed')) });
    for (let n = 0; n < 5; n++) await other.announce([white(`192.0.2.${n}`), white(`192.0.3.${n}`)]);
    await expect.poll(() => peer.announced).toHaveLength(10);
    expect(peer.announced.map(({ ip }) => ip)).toEqual(
      [0, 1, 2, 3, 4].flatMap((n) => [`192.0.2.${n}`, `192.0.3.${n}`]),
    );
    expect(other.leading).toBe(false);
    await expect.poll(() => other.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: 0 });
  });

  it('keeps what was announced while nobody led, and marks what became old', async () => {
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), scope: 'other' });
    await silent.announce([white('192.0.2.1')]);
    await silent.announce([white('192.0.2.2', now() - 3600)]);
    await silent.announce([white('192.0.2.3')], { backdated: true });
    expect(await silent.stats()).toMatchObject({ waiting: 3, trimmed: 0, foreign: 0 });
    const peer = new Recorder();
    const leader = await start({ open: async () => peer, scope: 'other' });
    await expect
      .poll(() => peer.announced)
      .toEqual([
        { ip: '192.0.2.1', backdated: false },
        { ip: '192.0.2.2', backdated: true },
        { ip: '192.0.2.3', backdated: true },
      ]);
    expect(leader.leading).toBe(true);
  });

  it('has another take over at once when the leader is closed, after it sent everything', async () => {
    const first = new Recorder();
    const second = new Recorder();
    const leader = await started(first);
    const other = await start({ open: async () => second });
    const ips = Array.from({ length: 700 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    await Promise.all(ips.map((ip) => leader.announce([white(ip)])));
    await leader.close();
    expect(first.announced.map(({ ip }) => ip)).toEqual(ips);
    expect(first.closed).toBe(true);
    await expect.poll(() => other.leading).toBe(true);
    await other.announce([white('192.0.2.1')]);
    await expect.poll(() => second.announced).toEqual([{ ip: '192.0.2.1', backdated: false }]);
  });

  it('sends what it has to announce though it is closed at once', async () => {
    const peer = new Recorder();
    const leader = await start({ open: () => sleep(100, peer) });
    await leader.announce([white('192.0.2.1')]);
    await leader.close();
    expect(peer.announced.map(({ ip }) => ip)).toEqual(['192.0.2.1']);
    expect(peer.closed).toBe(true);
    expect(await client.exists('spamd:lease:{all}')).toBe(0);
  });

  it('leads, receives and yields though every listener throws, and keeps none of it from the other listeners', async () => {
    let receive: (entry: Entry, source: Source) => void = () => {};
    const peer = new Recorder();
    const on: GroupPeer['on'] = (event: string, listener: (...args: never[]) => void): void => {
      if (event === 'entry') receive = listener as typeof receive;
    };
    const { announce, close } = peer;
    const leader = await start({ open: async () => ({ on, announce: announce.bind(peer), close: close.bind(peer) }) });
    const seen: string[] = [];
    const fail = () => {
      throw new Error('a mistake of the program');
    };
    for (const event of ['lead', 'entry', 'yield'] as const) leader.on(event, fail).on(event, () => seen.push(event));
    leader.on('warning', ({ message }) => seen.push(message));
    await expect.poll(() => leader.leading).toBe(true);
    await leader.announce([white('192.0.2.1')]);
    await expect.poll(() => peer.announced).toHaveLength(1);
    receive(white('192.0.2.2'), { address: '192.0.2.200', port: 8025 });
    await leader.close();
    const said = (event: string) => [`a listener of ${event} threw: a mistake of the program`, event];
    expect(seen).toEqual(['lead', 'entry', 'yield'].flatMap(said));
    expect(peer.closed).toBe(true);
  });

  it('leaves it to another when its peer cannot be opened, or fails', async () => {
    const warnings: string[] = [];
    const unable = await start({ open: () => Promise.reject(new Error('the port is taken')), leaseMs: 2000 });
    unable.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`));
    await expect.poll(() => warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^WARN_SPAMD_PEER .*the port is taken/);
    const peers: Recorder[] = [];
    const able = await start({
      open: async () => {
        const peer = new Recorder();
        peers.push(peer);
        return peer;
      },
      leaseMs: 2000,
    });
    await expect.poll(() => able.leading).toBe(true);
    const received: string[] = [];
    able.on('yield', () => received.push('yield'));
    able.on('warning', ({ code }) => received.push(code));
    peers[0]?.fail(new Error('the socket is gone'));
    await expect.poll(() => received).toEqual(['WARN_SPAMD_PEER', 'yield']);
    expect(peers[0]?.closed).toBe(true);
    await expect.poll(() => able.leading || unable.leading).toBe(true);
  });

  it('goes on after what the peer refuses', async () => {
    const peer = new Recorder();
    const leader = await started(peer);
    const warnings: string[] = [];
    leader.on('warning', ({ code }) => warnings.push(code));
    await Promise.all([leader.announce([white('refused')]), leader.announce([white('192.0.2.1')])]);
    await expect.poll(() => peer.announced).toEqual([{ ip: '192.0.2.1', backdated: false }]);
    await expect.poll(() => leader.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: 0 });
    expect(warnings).toEqual(['WARN_SPAMD_ANNOUNCE']);
  });

  it('gives its peer the number of WHITE that a greylist notes, and each peer that it opens later the last one', async () => {
    const peers: Recorder[] = [];
    const leader = await start({
      open: async () => {
        peers.push(new Recorder());
        return peers.at(-1) as Recorder;
      },
      leaseMs: 200,
    });
    await expect.poll(() => leader.leading).toBe(true);
    const store = new MemoryStore();
    await using greylist = new Greylist({ store, group: leader });
    await greylist.allow('192.0.2.1');
    await greylist.sweep();
    expect(peers.map(({ noted }) => noted)).toEqual([[1]]);
    await greylist.allow('192.0.2.2');
    await greylist.sweep();
    peers[0]?.fail(new Error('the socket is gone'));
    await expect.poll(() => peers.map(({ noted }) => noted)).toEqual([[1, 2], [2]]);
    expect(() => leader.noteWhites(-1)).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_OPTION' }));
  });

  it('holds backdated calls back while much is queued, lets others past, and queues all when it is closed', async () => {
    const repairs = (net: number) => Array.from({ length: 850 }, (_, n) => white(`10.${net}.${n >> 8}.${n & 255}`));
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), leaseMs: 60_000 });
    const queued: number[] = [];
    const announced = [1, 2, 3, 4].map(async (net) => {
      await silent.announce(repairs(net), { backdated: true });
      queued.push(net);
    });
    await expect.poll(() => queued).toEqual([1, 2]);
    await silent.announce([white('192.0.2.1')]);
    // Longer than it takes to look again.
    await sleep(1200);
    expect(queued).toEqual([1, 2]);
    expect(await silent.stats()).toMatchObject({ waiting: 3, trimmed: 0 });
    const peer = new Recorder();
    const leader = await start({ open: async () => peer });
    await Promise.all(announced);
    await expect.poll(() => peer.announced).toHaveLength(4 * 850 + 1);
    expect(peer.announced[2 * 850]).toEqual({ ip: '192.0.2.1', backdated: false });
    await leader.close();
    const left = [5, 6, 7, 8].map((net) => silent.announce(repairs(net), { backdated: true }));
    await silent.close();
    await Promise.all(left);
    expect(await silent.stats()).toMatchObject({ waiting: 4, trimmed: 0 });
  });

  it('counts what found no room', async () => {
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), maxQueued: 10 });
    for (let n = 0; n < 15; n++) await silent.announce([white(`192.0.2.${n}`)]);
    expect(await silent.stats()).toMatchObject({ waiting: 10, trimmed: 5, foreign: 0 });
  });

  it('bounds what waits in bytes, too, and refuses a call that takes more than all may', async () => {
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), maxQueuedBytes: 65_536 });
    const long = (n: number): Entry => grey(`192.0.2.${n}`, 'x'.repeat(10_000));
    for (let n = 0; n < 20; n++) await silent.announce([long(n)]);
    const { waiting, bytes, trimmed } = await silent.stats();
    expect({ waiting, trimmed }).toEqual({ waiting: 6, trimmed: 14 });
    expect(bytes).toBeGreaterThan(60_000);
    expect(bytes).toBeLessThanOrEqual(65_536);
    await expect(silent.announce(Array.from({ length: 7 }, (_, n) => long(n)))).rejects.toMatchObject({
      code: 'ERR_SPAMD_TOO_LONG',
    });
    const peer = new Recorder();
    await started(peer);
    await expect.poll(() => silent.stats()).toMatchObject({ waiting: 0, bytes: 0 });
    expect(peer.announced).toHaveLength(6);
  });

  it('removes what was never announced from its queue, reports it, and announces the rest', async () => {
    const peer = new Recorder();
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), leaseMs: 60_000 });
    const foreign = ['hello', '{}', '[false,5]', '[false,[null]]', '[0,[]]', '[false,[{"ip":"192.0.2.9"}]]'];
    for (const [n, text] of foreign.entries()) {
      await client.xAdd('spamd:queue:{all}', '*', { announced: text });
      await silent.announce([white(`192.0.2.${n}`)]);
    }
    await client.xAdd('spamd:queue:{all}', '*', { something: 'else', and: 'more' });
    const leader = await start({ open: async () => peer });
    const warnings: string[] = [];
    leader.on('warning', ({ code }) => warnings.push(code));
    await expect.poll(() => peer.announced).toHaveLength(foreign.length);
    await expect.poll(() => leader.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: foreign.length + 1 });
    expect(warnings).toEqual(Array(foreign.length + 1).fill('WARN_SPAMD_FOREIGN'));
  });

  it('leads and receives though its queue is a key of another type, which is reported once', async () => {
    await client.set('spamd:queue:{all}', 'something else');
    const leader = await start({ open: async () => new Recorder() });
    const warnings: string[] = [];
    leader.on('warning', ({ code }) => warnings.push(code));
    await expect.poll(() => leader.leading).toBe(true);
    await expect.poll(() => warnings).toEqual(['WARN_SPAMD_FOREIGN']);
    await expect(leader.announce([white('192.0.2.1')])).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    await sleep(200);
    expect(leader.leading).toBe(true);
    expect(warnings).toEqual(['WARN_SPAMD_FOREIGN']);
  });

  it('queues and announces though its counters are keys of other types, which are reported and count nothing', async () => {
    await client.lPush('spamd:bytes:{all}', 'something else');
    await client.set('spamd:trimmed:{all}', 'something else');
    const silent = await start({ open: () => Promise.reject(new Error('no peer here')), maxQueued: 4 });
    const warnings: string[] = [];
    silent.on('warning', ({ code, message }) => code === 'WARN_SPAMD_FOREIGN' && warnings.push(message));
    await client.xAdd('spamd:queue:{all}', '*', { something: 'else' });
    for (let n = 0; n < 6; n++) await silent.announce([white(`192.0.2.${n}`)]);
    expect(await silent.stats()).toMatchObject({ waiting: 4, bytes: 0, trimmed: 0 });
    expect(warnings).toEqual([
      expect.stringContaining('spamd:bytes:{all}'),
      expect.stringContaining('spamd:trimmed:{all}'),
    ]);
    const peer = new Recorder();
    await started(peer);
    await expect.poll(() => peer.announced).toHaveLength(4);
  });

  it('leads in a Redis that is full, and goes on leading, though nothing more can be queued', async () => {
    await client.set('filling', 'x'.repeat(2 ** 20));
    await client.configSet('maxmemory', '1mb');
    try {
      const leader = await started(new Recorder());
      await expect(leader.announce([white('192.0.2.1')])).rejects.toThrow(/it is full/);
      let yields = 0;
      leader.on('yield', () => yields++);
      // Longer than the lease holds unless it is renewed.
      await sleep(1000);
      expect({ leading: leader.leading, yields }).toEqual({ leading: true, yields: 0 });
    } finally {
      await client.configSet('maxmemory', '0');
    }
  });

  it('gives the lease up at once when its peer cannot be opened', async () => {
    const unable = await start({ open: () => Promise.reject(new Error('the port is taken')), leaseMs: 60_000 });
    const warnings: string[] = [];
    unable.on('warning', ({ code }) => warnings.push(code));
    await expect.poll(() => warnings).toEqual(['WARN_SPAMD_PEER']);
    await expect.poll(() => client.exists('spamd:lease:{all}')).toBe(0);
  });

  it('gives a peer no more while it has 16,384 entries, and the rest once it has sent them', async () => {
    const sent: (() => void)[] = [];
    let given = 0;
    const peer = new Recorder();
    const announce = (entries: Iterable<Entry>) => {
      given += [...entries].length;
      return new Promise<void>((resolve) => sent.push(resolve));
    };
    const leader = await started(Object.assign(peer, { announce }));
    const thousand = Array.from({ length: 1000 }, (_, n) => white(`10.0.${n >> 8}.${n & 255}`));
    for (let n = 0; n < 17; n++) await leader.announce(thousand);
    await expect.poll(() => given).toBe(17_000);
    await leader.announce([white('192.0.2.1')]);
    // Ten times as long as it takes the leader to look for more.
    await sleep(500);
    expect(given).toBe(17_000);
    for (const resolve of sent.splice(0)) resolve();
    await expect.poll(() => given).toBe(17_001);
    for (const resolve of sent.splice(0)) resolve();
  });

  it('receives from the group with its one peer, for a greylist on each', async () => {
    const key = SyncKey.fromBytes(Buffer.from('a key of the test'));
    await using elsewhere = await SyncPeer.open({ key, port: 0, listen: '127.0.0.1' });
    let peer: SyncPeer | undefined;
    const leader = await start({
      open: async () => {
        const host = { host: '127.0.0.1', port: elsewhere.address.port };
        peer = await SyncPeer.open({ key, port: 0, listen: '127.0.0.1', targets: [host] });
        return peer;
      },
    });
    await expect.poll(() => leader.leading).toBe(true);
    const other = await start({ open: () => Promise.reject(new Error('not needed')) });
    const receivedElsewhere: string[] = [];
    elsewhere.on('entry', ({ type, ip }) => receivedElsewhere.push(`${type} ${ip}`));
    const received: string[] = [];
    leader.on('entry', ({ ip }) => received.push(`leader ${ip}`));
    other.on('entry', ({ ip }) => received.push(`other ${ip}`));

    await using greylist = new Greylist({ store: new MemoryStore(), group: other });
    await greylist.trap('192.0.2.7');
    await expect.poll(() => receivedElsewhere).toEqual(['trapped 192.0.2.7']);

    const back = { host: '127.0.0.1', port: peer?.address.port ?? 0 };
    await using third = await SyncPeer.open({ key, port: 0, listen: '127.0.0.1', targets: [back] });
    await third.white('192.0.2.8', now() + 1000);
    await expect.poll(() => received).toEqual(['leader 192.0.2.8']);
  });

  describe('with bulk sends, which the peer sends at a pace', () => {
    const key = SyncKey.fromBytes(Buffer.from('a key of the test'));
    const many = (net: number) => Array.from({ length: 850 }, (_, n) => `10.${net}.${n >> 8}.${n & 255}`);
    const entriesOf = (ips: readonly string[]) => ips.map((ip) => white(ip));

    async function listening(received: string[]): Promise<SyncPeer> {
      const peer = await SyncPeer.open({ key, port: 0, listen: '127.0.0.1' });
      peer.on('entry', ({ ip }) => received.push(ip));
      return peer;
    }

    const paced = (to: SyncPeer) => () =>
      SyncPeer.open({
        key,
        listen: false,
        targets: [{ host: '127.0.0.1', port: to.address.port }],
        batch: { bulkRate: 6 },
      });

    it('keeps the lease meanwhile, and lets what is short go past', async () => {
      const received: string[] = [];
      await using elsewhere = await listening(received);
      const leader = await start({ open: paced(elsewhere), leaseMs: 400 });
      await expect.poll(() => leader.leading).toBe(true);
      let yields = 0;
      leader.on('yield', () => yields++);
      await Promise.all([1, 2, 3].map((net) => leader.announce(entriesOf(many(net)))));
      await expect.poll(() => received.length).toBeGreaterThan(0);
      await leader.announce([white('192.0.2.1')]);
      const all = [1, 2, 3].flatMap(many);
      await expect.poll(() => received.length, { timeout: 20_000 }).toBe(all.length + 1);
      expect(new Set(received)).toEqual(new Set([...all, '192.0.2.1']));
      expect(received.indexOf('192.0.2.1')).toBeLessThan(all.length);
      expect(yields).toBe(0);
      await expect.poll(() => leader.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: 0 });
    });

    it('leaves a call that it is closed over to the next', async () => {
      const received: string[] = [];
      await using elsewhere = await listening(received);
      const leader = await start({ open: paced(elsewhere), leaseMs: 400 });
      await expect.poll(() => leader.leading).toBe(true);
      await leader.announce(entriesOf(many(1)));
      await expect.poll(() => received.length).toBeGreaterThan(0);
      await leader.close();
      expect(new Set(received).size).toBeLessThan(850);
      expect(await leader.stats()).toMatchObject({ waiting: 1, trimmed: 0, foreign: 0 });
      const next = await start({ open: paced(elsewhere), leaseMs: 400 });
      await expect.poll(() => new Set(received).size, { timeout: 20_000 }).toBe(850);
      await expect.poll(() => next.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: 0 });
    });

    it('warns where the peer has no room for all of a call', async () => {
      const peer = () => SyncPeer.open({ key, listen: false, targets: ['127.0.0.1'], batch: { maxQueued: 100 } });
      const leader = await start({ open: peer });
      const warnings: string[] = [];
      leader.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`));
      await expect.poll(() => leader.leading).toBe(true);
      await leader.announce(entriesOf(many(1)));
      await expect.poll(() => warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^WARN_SPAMD_ANNOUNCE .*750 entries/);
      await expect.poll(() => leader.stats()).toEqual({ waiting: 0, bytes: 0, trimmed: 0, foreign: 0 });
    });
  });
});
