import { type Entry, Keyring, SyncKey, SyncPeer } from 'spamd-sync';
import { MemoryNetwork } from 'spamd-sync/testing';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { addressBody, END, frame, KEY, tlv } from '../support/frame.ts';
import { FakeTransport, LOCAL, NOW, OTHER_LOCAL, openRig, reasons, SOURCE, turn, watch } from '../support/rig.ts';

const GREY: Entry = { type: 'grey', ip: '203.0.113.1', helo: 'mx', from: '<a@b>', to: '<c@d>', timestamp: NOW };
const WHITE: Entry = { type: 'white', ip: '203.0.113.2', timestamp: NOW, expires: 5 };
const TRAPPED: Entry = { type: 'trapped', ip: '203.0.113.3', timestamp: NOW, expires: 5 };
const UNWHITE: Entry = { type: 'remove-white', ip: '203.0.113.4', timestamp: NOW };
const UNTRAP: Entry = { type: 'remove-trapped', ip: '203.0.113.5', timestamp: NOW };

function encode(entries: Entry[], counter = 0): Buffer {
  return Buffer.from(encodeDatagram(entries, { key: KEY, counter }));
}

describe('events', () => {
  it('are one entry each and one more by type, once, in order, with the source', async () => {
    const { peer, transport, seen } = await openRig();
    const named: [string, Entry][] = [];
    peer.on('grey', (entry, source) => {
      expect(source).toEqual(SOURCE);
      named.push(['grey', entry]);
    });
    peer.on('white', (entry) => named.push(['white', entry]));
    peer.on('trapped', (entry) => named.push(['trapped', entry]));
    const all = [GREY, WHITE, UNWHITE, TRAPPED, UNTRAP];
    transport.receive(encode(all));
    expect(seen.entries).toStrictEqual(all);
    expect(seen.sources).toEqual(all.map(() => SOURCE));
    expect(named).toEqual([
      ['grey', GREY],
      ['white', WHITE],
      ['trapped', TRAPPED],
    ]);
    expect(seen.drops).toEqual([]);
  });

  it('are counted', async () => {
    const { peer, transport } = await openRig();
    const first = encode([GREY, WHITE, WHITE, TRAPPED, TRAPPED, TRAPPED, UNWHITE, UNTRAP]);
    transport.receive(first);
    transport.receive(first);
    transport.receive(Buffer.alloc(35));
    transport.receive(frame([tlv(6), tlv(7), tlv(2, addressBody(NOW, 5, '203.0.113.9')), END]));
    expect(peer.stats().received).toEqual({
      datagrams: 4,
      bytes: 2 * first.length + 35 + 60,
      accepted: 2,
      entries: { grey: 1, white: 3, trapped: 3, removal: 2 },
      unknownTlvs: 2,
    });
    expect(peer.stats().drops).toEqual({
      short: 1,
      oversize: 0,
      version: 0,
      family: 0,
      length: 0,
      auth: 0,
      malformed: 0,
      self: 0,
      duplicate: 1,
      stale: 0,
      source: 0,
      overload: 0,
    });
  });

  it('of a drop have the reason, the source, the size and words', async () => {
    const { transport, seen } = await openRig();
    transport.receive(Buffer.alloc(1409), { address: '198.51.100.1', port: 7 });
    expect(seen.drops).toEqual([
      { reason: 'oversize', source: { address: '198.51.100.1', port: 7 }, size: 1409, detail: 'over 1408 bytes' },
    ]);
    expect(seen.errors).toEqual([]);
  });

  it('of an error come from the transport alone', async () => {
    const { transport, seen } = await openRig();
    const error = new Error('socket gone');
    transport.events.error(error);
    expect(seen.errors).toEqual([error]);
  });
});

describe('the order in which a datagram is judged', () => {
  it('is codec, self, duplicate, stale, source', async () => {
    const { peer, transport, seen, clock } = await openRig({ targets: ['mx'], allow: ['192.0.2.0/24'], maxSkew: 10 });
    const outside = { address: '198.51.100.1', port: 1 };
    await peer.announce([WHITE]);
    const [own] = transport.link().sent;
    transport.receive(own ?? Buffer.alloc(0), { address: OTHER_LOCAL, port: 1 });
    const known = encode([TRAPPED], 1);
    transport.receive(known);
    transport.receive(known, outside);
    transport.receive(encode([{ ...WHITE, timestamp: NOW - 11 }], 2), outside);
    transport.receive(encode([WHITE], 3), outside);
    transport.receive(frame([tlv(2), END]), outside);
    clock.time = NOW + 11;
    transport.receive(known, outside);
    expect(reasons(seen)).toEqual(['self', 'duplicate', 'stale', 'source', 'malformed', 'stale']);
  });

  it('puts our own echo before its being stale', async () => {
    const { peer, transport, seen, clock } = await openRig({ targets: ['mx'] });
    await peer.announce([WHITE]);
    const own = transport.link().sent[0] ?? Buffer.alloc(0);
    clock.time = NOW + 600;
    transport.receive(own, LOCAL);
    clock.time = NOW + 601;
    transport.receive(own, LOCAL);
    expect(reasons(seen)).toEqual(['self', 'stale']);
    expect(seen.entries).toEqual([]);
  });
});

describe('allow', () => {
  it.each([
    [['192.0.2.200'], '192.0.2.200', true],
    [['192.0.2.200'], '192.0.2.201', false],
    [['192.0.2.200/32'], '192.0.2.199', false],
    [['192.0.2.128/25'], '192.0.2.127', false],
    [['192.0.2.128/25'], '192.0.2.128', true],
    [['192.0.2.128/25'], '192.0.2.255', true],
    [['192.0.2.128/25'], '192.0.3.0', false],
    [['10.0.0.0/8', '192.0.2.200'], '10.255.255.255', true],
    [['0.0.0.0/0'], '255.1.2.3', true],
    [['0.0.0.0/1'], '128.0.0.0', false],
    [[], '192.0.2.200', false],
  ])('%j: %s is let in: %s', async (allow, address, allowed) => {
    const { transport, seen } = await openRig({ allow });
    for (const counter of [0, 1]) transport.receive(encode([WHITE], counter), { address, port: 1 });
    expect(reasons(seen)).toEqual(allowed ? [] : ['source', 'source']);
    expect(seen.entries).toHaveLength(allowed ? 2 : 0);
  });

  it('lets the real datagram in after a copy from elsewhere', async () => {
    const { transport, seen } = await openRig({ allow: [SOURCE.address] });
    transport.receive(encode([WHITE]), { address: '198.51.100.1', port: 1 });
    transport.receive(encode([WHITE]));
    expect(reasons(seen)).toEqual(['source']);
    expect(seen.entries).toEqual([WHITE]);
  });
});

describe('our own datagrams', () => {
  it('are self, whatever address of this host they come back from, and whatever is in them', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['mx', { host: 'gr', dialect: 'greyd' }] });
    await peer.announce([WHITE, GREY]);
    for (const { sent } of transport.links) {
      for (const bytes of sent) {
        transport.receive(bytes, LOCAL);
        transport.receive(bytes, { address: OTHER_LOCAL, port: 40_000 });
      }
    }
    expect(reasons(seen)).toEqual(['self', 'self', 'self', 'self']);
    expect(peer.stats().digests.held).toBe(0);
  });

  it('are another host’s when they come from another host, which is received and known by them', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['mx'] });
    await peer.announce([WHITE]);
    const [bytes = Buffer.alloc(0)] = transport.link().sent;
    transport.receive(bytes, LOCAL);
    transport.receive(bytes, SOURCE);
    expect(reasons(seen)).toEqual(['self']);
    expect(seen.entries).toEqual([WHITE]);
    expect(peer.health().sources).toMatchObject([
      { address: SOURCE.address, accepted: 1, lastReceived: NOW, drops: {} },
      { address: LOCAL.address, accepted: 0, drops: { self: 1 } },
    ]);
  });

  it('are another’s where two hosts announce the same in the same second', async () => {
    const network = new MemoryNetwork();
    const options = { key: KEY, clock: network.clock, listen: 'seg0', targets: ['seg0'] };
    await using a = await SyncPeer.open({ ...options, transport: network.transport('192.0.2.1') });
    await using b = await SyncPeer.open({ ...options, transport: network.transport('192.0.2.2') });
    const [seenA, seenB] = [watch(a), watch(b)];
    await Promise.all([a.white('203.0.113.1', 5), b.white('203.0.113.1', 5)]);
    await network.settle();
    for (const seen of [seenA, seenB]) {
      expect(seen.entries).toMatchObject([{ type: 'white', ip: '203.0.113.1' }]);
      expect(reasons(seen)).toEqual(['self']);
    }
  });

  it('are known by the newest time in them, if not checked for ever', async () => {
    const { peer, transport, seen, clock } = await openRig({ targets: ['mx'], maxSkew: false });
    await peer.announce([{ ...WHITE, timestamp: 5 }]);
    clock.time = NOW + 1e6;
    transport.receive(transport.link().sent[0] ?? Buffer.alloc(0), LOCAL);
    expect(reasons(seen)).toEqual(['self']);
  });

  it('are known as far back as 16384 of them', async () => {
    const { peer, transport, seen, clock } = await openRig({ targets: ['mx'], batch: { bulkRate: 10_000 } });
    // Each fills a datagram.
    const long: Entry = { ...GREY, helo: 'x'.repeat(1300) };
    const report = peer.announce(Array.from({ length: 16_384 }, () => long));
    await clock.advance(1);
    await report;
    const { sent } = transport.link();
    expect(sent).toHaveLength(16_384);
    transport.receive(sent[0] ?? Buffer.alloc(0), LOCAL);
    expect(reasons(seen)).toEqual(['self']);
    await peer.announce([WHITE]);
    transport.receive(sent[1] ?? Buffer.alloc(0), LOCAL);
    expect(reasons(seen)).toEqual(['self', 'self']);
    transport.receive(sent[0] ?? Buffer.alloc(0), LOCAL);
    expect(seen.entries).toEqual([long]);
  });

  it('are received by another peer on the same address', async () => {
    const network = new MemoryNetwork();
    const options = { key: KEY, clock: network.clock, listen: 'seg0', targets: ['seg0'] };
    await using a = await SyncPeer.open({ ...options, transport: network.transport('192.0.2.1') });
    await using b = await SyncPeer.open({ ...options, transport: network.transport('192.0.2.1') });
    const [seenA, seenB] = [watch(a), watch(b)];
    await a.white('203.0.113.1', 5);
    await b.trapped('203.0.113.2', 5);
    await network.settle();
    expect(seenA.entries).toMatchObject([{ type: 'trapped' }]);
    expect(seenB.entries).toMatchObject([{ type: 'white' }]);
    expect(reasons(seenA)).toEqual(['self']);
    expect(reasons(seenB)).toEqual(['self']);
  });
});

describe('what was received', () => {
  it('is never sent on', async () => {
    const { transport, seen, peer } = await openRig({ targets: ['mx', { host: 'gr', dialect: 'greyd' }] });
    transport.receive(encode([GREY, WHITE, TRAPPED, UNWHITE, UNTRAP]));
    expect(seen.entries).toHaveLength(5);
    for (let at = 0; at < 5; at++) await turn();
    await peer.close();
    expect(transport.links.map(({ sent }) => sent.length)).toEqual([0, 0]);
  });
});

describe('several keys', () => {
  it('are all accepted, and replaced while running', async () => {
    const old = SyncKey.fromBytes(Buffer.from('old'));
    const key = new Keyring([KEY, old]);
    const { transport, seen, peer } = await openRig({ key });
    const by = (signer: SyncKey, counter: number) => encodeDatagram([WHITE], { key: signer, counter });
    transport.receive(by(KEY, 0));
    expect(peer.health().sources[0]?.keyIndex).toBe(0);
    transport.receive(by(old, 1));
    expect(peer.health().sources[0]?.keyIndex).toBe(1);
    key.replace([KEY]);
    transport.receive(by(old, 2));
    expect(seen.entries).toHaveLength(2);
    expect(reasons(seen)).toEqual(['auth']);
  });
});

describe('what arrives before the caller can listen', () => {
  it('waits for it, up to 4096 datagrams; the rest is counted as overload', async () => {
    for (const [count, over] of [
      [4096, 0],
      [4097, 1],
    ] as const) {
      class Early extends FakeTransport {
        override async open(...args: Parameters<FakeTransport['open']>) {
          const opened = await super.open(...args);
          for (let counter = 0; counter < count; counter++) this.receive(encode([WHITE], counter));
          return opened;
        }
      }
      const peer = await SyncPeer.open({ key: KEY, transport: new Early(), clock: { now: () => NOW } });
      const seen = watch(peer);
      expect(seen.entries).toEqual([]);
      await turn();
      await turn();
      expect(seen.entries).toHaveLength(4096);
      expect(peer.stats().drops.overload).toBe(over);
    }
  });
});
