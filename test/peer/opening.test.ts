import { type Entry, type OpenTransport, SyncPeer, type TransportEvents, type TransportOptions } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { FakeTransport, NOW, TestClock, turn } from '../support/rig.ts';

const TARGETS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const TRAPPED: Entry = { type: 'trapped', ip: '203.0.113.7', timestamp: NOW, expires: NOW + 60 };
const REASON = new Error('the program is to end');

/** A transport whose name server never answers. */
class DeafResolver extends FakeTransport {
  override async open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
    const opened = await super.open(options, events);
    for (const link of this.links) link.lookUp = new Promise(() => {});
    return opened;
  }
}

/** A transport on which a datagram comes in before it is open, in a buffer that it uses again. */
class HastyTransport extends FakeTransport {
  override async open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
    const bytes = Buffer.from(encodeDatagram([TRAPPED], { key: KEY, counter: 1 }));
    events.receive(bytes, { address: '192.0.2.2', port: 8025 });
    bytes.fill(0);
    return super.open(options, events);
  }
}

/** A transport that is opened when the test says so. */
class SlowTransport extends FakeTransport {
  opened = () => {};
  override async open(options: TransportOptions, events: TransportEvents): Promise<OpenTransport> {
    await new Promise<void>((resolve) => {
      this.opened = resolve;
    });
    return super.open(options, events);
  }
}

it('a datagram that comes in while the peer is opened is delivered as it came, once listeners can be there', async () => {
  const clock = new TestClock();
  await using peer = await SyncPeer.open({ key: KEY, clock, transport: new HastyTransport(), listen: '192.0.2.1' });
  const entries: Entry[] = [];
  peer.on('entry', (entry) => void entries.push(entry));
  await clock.advance(0);
  expect(entries).toEqual([TRAPPED]);
  expect(peer.stats().received).toMatchObject({ datagrams: 1, accepted: 1 });
});

it('to open a peer takes two seconds at most, however many names do not resolve', async () => {
  const clock = new TestClock();
  const transport = new DeafResolver();
  let peer: SyncPeer | undefined;
  const opening = SyncPeer.open({ key: KEY, clock, transport, targets: TARGETS }).then((opened) => {
    peer = opened;
  });
  await clock.advance(1.99);
  expect(transport.links.map(({ refreshed }) => refreshed)).toEqual(TARGETS.map(() => 1));
  expect(peer).toBeUndefined();
  await clock.advance(0.01);
  expect(peer?.health().targets.map(({ target }) => target)).toEqual(TARGETS);
  await opening;
  await peer?.close();
  expect(clock.timers).toBe(0);
});

it('a signal aborted while names are looked up ends that at once, and leaves nothing open', async () => {
  const clock = new TestClock();
  const transport = new DeafResolver();
  const aborter = new AbortController();
  const opening = SyncPeer.open({ key: KEY, clock, transport, targets: TARGETS, signal: aborter.signal });
  await turn();
  aborter.abort(REASON);
  await expect(opening).rejects.toBe(REASON);
  expect(transport.closed).toBe(1);
  expect(clock.timers).toBe(0);
});

it('a signal aborted while the transport is opened ends that at once, and what is opened later is closed', async () => {
  const transport = new SlowTransport();
  const aborter = new AbortController();
  const opening = SyncPeer.open({ key: KEY, clock: new TestClock(), transport, signal: aborter.signal });
  await turn();
  aborter.abort(REASON);
  await expect(opening).rejects.toBe(REASON);
  expect(transport.closed).toBe(0);
  transport.opened();
  await turn();
  expect(transport.closed).toBe(1);
});
