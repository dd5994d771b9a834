import { type Entry, Keyring, SyncKey } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Rig } from '../support/rig.ts';

const OTHER = SyncKey.fromBytes(Buffer.from('other'));
const A = '192.0.2.50';

function white(timestamp = NOW): Entry {
  return { type: 'white', ip: '203.0.113.1', timestamp, expires: 5 };
}

/** A datagram from this address with this counter. */
function receiveFrom({ transport, clock }: Rig, counter: number, address = A, port = 8025): void {
  // Expiries differ, so that a counter that comes twice makes another datagram.
  const entry: Entry = { type: 'white', ip: '203.0.113.1', timestamp: Math.floor(clock.time), expires: unique++ };
  transport.receive(encodeDatagram([entry], { key: KEY, counter }), { address, port });
}
let unique = 0;

function forge({ transport }: Rig, address: string, times = 1): void {
  for (let at = 0; at < times; at++) {
    transport.receive(encodeDatagram([white()], { key: OTHER, counter: at }), { address, port: 8025 });
  }
}

function source(rig: Rig, address = A) {
  return rig.peer.health().sources.find((known) => known.address === address);
}

describe('a source', () => {
  it('is known by when it was last received from, its entries, its skew and its key', async () => {
    const rig = await openRig();
    const { transport, clock, peer } = rig;
    const entries: Entry[] = [
      white(NOW - 100),
      { type: 'grey', ip: '203.0.113.1', helo: 'h', from: 'f', to: 't', timestamp: NOW + 7 },
      { type: 'remove-white', ip: '203.0.113.1', timestamp: NOW - 3 },
      { type: 'remove-trapped', ip: '203.0.113.1', timestamp: NOW - 3 },
      { type: 'trapped', ip: '203.0.113.1', timestamp: NOW - 3, expires: 1 },
    ];
    clock.time = NOW + 2.75;
    const bytes = encodeDatagram(entries, { key: KEY, counter: 9 });
    transport.receive(bytes, { address: A, port: 1 });
    transport.receive(bytes, { address: A, port: 1 });
    transport.receive(Buffer.alloc(3), { address: A, port: 2 });
    transport.receive(Buffer.alloc(3), { address: A, port: 2 });
    expect(peer.health()).toEqual({
      sources: [
        {
          address: A,
          lastReceived: NOW + 2.75,
          accepted: 1,
          entries: { grey: 1, white: 1, trapped: 1, removal: 2 },
          drops: { duplicate: 1, short: 2 },
          lost: 0,
          skew: 5,
          keyIndex: 0,
          signedBy: [{ fingerprint: KEY.fingerprint, lastReceived: NOW + 2.75 }],
          reach: 1,
        },
      ],
      targets: [],
      interfaces: [],
      keys: [KEY.fingerprint],
      sourcesForgotten: 0,
    });
    clock.time = NOW + 60;
    transport.receive(encodeDatagram([], { key: KEY, counter: 10 }), { address: A, port: 1 });
    const without = { lastReceived: NOW + 2.75, accepted: 1, skew: 5, drops: { duplicate: 1, short: 2, stale: 1 } };
    expect(source(rig)).toMatchObject(without);
  });

  it('that was never delivered has only drops', async () => {
    const rig = await openRig();
    forge(rig, A, 2);
    expect(source(rig)).toEqual({
      address: A,
      lastReceived: undefined,
      accepted: 0,
      entries: { grey: 0, white: 0, trapped: 0, removal: 0 },
      drops: { auth: 2 },
      lost: 0,
      skew: undefined,
      keyIndex: undefined,
      signedBy: [],
      reach: 0,
    });
    receiveFrom(rig, 0);
    expect(rig.peer.health().sources).toHaveLength(1);
    expect(source(rig)).toMatchObject({ accepted: 1, drops: { auth: 2 } });
    expect(rig.peer.health().sourcesForgotten).toBe(0);
  });

  it('has a reach of the last eight intervals of ten minutes', async () => {
    const rig = await openRig();
    const reach = () => source(rig)?.reach.toString(2);
    receiveFrom(rig, 0);
    rig.clock.time += 600;
    expect(reach()).toBe('10');
    receiveFrom(rig, 1);
    expect(reach()).toBe('11');
    rig.clock.time += 6 * 600;
    expect(reach()).toBe('11000000');
    rig.clock.time -= 3600;
    receiveFrom(rig, 2);
    rig.clock.time += 3600;
    expect(reach()).toBe('11000000');
    rig.clock.time += 600;
    expect(reach()).toBe('10000000');
    rig.clock.time += 600;
    expect(reach()).toBe('0');
    rig.clock.time += 50 * 600;
    expect(reach()).toBe('0');
  });

  it('is known by the keys that it signs with, the latest first', async () => {
    const rig = await openRig({ key: new Keyring([KEY, OTHER]) });
    forge(rig, A);
    rig.clock.time += 5;
    receiveFrom(rig, 1);
    const signedBy = (first: SyncKey, at: number, second: SyncKey, before: number) => [
      { fingerprint: first.fingerprint, lastReceived: NOW + at },
      { fingerprint: second.fingerprint, lastReceived: NOW + before },
    ];
    expect(source(rig)?.signedBy).toEqual(signedBy(KEY, 5, OTHER, 0));
    rig.clock.time += 5;
    rig.transport.receive(encodeDatagram([white(NOW + 1)], { key: OTHER, counter: 9 }), { address: A, port: 8025 });
    expect(source(rig)?.signedBy).toEqual(signedBy(OTHER, 10, KEY, 5));
    expect(rig.peer.health().keys).toEqual([KEY.fingerprint, OTHER.fingerprint]);
  });

  it('is the target of that address too', async () => {
    const rig = await openRig({ targets: [A, '192.0.2.51'] });
    receiveFrom(rig, 0);
    expect(rig.peer.health().targets).toMatchObject([
      { target: A, address: A, dialect: 'spamd', multicast: false, lastReceived: NOW },
      { target: '192.0.2.51', lastReceived: undefined },
    ]);
  });
});

describe('what seems to be lost', () => {
  it.each<[string, number[], number]>([
    ['nothing', [0, 1, 2, 3], 0],
    ['nothing before the first', [500, 501], 0],
    ['a gap of one', [0, 2], 1],
    ['gaps add up', [0, 2, 5, 6, 10], 1 + 2 + 3],
    ['one that comes late', [0, 2, 1, 3], 0],
    ['one that comes late out of two', [0, 3, 1, 4], 1],
    ['late by 64', [1000, 1100, 1037], 98],
    ['not late by 65', [1000, 1100, 1036], 99],
    ['nothing is late that was not missing', [100, 90, 91], 0],
    ['a restart', [100, 0, 1, 2], 0],
    ['a restart after a loss', [100, 102, 0, 1, 2], 1],
    ['a restart close to the start', [0, 2, 0, 1], 1],
    ['a restart whose first were lost', [100_000, 3, 4], 0],
    ['a jump of 65536', [0, 65_537], 65_536],
    ['a jump of more is another process', [0, 65_538, 65_539], 0],
    ['over the end of the counter', [0xffff_fffe, 0xffff_ffff, 0, 1], 0],
    ['a gap over the end of the counter', [0xffff_fffe, 2], 3],
    ['late over the end of the counter', [0xffff_fffe, 1, 0xffff_ffff], 1],
  ])('%s: %j', async (_name, counters, lost) => {
    const rig = await openRig();
    for (const counter of counters) receiveFrom(rig, counter);
    expect(source(rig)?.lost).toBe(lost);
    expect(source(rig)?.accepted).toBe(counters.length);
  });

  it('is reckoned for each port by itself, and for each address', async () => {
    const rig = await openRig();
    receiveFrom(rig, 0, A, 1);
    receiveFrom(rig, 700, A, 2);
    receiveFrom(rig, 2, A, 1);
    receiveFrom(rig, 703, A, 2);
    receiveFrom(rig, 9, '192.0.2.51', 1);
    expect(source(rig)?.lost).toBe(1 + 2);
    expect(source(rig, '192.0.2.51')?.lost).toBe(0);
  });

  it('is not made up for by the late of another port', async () => {
    const rig = await openRig();
    receiveFrom(rig, 0, A, 1);
    receiveFrom(rig, 5, A, 1);
    receiveFrom(rig, 50, A, 2);
    receiveFrom(rig, 49, A, 2);
    expect(source(rig)?.lost).toBe(4);
  });

  it('is remembered for 16 ports of an address', async () => {
    for (const [ports, lost] of [
      [16, 10],
      [17, 0],
    ] as const) {
      const rig = await openRig();
      for (let port = 1; port <= ports; port++) receiveFrom(rig, 0, A, port);
      receiveFrom(rig, 11, A, 1);
      expect(source(rig)?.lost).toBe(lost);
    }
  });

  it('does not count copies, stale or forged datagrams', async () => {
    const rig = await openRig();
    const bytes = encodeDatagram([white()], { key: KEY, counter: 4 });
    rig.transport.receive(bytes, { address: A, port: 8025 });
    rig.transport.receive(bytes, { address: A, port: 8025 });
    rig.transport.receive(encodeDatagram([white(1)], { key: KEY, counter: 50 }), { address: A, port: 8025 });
    forge(rig, A, 3);
    receiveFrom(rig, 5);
    expect(source(rig)?.lost).toBe(0);
  });
});

describe('how many sources are kept', () => {
  const address = (at: number) => `198.51.${at >> 8}.${at & 255}`;

  it('is 256 unauthenticated ones, which evict each other', async () => {
    const rig = await openRig();
    receiveFrom(rig, 0);
    for (let at = 0; at < 256; at++) forge(rig, address(at));
    expect(rig.peer.health().sources).toHaveLength(257);
    expect(rig.peer.health().sourcesForgotten).toBe(0);
    forge(rig, address(256));
    expect(rig.peer.health().sources).toHaveLength(257);
    expect(rig.peer.health().sourcesForgotten).toBe(1);
    expect(source(rig, address(0))).toBeUndefined();
    for (let at = 0; at < 2000; at++) forge(rig, address(at));
    expect(rig.peer.health().sources).toHaveLength(257);
    expect(source(rig)).toMatchObject({ accepted: 1, lastReceived: NOW });
  });

  it('is 1024 authenticated ones, of which the longest silent goes', async () => {
    const rig = await openRig();
    for (let at = 0; at < 1024; at++) receiveFrom(rig, 0, address(at));
    expect(rig.peer.health().sources).toHaveLength(1024);
    expect(rig.peer.health().sourcesForgotten).toBe(0);
    receiveFrom(rig, 1, address(0));
    receiveFrom(rig, 0, address(1024));
    expect(rig.peer.health().sources).toHaveLength(1024);
    expect(rig.peer.health().sourcesForgotten).toBe(1);
    expect(source(rig, address(0))?.accepted).toBe(2);
    expect(source(rig, address(1))).toBeUndefined();
  });
});

describe('a key mismatch', () => {
  it('is warned of once, at the fifth forged datagram in a row from the address of a target', async () => {
    const rig = await openRig({ targets: ['192.0.2.9', A] });
    forge(rig, A, 4);
    expect(rig.seen.warnings).toEqual([]);
    forge(rig, A, 1);
    expect(rig.seen.warnings).toMatchObject([{ code: 'WARN_SPAMD_KEY_MISMATCH' }]);
    expect(rig.seen.warnings[0]?.message).toContain(A);
    forge(rig, A, 50);
    expect(rig.seen.warnings).toHaveLength(1);
  });

  it('is warned of once for an address that is not a target', async () => {
    const rig = await openRig({ targets: ['192.0.2.9'] });
    forge(rig, A, 4);
    expect(rig.seen.warnings).toEqual([]);
    forge(rig, A, 50);
    receiveFrom(rig, 0);
    forge(rig, A, 50);
    expect(rig.seen.warnings).toMatchObject([{ code: 'WARN_SPAMD_KEY_MISMATCH', message: expect.stringContaining(A) }]);
  });

  it('is warned of for 64 addresses that are not targets, and for every target beyond', async () => {
    const rig = await openRig({ targets: [A] });
    for (let at = 0; at < 70; at++) forge(rig, `198.51.100.${at}`, 5);
    expect(rig.seen.warnings).toHaveLength(64);
    forge(rig, A, 5);
    expect(rig.seen.warnings).toHaveLength(65);
    expect(rig.seen.warnings.at(-1)?.message).toContain(`target ${A}`);
  });

  it('is not warned of while datagrams of the right key come in between', async () => {
    const rig = await openRig({ targets: [A] });
    for (let round = 0; round < 5; round++) {
      forge(rig, A, 4);
      receiveFrom(rig, round);
    }
    expect(rig.seen.warnings).toEqual([]);
  });

  it('is not warned of for other drops', async () => {
    const rig = await openRig({ targets: [A] });
    for (let at = 0; at < 20; at++) rig.transport.receive(Buffer.alloc(10), { address: A, port: 1 });
    expect(rig.seen.warnings).toEqual([]);
  });
});

describe('an authenticated source that allow does not name', () => {
  it('is warned of once', async () => {
    const rig = await openRig({ allow: ['192.0.2.51'] });
    forge(rig, A);
    receiveFrom(rig, 0, '192.0.2.51');
    expect(rig.seen.warnings).toEqual([]);
    receiveFrom(rig, 0);
    receiveFrom(rig, 1);
    expect(rig.seen.warnings).toMatchObject([{ code: 'WARN_SPAMD_SOURCE', message: expect.stringContaining(A) }]);
    expect(source(rig)).toMatchObject({ accepted: 0, drops: { auth: 1, source: 2 } });
  });

  it('is warned of for 64 addresses', async () => {
    const rig = await openRig({ allow: [] });
    for (let at = 0; at < 70; at++) receiveFrom(rig, 0, `198.51.100.${at}`);
    expect(rig.seen.warnings).toHaveLength(64);
    expect(rig.seen.drops).toHaveLength(70);
  });
});
