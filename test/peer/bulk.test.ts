import {
  type BatchOptions,
  type Dialect,
  type Entry,
  type Removal,
  SpamdSyncError,
  SyncPeer,
  type SyncPeerOptions,
} from 'spamd-sync';
import { MemoryNetwork } from 'spamd-sync/testing';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Seen, turn, watch } from '../support/rig.ts';

/** What goes at once at the default rate: three datagrams, 85 addresses each. */
const BURST = 255;
/** What a datagram takes of what has waited, beside the freshness marker. */
const PIECE = 84;

interface Scene {
  readonly network: MemoryNetwork;
  readonly sender: SyncPeer;
  readonly receiver: SyncPeer;
  readonly seen: Seen;
  /** The entries received so far, without freshness markers. */
  readonly received: () => Entry[];
  /** How many datagrams came so far. */
  readonly datagrams: () => number;
  /** Lets time pass, milliseconds. */
  readonly pass: (ms: number) => Promise<void>;
}

async function scene(options: Partial<SyncPeerOptions> = {}, dialect: Dialect = 'spamd'): Promise<Scene> {
  // What is sent arrives in the same moment.
  const network = new MemoryNetwork({ latency: [0, 0] });
  const common = { key: KEY, clock: network.clock };
  const receiver = await SyncPeer.open({
    ...common,
    transport: network.transport('192.0.2.2'),
    listen: '192.0.2.2',
  });
  const sender = await SyncPeer.open({
    ...common,
    transport: network.transport('192.0.2.1'),
    listen: false,
    targets: [{ host: '192.0.2.2', dialect }],
    ...options,
  });
  const seen = watch(receiver);
  await turn();
  await turn();
  return {
    network,
    sender,
    receiver,
    seen,
    received: () => seen.entries.filter((entry) => !isMarker(entry)),
    datagrams: () => receiver.stats().received.datagrams,
    pass: (ms) => network.advance(ms / 1000),
  };
}

function isMarker(entry: Entry): boolean {
  return entry.type === 'white' && entry.expires === 0;
}

/** White entries about different addresses. */
function whites(count: number, timestamp: number, first = 0): Entry[] {
  return Array.from({ length: count }, (_, at) => ({
    type: 'white',
    ip: `203.${(first + at) >> 16}.${((first + at) >> 8) & 255}.${(first + at) & 255}`,
    timestamp,
    expires: first + at + 1,
  }));
}

/** Whether it is fulfilled by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await turn();
  return done;
}

describe('a bulk send', () => {
  it('sends a second’s worth at once and the rest at the rate, in order, and reports at the end', async () => {
    const { network, sender, received, datagrams, pass } = await scene();
    const list = whites(BURST + 2 * PIECE + 1, network.clock.now());
    const report = sender.announce(list);
    await network.advance(0);
    expect(received()).toEqual(list.slice(0, BURST));
    expect(datagrams()).toBe(3);
    expect(sender.stats().queued).toBe(2 * PIECE + 1);

    // A third of a second each.
    await pass(333);
    expect(datagrams()).toBe(3);
    await pass(1);
    expect(received()).toEqual(list.slice(0, BURST + PIECE));
    await pass(332);
    expect(datagrams()).toBe(4);
    await pass(1);
    expect(received()).toEqual(list.slice(0, BURST + 2 * PIECE));
    expect(await isDone(report)).toBe(false);
    await pass(333);
    expect(received()).toEqual(list);
    expect(datagrams()).toBe(6);
    expect(await report).toMatchObject({ targets: [{ sent: list.length, failed: 0 }], skipped: [] });
    expect(sender.stats().queued).toBe(0);
  });

  it.each([
    [{}, BURST, 3],
    [{ bulkRate: 0.25 }, 85, 1],
    [{ bulkRate: 1 }, 85, 1],
    [{ bulkRate: 1.9 }, 85, 1],
    [{ bulkRate: 4 }, 340, 4],
    [{ bulkRate: 7 }, 595, 7],
    [{ bulkRate: 100 }, 8500, 100],
  ])('is one of more than a second’s worth: %j, %i addresses', async (batch: BatchOptions, most, full) => {
    const { network, sender, received, datagrams, pass } = await scene({ batch });
    const now = network.clock.now();
    await sender.announce(whites(most, now));
    await network.advance(0);
    expect(datagrams()).toBe(full);
    const report = sender.announce(whites(most + 1, now));
    await network.advance(0);
    expect(received()).toHaveLength(2 * most);
    expect(sender.stats().queued).toBe(1);
    expect(await isDone(report)).toBe(false);
    await pass(Math.ceil(1000 / (batch.bulkRate ?? 3)));
    expect(received()).toHaveLength(2 * most + 1);
    expect(await isDone(report)).toBe(true);
  });

  it.each(['spamd', 'greyd'] as const)('of tuples is measured by their strings (%s)', async (dialect) => {
    const { network, sender, received, datagrams, pass } = await scene({}, dialect);
    const list = Array.from({ length: 200 }, (_, at): Entry => {
      // The others fill a multiple of 16 bytes, so that brackets around the addresses take 16 more.
      const [from, to] = at < 60 ? [`${'é'.repeat(at)}@example.org`, `someone.${at}@example.net`] : ['a@b.de', 'c@d.e'];
      return { type: 'grey', ip: `203.0.113.${at}`, helo: 'mail.example.org', from, to, timestamp: 1_800_000_000 };
    });
    const report = sender.announce(list);
    await network.advance(0);
    expect(datagrams()).toBe(3);
    for (let due = 4; sender.stats().queued > 0; due++) {
      await pass(334);
      expect(datagrams()).toBe(due);
    }
    expect(datagrams()).toBeGreaterThan(6);
    expect(received().map(({ ip }) => ip)).toEqual(list.map(({ ip }) => ip));
    expect((await report).skipped).toEqual([]);
  });

  it('of what is too long even alone is dealt with too', async () => {
    const { sender, received, pass } = await scene({ batch: { bulkRate: 1 } });
    const text = 'x'.repeat(1400);
    const long = (last: number): Entry => {
      return { type: 'grey', ip: `203.0.113.${last}`, helo: text, from: 'a', to: 'b', timestamp: 1_800_000_000 };
    };
    const report = sender.announce([long(1), long(2), ...whites(1, 1_800_000_000), long(3)]);
    for (let second = 0; second < 4; second++) await pass(1000);
    expect((await report).skipped.map(({ why }) => why)).toEqual(['too-long', 'too-long', 'too-long']);
    expect(received()).toHaveLength(1);
  });

  it('waits for another’s rest, and each second brings a second’s worth of all', async () => {
    const { network, sender, received, pass } = await scene();
    const now = network.clock.now();
    const [first, second] = [whites(BURST + 100, now), whites(BURST + 1, now, 1000)];
    const reports = [sender.announce(first), sender.announce(second)];
    await network.advance(0);
    expect(received()).toEqual(first.slice(0, BURST));
    await pass(1000);
    expect(received()).toEqual([...first, ...second].slice(0, BURST + 3 * PIECE));
    expect(await isDone(reports[0] as Promise<unknown>)).toBe(true);
    await pass(667);
    expect(received()).toEqual([...first, ...second]);
    await Promise.all(reports);
  });

  it('after another has what time has given back since', async () => {
    const { network, sender, received, pass } = await scene();
    const now = network.clock.now();
    void sender.announce(whites(BURST + 1, now));
    await pass(334);
    expect(received()).toHaveLength(BURST + 1);
    await pass(667);
    void sender.announce(whites(1000, now));
    await network.advance(0);
    expect(received()).toHaveLength(BURST + 1 + 2 * 85);
    await sender.close();
  });

  it('makes up for no more than a second when a timer comes late, in order', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    const list = whites(2000, NOW);
    void peer.announce(list);
    await turn();
    clock.skip(60);
    void peer.announce(list);
    await turn();
    expect(transport.link().entries.flat()).toHaveLength(BURST);
    await clock.advance(0.334);
    const sent = transport.link().entries.flat();
    expect(sent.filter((entry) => !isMarker(entry))).toEqual(list.slice(0, BURST + 3 * PIECE));
    await peer.close();
  });

  it('is not gathered to a burst by lingerMs', async () => {
    const { network, sender, received, pass } = await scene({ batch: { lingerMs: 60_000 } });
    const list = whites(BURST + PIECE + 1, network.clock.now());
    void sender.announce(list);
    await pass(333);
    expect(received()).toEqual([]);
    await pass(1);
    expect(received()).toEqual(list.slice(0, BURST + PIECE));
    await pass(333);
    expect(received()).toEqual(list);
  });

  it('without targets has nobody to wait for', async () => {
    const { peer } = await openRig();
    expect(await peer.announce(whites(1000, 5))).toEqual({ targets: [], skipped: [] });
  });

  it('is reported in full where a target fails', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['a', 'b'], batch: { bulkRate: 1 } });
    const refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'down');
    const report = peer.announce(whites(86, NOW));
    await turn();
    transport.link(1).refuse = refuse;
    await clock.advance(1);
    expect((await report).targets).toMatchObject([
      { target: 'a', sent: 86, failed: 0 },
      { target: 'b', sent: 85, failed: 1, error: refuse },
    ]);
  });

  it('leaves no timer when the last of it has gone, or nothing had to wait', async () => {
    const { peer, clock } = await openRig({ targets: ['mx'] });
    const { timers } = clock;
    await peer.announce(whites(BURST, NOW));
    expect(clock.timers).toBe(timers);
    const report = peer.announce(whites(BURST + PIECE, NOW));
    expect(clock.timers).toBe(timers + 1);
    await clock.advance(0.334);
    expect(clock.timers).toBe(timers);
    expect((await report).targets).toMatchObject([{ sent: BURST + PIECE }]);
  });
});

describe('live traffic', () => {
  it('overtakes the rest of a bulk send', async () => {
    const { network, sender, received } = await scene();
    const now = network.clock.now();
    void sender.announce(whites(1000, now));
    await network.advance(0);
    const live = whites(BURST, now, 5000);
    await sender.announce(live.slice(0, 1));
    await sender.announce(live.slice(1));
    await network.advance(0);
    expect(received().slice(BURST)).toEqual(live);
    await sender.close();
  });

  it('stays behind what waits about the same address', async () => {
    const { network, sender, received, pass } = await scene();
    const now = network.clock.now();
    const list = whites(BURST + PIECE + 1, now);
    void sender.announce(list);
    await network.advance(0);
    const [early, late] = [list[0], list[BURST]] as [Entry, Entry];
    const trap = ({ ip }: Entry): Entry => ({ type: 'trapped', ip, timestamp: now, expires: 9 });
    const other = whites(1, now, 5000);
    const report = sender.announce([trap(late), trap(early), ...other, { ...trap(late), timestamp: now + 1 }]);
    await network.advance(0);
    expect(received().slice(BURST)).toEqual([trap(early), ...other]);
    await pass(334);
    expect(received().slice(BURST + 2)).toEqual(list.slice(BURST, BURST + PIECE));
    expect(await isDone(report)).toBe(false);
    await pass(334);
    expect(received().slice(BURST + 2 + PIECE)).toEqual([
      ...list.slice(-1),
      trap(late),
      { ...trap(late), timestamp: now + 1 },
    ]);
    expect((await report).targets).toMatchObject([{ sent: 4 }]);
  });

  it('goes at once again when nothing waits about its address any more', async () => {
    const { network, sender, received, pass } = await scene();
    const now = network.clock.now();
    const list = whites(BURST + PIECE + 1, now);
    void sender.announce(list);
    await network.advance(0);
    const again = list[BURST] as Entry;
    void sender.announce([again, again]);
    await pass(334);
    void sender.announce([again]);
    await network.advance(0);
    expect(received()).toHaveLength(BURST + PIECE);
    await pass(334);
    void sender.announce([again]);
    await network.advance(0);
    expect(received().slice(BURST + PIECE)).toEqual([list.at(-1), again, again, again, again]);
  });
});

describe('the rate by default', () => {
  it('follows the number of WHITE that the greylist holds', async () => {
    const { network, sender, datagrams, pass } = await scene();
    expect(sender.stats().bulk).toEqual({ rate: 3, whites: 0 });
    sender.noteWhites(400_000);
    const { rate, whites: known } = sender.stats().bulk;
    expect(known).toBe(400_000);
    expect(rate).toBeCloseTo(0.1147, 4);
    void sender.announce(whites(850, network.clock.now()));
    await pass(0);
    expect(datagrams()).toBe(1);
    // A scan takes 18 seconds, 20 at the most: three datagrams of the not quite four that a spamd's pipe holds.
    await pass(18_000);
    expect(datagrams()).toBe(3);
    await pass(2000);
    expect(datagrams()).toBe(3);
    await sender.close();
  });

  it('follows the number of different white addresses that were received', async () => {
    const { network, sender, receiver } = await scene({ batch: { bulkRate: 10_000 } });
    const list = whites(30_000, network.clock.now());
    await sender.announce(list);
    await sender.announce(list.map((entry) => ({ ...entry, expires: 7 })));
    await network.advance(1);
    for (const { whites: known } of [sender.stats().bulk, receiver.stats().bulk]) {
      expect(Math.abs(known - 30_000)).toBeLessThan(1500);
    }
    expect(receiver.stats().bulk.rate).toBeLessThan(1.4);
    expect(sender.stats().bulk.rate).toBe(10_000);
  });

  it('does not count freshness markers, or entries of other types', async () => {
    const { network, sender, receiver } = await scene();
    const now = network.clock.now();
    await sender.announce(whites(1, now - 5000), { backdated: true });
    const trapped: Entry = { type: 'trapped', ip: '203.0.113.200', timestamp: now - 5000, expires: 9 };
    await sender.announce([trapped], { backdated: true });
    await network.advance(1);
    expect(receiver.stats().received.entries).toMatchObject({ white: 3, trapped: 1 });
    expect(receiver.stats().bulk.whites).toBe(1);
    expect(sender.stats().bulk.whites).toBe(1);
  });

  it('holds back no call that makes one datagram, however slow it is', async () => {
    const { network, sender, datagrams } = await scene();
    sender.noteWhites(10_000_000);
    for (let call = 0; call < 3; call++) await sender.announce(whites(85, network.clock.now(), 1000 * call));
    await network.advance(0);
    expect(datagrams()).toBe(3);
    expect(sender.stats().queued).toBe(0);
  });

  it.each([-1, 0.5, Number.NaN, '5', undefined])('takes a whole number of WHITE, not %j', async (count) => {
    const { sender } = await scene();
    expect(() => sender.noteWhites(count as number)).toThrow(
      expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringMatching(/^count: /) }),
    );
  });
});

describe('removals', () => {
  it('keep their place among the entries of one address, to a greyd', async () => {
    const { network, sender, received, pass } = await scene({}, 'greyd');
    const now = network.clock.now();
    const list = whites(BURST + 200, now).flatMap((white): Entry[] => {
      const { ip } = white;
      const removal: Removal = { type: 'remove-white', ip, timestamp: now };
      return Number(ip.split('.')[3]) % 2 === 0 ? [white, removal] : [removal, white];
    });
    const report = sender.announce(list);
    const [{ ip }] = list.slice(-1) as [Entry];
    void sender.announce([{ type: 'remove-trapped', ip, timestamp: now }]);
    while (sender.stats().queued > 0) await pass(334);
    expect((await report).skipped).toEqual([]);
    for (const { ip: about } of whites(BURST + 199, now)) {
      const sent = list.filter((entry) => entry.ip === about);
      expect(received().filter((entry) => entry.ip === about)).toEqual(sent);
    }
    const last = received().filter((entry) => entry.ip === ip);
    expect(last.map(({ type }) => type).at(-1)).toBe('remove-trapped');
    expect(last).toHaveLength(3);
  });
});

describe('maxQueued', () => {
  it('counts what waits', async () => {
    const { network, sender, received, pass } = await scene({ batch: { maxQueued: BURST + 60 } });
    const now = network.clock.now();
    const report = sender.announce(whites(BURST + 160, now));
    await network.advance(0);
    expect(sender.stats().queued).toBe(60);
    const [fits, over] = await Promise.all([
      sender.announce(whites(BURST - 1, now, 1000)),
      sender.announce(whites(2, now, 2000)),
    ]);
    expect(fits.skipped).toEqual([]);
    expect(over.skipped).toMatchObject([{ entry: { expires: 2002 }, why: 'overload' }]);
    await pass(334);
    expect((await report).skipped.map(({ why }) => why)).toEqual(Array(100).fill('overload'));
    expect((await report).targets).toMatchObject([{ sent: BURST + 60 }]);
    expect(sender.stats()).toMatchObject({ queued: 0, skipped: { overload: 101 } });
    await network.advance(0);
    expect(received()).toHaveLength(2 * BURST + 60);
  });
});

describe('what has waited', () => {
  it('is taken by receivers that check freshness, however long it was', async () => {
    const { network, sender, receiver, received, seen } = await scene({ batch: { bulkRate: 1 } });
    const start = network.clock.now();
    const list = whites(85 + 700 * PIECE, start);
    const report = sender.announce(list);
    await network.advance(700);
    expect(received()).toEqual(list);
    expect(receiver.stats().received.datagrams).toBe(701);
    const marked = seen.entries.filter(isMarker).map(({ timestamp }) => timestamp - start);
    expect(marked).toEqual(Array.from({ length: 640 }, (_, at) => 60 + at));
    expect((await report).targets).toMatchObject([{ sent: list.length }]);
    // Sent now without having waited, the same is taken for a replay.
    await sender.announce(list.slice(0, 1));
    await network.advance(0);
    expect(seen.drops).toMatchObject([{ reason: 'stale' }]);
  });

  it('fills datagrams with the marker also at once, if it was old before', async () => {
    const { network, sender, received, datagrams, pass } = await scene();
    const list = whites(4 * PIECE, network.clock.now() - 5000);
    void sender.announce(list, { backdated: true });
    await network.advance(0);
    expect(received()).toEqual(list.slice(0, 3 * PIECE));
    expect(datagrams()).toBe(3);
    await pass(334);
    expect(received()).toEqual(list);
    expect(datagrams()).toBe(4);
  });
});

describe('close', () => {
  it('skips what waits as closed, reports and counts it, and leaves no timer', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx', { host: 'gr', dialect: 'greyd' }] });
    const list = whites(BURST + 100, NOW);
    const reports = [peer.announce(list), peer.announce(whites(BURST + 1, NOW, 1000))];
    await peer.close();
    const [first, second] = await Promise.all(reports);
    expect(first?.targets).toMatchObject([{ sent: BURST }, { sent: BURST }]);
    expect(first?.skipped).toEqual(
      list.slice(BURST).flatMap((entry) => [
        { entry, dialect: 'spamd', why: 'closed' },
        { entry, dialect: 'greyd', why: 'closed' },
      ]),
    );
    expect(second?.targets).toMatchObject([{ sent: 0 }, { sent: 0 }]);
    expect(second?.skipped).toHaveLength(2 * (BURST + 1));
    for (const link of transport.links) expect(link.entries.flat()).toEqual(list.slice(0, BURST));
    expect(peer.stats()).toMatchObject({
      queued: 0,
      sent: { entries: 2 * BURST },
      skipped: { closed: 2 * (100 + BURST + 1), overload: 0 },
    });
    expect(clock.timers).toBe(0);
    await clock.advance(10);
    expect(transport.link().sent).toHaveLength(3);
  });
});

describe('a process', () => {
  it('stays alive for what waits, and no longer', async () => {
    const { peer } = await openRig({ targets: ['mx'], clock: { now: () => NOW } });
    const timers = () => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
    const before = timers();
    const report = peer.announce(whites(BURST + 1, NOW));
    expect(timers()).toBe(before + 1);
    await peer.close();
    expect(timers()).toBe(before);
    expect((await report).skipped).toHaveLength(1);
  });
});
