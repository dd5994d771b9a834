import type { Entry } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { type FakeLink, NOW, openRig, TestClock, whites } from '../support/rig.ts';

const EPOCH = Date.UTC(2026) / 1000;
const WHITE: Entry = { type: 'white', ip: '203.0.113.1', timestamp: NOW, expires: 5 };

function counters(link: FakeLink): number[] {
  return link.sent.map((bytes) => bytes.readUInt32BE(4));
}

/** Whether each is one more than the one before. */
function inOrder(numbers: readonly number[]): boolean {
  return numbers.every((number, at) => at === 0 || number === ((numbers[at - 1] as number) + 1) >>> 0);
}

describe('counters', () => {
  it('rise over live sends, bulk sends, seeds to all and seeds to one, whoever they go to', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    await peer.white('203.0.113.1', 5);
    await peer.seed(whites(100), { rate: 10_000 });
    const bulk = peer.announce(whites(500));
    const seeding = peer.seed(whites(400), { to: 'mx', rate: 3 });
    const elsewhere = peer.seed(whites(400), { to: 'other', rate: 3 });
    for (let at = 0; at < 20; at++) {
      await peer.white('203.0.113.1', at);
      await clock.advance(0.1);
    }
    await Promise.all([bulk, seeding, elsewhere]);
    const all = [...transport.link().sent, ...(transport.later[0]?.sent ?? [])].map((bytes) => bytes.readUInt32BE(4));
    expect(new Set(all).size).toBe(all.length);
    // To each host they rise: what waited for its place is numbered when it goes.
    for (const link of [transport.link(), transport.later[0] as FakeLink]) {
      const numbers = counters(link);
      expect(numbers.length).toBeGreaterThan(4);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    expect(inOrder(all.sort((a, b) => a - b))).toBe(true);
  });

  it('of a process start above those of the one before, which sent fewer than 16 datagrams a second', async () => {
    const clock = new TestClock();
    let last = -1;
    for (let start = 0; start < 5; start++) {
      const { peer, transport } = await openRig({ targets: ['mx'], clock });
      await clock.advance(10);
      for (let at = 0; at < 159; at++) await peer.announce([WHITE]);
      await peer.close();
      const numbers = counters(transport.link());
      expect(numbers[0]).toBeGreaterThan(last);
      last = numbers.at(-1) as number;
    }
  });

  it('are reckoned from 2026 on, 16 for each second, modulo 2^32', async () => {
    for (const [time, counter] of [
      [EPOCH, 0],
      [EPOCH + 1.9, 16],
      [EPOCH + 2 ** 28 - 1, 2 ** 32 - 16],
      [EPOCH + 2 ** 28, 0],
      [EPOCH - 1, 2 ** 32 - 16],
    ] as const) {
      const clock = new TestClock();
      clock.time = time;
      const { peer, transport } = await openRig({ targets: ['mx'], clock });
      await peer.white('203.0.113.1', 5);
      expect(counters(transport.link())).toEqual([counter]);
    }
  });

  it('catch up with the clock when they lag behind it by more than 65536, and are not set back by it', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'] });
    const first = (NOW - EPOCH) * 16;
    await peer.announce([WHITE]);
    clock.time = NOW + 4096;
    await peer.announce([WHITE]);
    clock.time = NOW + 4097;
    await peer.announce([WHITE]);
    clock.time = NOW - 86_400;
    await peer.announce([WHITE]);
    expect(counters(transport.link())).toEqual([first, first + 1, first + 4097 * 16, first + 4097 * 16 + 1]);
  });
});
