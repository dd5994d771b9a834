import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, reasons, whites } from '../support/rig.ts';

const HOUR = 3600;

/** What another host, whose clock stays right, announces. */
function sentAt(timestamp: number, counter: number): Buffer {
  return Buffer.from(
    encodeDatagram([{ type: 'white', ip: '203.0.113.1', timestamp, expires: timestamp + 9 }], { key: KEY, counter }),
  );
}

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('a clock that is stepped an hour %s and then set right', (_direction, step) => {
  it('makes stale what comes meanwhile, and nothing after it', async () => {
    const { transport, clock, seen } = await openRig();
    transport.receive(sentAt(NOW, 0));
    clock.time += step;
    transport.receive(sentAt(NOW + 1, 1));
    clock.time -= step;
    transport.receive(sentAt(NOW + 2, 2));
    expect(seen.entries.map(({ timestamp }) => timestamp)).toEqual([NOW, NOW + 2]);
    expect(reasons(seen)).toEqual(['stale']);
  });

  it('lets no copy in, neither of what came before nor of our own', async () => {
    const { peer, transport, clock, seen } = await openRig({ targets: ['mx'] });
    transport.receive(sentAt(NOW, 0));
    await peer.white('203.0.113.2', NOW + 9);
    const [own = Buffer.alloc(0)] = transport.link().sent;
    clock.time += step;
    transport.receive(sentAt(NOW, 0));
    clock.time -= step;
    transport.receive(sentAt(NOW, 0));
    transport.receive(own, { address: '192.0.2.1', port: 8025 });
    expect(seen.entries).toHaveLength(1);
    expect(reasons(seen).slice(1)).toEqual(['duplicate', 'self']);
  });

  it('neither holds up nor hurries a bulk send', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'], batch: { bulkRate: 2 } });
    const report = peer.announce(whites(84 * 20));
    const sent: number[] = [];
    for (let second = 0; second < 9; second++) {
      clock.time += [step, 0, -step][second % 3] as number;
      const before = transport.link().sent.length;
      await clock.advance(1);
      sent.push(transport.link().sent.length - before);
    }
    expect(sent.slice(1)).toEqual(Array(8).fill(2));
    await peer.close();
    await report;
  });

  it('leaves the counters rising', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    for (const by of [0, step, 0, -step, 0, 3 * step, -3 * step]) {
      clock.time += by;
      await peer.white('203.0.113.2', NOW + 9);
    }
    const counters = transport.link().sent.map((bytes) => bytes.readUInt32BE(4));
    expect(counters).toHaveLength(7);
    expect(counters).toEqual([...new Set(counters)].sort((a, b) => a - b));
  });
});
