import { type Entry, type Sent, SyncKey } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, TUPLE, turn, whites } from '../support/rig.ts';

/** Where counters start at {@link NOW}: 16 for each second since 2026. */
const FIRST = (NOW - Date.UTC(2026) / 1000) * 16;

function encode(entries: Entry[], counter: number): Buffer {
  return Buffer.from(encodeDatagram(entries, { key: KEY, counter }));
}

describe('a single call', () => {
  it('sends the datagram that spamd would, but for the counter', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    clock.time = NOW + 0.9;
    await peer.grey(TUPLE);
    await peer.white('203.0.113.1', 5);
    await peer.trapped('203.0.113.2', 0xffff_ffff);
    expect(transport.link().sent).toEqual([
      encode([{ type: 'grey', ...TUPLE, timestamp: NOW }], FIRST),
      encode([{ type: 'white', ip: '203.0.113.1', timestamp: NOW, expires: 5 }], FIRST + 1),
      encode([{ type: 'trapped', ip: '203.0.113.2', timestamp: NOW, expires: 0xffff_ffff }], FIRST + 2),
    ]);
  });

  it('takes a Date for an expiry, rounded down to the second', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    await peer.white('203.0.113.1', new Date(1_900_000_000_999));
    await peer.trapped('203.0.113.2', new Date(0));
    expect(transport.link().entries).toMatchObject([[{ expires: 1_900_000_000 }], [{ expires: 0 }]]);
  });

  it('reports what became of it, and counts', async () => {
    const { peer, transport } = await openRig({ targets: ['mx', { host: 'gr', dialect: 'greyd', port: 1 }] });
    const report = await peer.white('203.0.113.1', 5);
    expect(report).toEqual({
      targets: [
        { target: 'mx', dialect: 'spamd', sent: 1, failed: 0, error: undefined },
        { target: 'gr port 1', dialect: 'greyd', sent: 1, failed: 0, error: undefined },
      ],
      skipped: [],
    });
    expect(transport.links.map(({ sent }) => sent.length)).toEqual([1, 1]);
    expect(peer.stats()).toMatchObject({
      sent: { datagrams: 2, bytes: 104, entries: 2, failed: 0 },
      queued: 0,
      receiveBuffer: 425_984,
    });
  });

  it('is signed with the first key of a keyring', async () => {
    const { Keyring } = await import('spamd-sync');
    const ring = new Keyring([KEY, SyncKey.none()]);
    const { peer, transport } = await openRig({ targets: ['mx'], key: ring });
    await peer.white('203.0.113.1', 5);
    expect(transport.link().entries).toHaveLength(1);
    ring.replace([SyncKey.none()]);
    await peer.white('203.0.113.1', 5);
    expect(() => transport.link().entries).toThrow(/auth/);
  });

  it('without targets goes nowhere, and reports no target', async () => {
    const { peer } = await openRig();
    expect(await peer.white('203.0.113.1', 5)).toEqual({ targets: [], skipped: [] });
    expect(await peer.announce([])).toEqual({ targets: [], skipped: [] });
    expect(peer.stats()).toMatchObject({ queued: 0, sent: { datagrams: 0 } });
  });

  it('of no entries sends nothing', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const report = await peer.announce([]);
    expect(report.targets).toMatchObject([{ sent: 0, failed: 0 }]);
    expect(transport.link().sent).toEqual([]);
  });
});

describe('the sent event', () => {
  it('names the target, the size and the entries in the form in which they went, of announcements and seeds', async () => {
    const { peer } = await openRig({ targets: ['192.0.2.50', { host: '192.0.2.51', dialect: 'greyd' }] });
    const sent: Sent[] = [];
    peer.on('sent', (one) => sent.push(one));
    await peer.grey({ ...TUPLE, from: '<A@example.org>' });
    await peer.seed(whites(1), { to: '192.0.2.50' });
    expect(sent).toEqual([
      {
        target: '192.0.2.50',
        size: expect.any(Number),
        entries: [expect.objectContaining({ from: '<A@example.org>' })],
      },
      { target: '192.0.2.51', size: expect.any(Number), entries: [expect.objectContaining({ from: 'a@example.org' })] },
      { target: '192.0.2.50', size: 52, entries: whites(1) },
    ]);
  });

  it('is not emitted for what the system does not take', async () => {
    const { peer, transport } = await openRig({ targets: ['192.0.2.50'] });
    transport.link().refuse = new Error('no');
    peer.on('sent', () => expect.unreachable());
    const report = await peer.grey(TUPLE);
    expect(report.targets).toMatchObject([{ sent: 0, failed: 1 }]);
  });
});

describe('batching', () => {
  it('puts what is announced in one turn into one datagram, in order', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const [a, b, c] = whites(3) as [Entry, Entry, Entry];
    const reports = [peer.announce([a]), peer.announce([b, c]), peer.grey(TUPLE)];
    await Promise.resolve();
    reports.push(peer.trapped('203.0.113.8', 4));
    expect(transport.link().sent).toEqual([]);
    expect(peer.stats().queued).toBe(5);
    const sent = (await Promise.all(reports)).map(({ targets }) => targets[0]?.sent);
    expect(sent).toEqual([1, 2, 1, 1]);
    expect(transport.link().sent).toEqual([
      encode(
        [
          a,
          b,
          c,
          { type: 'grey', ...TUPLE, timestamp: NOW },
          { type: 'trapped', ip: '203.0.113.8', timestamp: NOW, expires: 4 },
        ],
        FIRST,
      ),
    ]);
    expect(peer.stats().queued).toBe(0);
    expect(peer.stats().sent).toMatchObject({ datagrams: 1, entries: 5 });
  });

  it.each([
    [1, [1]],
    [84, [84]],
    [85, [85]],
    [86, [85, 1]],
    [170, [85, 85]],
    [200, [85, 85, 30]],
  ])('splits %i WHITE into %j', async (count, sizes) => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const list = whites(count);
    const report = await peer.announce(list);
    expect(transport.link().entries.map((entries) => entries.length)).toEqual(sizes);
    expect(transport.link().entries.flat()).toEqual(list);
    expect(report.targets[0]?.sent).toBe(count);
    expect(transport.link().sent.map((bytes) => bytes.readUInt32BE(4))).toEqual(sizes.map((_, at) => FIRST + at));
  });

  it('waits lingerMs for more, and not longer', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'], batch: { lingerMs: 100 } });
    const [a, b, c] = whites(3) as [Entry, Entry, Entry];
    const first = peer.announce([a]);
    await clock.advance(0.099);
    const second = peer.announce([b]);
    await turn();
    expect(transport.link().sent).toEqual([]);
    await clock.advance(0.001);
    await Promise.all([first, second]);
    expect(transport.link().entries).toEqual([[a, b]]);
    const third = peer.announce([c]);
    await turn();
    expect(transport.link().sent).toHaveLength(1);
    await clock.advance(0.1);
    await third;
    expect(transport.link().entries).toEqual([[a, b], [c]]);
  });
});

describe('maxQueued', () => {
  it('skips what there is no room for, reports and counts it', async () => {
    const { peer, transport } = await openRig({
      targets: ['mx', { host: 'gr', dialect: 'greyd' }],
      batch: { maxQueued: 3 },
    });
    const list = whites(4);
    const [first, second, third] = await Promise.all([
      peer.announce(list.slice(0, 2)),
      peer.announce(list.slice(2)),
      peer.announce(list.slice(0, 1)),
    ]);
    expect(first?.skipped).toEqual([]);
    expect(second?.skipped).toEqual([
      { entry: list[3], dialect: 'spamd', why: 'overload' },
      { entry: list[3], dialect: 'greyd', why: 'overload' },
    ]);
    expect(second?.targets).toMatchObject([{ sent: 1 }, { sent: 1 }]);
    expect(third?.skipped).toHaveLength(2);
    expect(third?.targets).toMatchObject([{ sent: 0 }, { sent: 0 }]);
    expect(transport.link().entries).toEqual([list.slice(0, 3)]);
    expect(peer.stats().skipped.overload).toBe(4);
    expect((await peer.announce(list.slice(0, 3))).skipped).toEqual([]);
  });

  it('counts what is on its way until it has gone', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'], batch: { maxQueued: 2 } });
    let release = () => {};
    transport.link().gate = new Promise((resolve) => {
      release = resolve;
    });
    const first = peer.announce(whites(2));
    await turn();
    expect(peer.stats().queued).toBe(2);
    expect((await peer.announce(whites(1))).skipped).toMatchObject([{ why: 'overload' }]);
    release();
    await first;
    expect(peer.stats().queued).toBe(0);
    expect((await peer.announce(whites(1))).skipped).toEqual([]);
  });

  it('is 65536 by default', async () => {
    const { peer } = await openRig({ targets: ['mx'], batch: { bulkRate: 10_000 } });
    const list = Array.from({ length: 65_537 }, () => whites(1)[0] as Entry);
    const report = await peer.announce(list);
    expect(report.skipped).toHaveLength(1);
    expect(report.targets).toMatchObject([{ sent: 65_536 }]);
  });
});
