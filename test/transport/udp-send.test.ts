import { Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Entry, OpenTransport, Source, SyncPeer } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { udp } from '../../src/transport/udp.ts';
import { KEY } from '../support/frame.ts';
import { loopback, names, open, peerAt, WHITE } from '../support/loopback.ts';
import { watch } from '../support/rig.ts';

vi.mock('node:dns/promises', { spy: true });

function to(peer: SyncPeer, host = '127.0.0.1') {
  return { host, port: peer.address.port };
}

async function receivedBy(peer: SyncPeer): Promise<[Entry, Source]> {
  const [entry, source] = await once(peer, 'entry');
  return [entry, source];
}

describe('sending', () => {
  it('goes out from the port that is listened on', async () => {
    const receiver = await peerAt();
    const sender = await peerAt({ listen: '127.0.0.2', targets: [to(receiver)] });
    const received = receivedBy(receiver);
    const report = await sender.trapped('203.0.113.1', 9);
    expect(report.targets).toMatchObject([{ sent: 1, failed: 0, error: undefined }]);
    const [entry, source] = await received;
    expect(entry).toMatchObject({ type: 'trapped', ip: '203.0.113.1', expires: 9 });
    expect(source).toEqual(sender.address);
    expect(sender.health().targets).toMatchObject([{ multicast: false, address: '127.0.0.1', sent: 1 }]);
  });

  it('goes out from an ephemeral port when it only sends', async () => {
    const receiver = await peerAt();
    const sender = await peerAt({ listen: false, port: 8025, targets: [to(receiver)] });
    expect(sender.address.port).not.toBe(8025);
    expect(sender.stats().receiveBuffer).toBe(0);
    const received = receivedBy(receiver);
    await sender.white('203.0.113.1', 9);
    expect((await received)[1].port).toBe(sender.address.port);
  });

  it('finds a target by its name', async () => {
    vi.mocked(lookup).mockRestore();
    const receiver = await peerAt();
    const sender = await peerAt({ targets: [to(receiver, 'localhost')] });
    const received = receivedBy(receiver);
    await sender.white('203.0.113.1', 9);
    expect((await received)[0].ip).toBe('203.0.113.1');
    expect(sender.health().targets[0]?.address).toBe('127.0.0.1');
  });

  it('reports a name that does not resolve, and holds back no other target', async () => {
    names({ 'good.test': '127.0.0.1' });
    const receiver = await peerAt();
    const sender = await peerAt({
      targets: [to(receiver, 'bad.test'), to(receiver), to(receiver, 'good.test'), to(receiver, 'worse.test')],
    });
    const seen = watch(sender);
    const received = receivedBy(receiver);
    const report = await sender.white('203.0.113.1', 9);
    await received;
    const error = expect.objectContaining({ code: 'ERR_SPAMD_RESOLVE' });
    expect(report.targets.map(({ sent, failed, error: why }) => [sent, failed, why])).toEqual([
      [0, 1, error],
      [1, 0, undefined],
      [1, 0, undefined],
      [0, 1, error],
    ]);
    expect(report.targets[0]?.error?.message).toContain('bad.test');
    expect(report.targets[0]?.error?.message).toContain('ENOTFOUND');
    expect(seen.warnings.map(({ code }) => code)).toEqual(['WARN_SPAMD_TARGET', 'WARN_SPAMD_TARGET']);
    expect(seen.errors).toEqual([]);
    expect(sender.health().targets[0]).toMatchObject({ address: undefined, failed: 1 });
  });

  it('reports what the system refuses to send, and goes on', async () => {
    const receiver = await peerAt();
    // Bound to loopback, no route leads out.
    const sender = await peerAt({ targets: [{ host: '192.0.2.77', port: 9 }, to(receiver)] });
    const seen = watch(sender);
    const received = receivedBy(receiver);
    const report = await sender.white('203.0.113.1', 9);
    await received;
    expect(report.targets[0]).toMatchObject({ sent: 0, failed: 1, error: { code: 'ERR_SPAMD_SEND' } });
    expect(report.targets[1]).toMatchObject({ sent: 1, failed: 0 });
    expect(seen.errors).toEqual([]);
    const second = await sender.white('203.0.113.1', 9);
    expect(second.targets[1]).toMatchObject({ sent: 1, failed: 0 });
  });

  it('takes hundreds at once', async () => {
    const receiver = await peerAt();
    const sender = await peerAt({ targets: [to(receiver)], batch: { bulkRate: 10 } });
    const seen = watch(receiver);
    const list = Array.from(
      { length: 850 },
      (_, at): Entry => ({ ...WHITE, type: 'white', expires: at, timestamp: 1, ip: '203.0.113.1' }),
    );
    await sender.announce(list);
    while (seen.entries.length < 850) await new Promise(setImmediate);
    expect(seen.entries).toEqual(list);
    expect(receiver.stats().received.datagrams).toBe(10);
  });
});

describe('a link to a name', () => {
  async function linkTo(host: string): Promise<OpenTransport> {
    const events = { receive: () => {}, interfaceChanged: () => {}, error: () => {} };
    const transport = await udp.open(
      { listen: false, group: '224.0.1.240', targets: [{ host, port: 9, ttl: undefined }], clock: systemClock },
      events,
    );
    open.push(transport);
    await Promise.all(transport.links.map((link) => link.refresh()));
    return transport;
  }

  it('follows the name, keeps what it knew while the resolver fails, and asks once at a time', async () => {
    names({ 'a.test': '127.0.0.1' });
    const [link] = (await linkTo('a.test')).links;
    expect(link).toMatchObject({ address: '127.0.0.1', failing: false });
    names({ 'a.test': '127.0.0.2' });
    await link?.refresh();
    expect(link).toMatchObject({ address: '127.0.0.2', failing: false });
    names({});
    await link?.refresh();
    expect(link).toMatchObject({ address: '127.0.0.2', failing: true });
    names({ 'a.test': '127.0.0.3' });
    vi.mocked(lookup).mockClear();
    await Promise.all([link?.refresh(), link?.refresh()]);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(lookup).toHaveBeenCalledWith('a.test', { family: 4 });
    expect(link).toMatchObject({ address: '127.0.0.3', failing: false });
  });

  it('works from when the name first resolves', async () => {
    names({});
    const receiver = await peerAt();
    const events = { receive: () => {}, interfaceChanged: () => {}, error: () => {} };
    const target = { host: 'late.test', port: receiver.address.port, ttl: undefined };
    const transport = await udp.open(
      { listen: false, group: '224.0.1.240', targets: [target], clock: systemClock },
      events,
    );
    open.push(transport);
    const [link] = transport.links;
    await link?.refresh();
    expect(link).toMatchObject({ address: undefined, failing: true });
    const bytes = encodeDatagram([WHITE], { key: KEY, counter: 0 });
    await expect(link?.send(bytes)).rejects.toMatchObject({ code: 'ERR_SPAMD_RESOLVE' });
    names({ 'late.test': '127.0.0.1' });
    await link?.refresh();
    const received = receivedBy(receiver);
    await link?.send(bytes);
    expect((await received)[0]).toEqual(WHITE);
  });

  it('does not look up addresses', async () => {
    const [link] = (await linkTo('127.0.0.1')).links;
    await link?.refresh();
    expect(lookup).not.toHaveBeenCalled();
    expect(link).toMatchObject({ address: '127.0.0.1', multicast: false });
  });
});

describe('interfaces', () => {
  it('of targets and of listen exclude each other when they differ', async () => {
    const error = await peerAt({ listen: String(loopback), targets: ['other0:1'] }).catch((caught) => caught);
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message).toContain('different interfaces');
  });

  it('can be one target only', async () => {
    const error = await peerAt({ targets: ['a0:1', 'b0:1'] }).catch((caught) => caught);
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message).toContain('one interface at most: a0, b0');
  });

  it('carry the group: peers share its port, and receive each other and their own echo', async () => {
    const join = vi.spyOn(Socket.prototype, 'addMembership');
    const on = vi.spyOn(Socket.prototype, 'setMulticastInterface');
    const ttl = vi.spyOn(Socket.prototype, 'setMulticastTTL');
    const name = String(loopback);
    const group = '224.0.1.249';
    const a = await peerAt({ listen: name, group });
    const options = { listen: name, group, port: a.address.port };
    const b = await peerAt({ ...options, targets: [name] });
    expect(a.address.address).toBe('0.0.0.0');
    expect(join.mock.calls).toEqual([
      [group, '127.0.0.1'],
      [group, '127.0.0.1'],
    ]);
    expect(on.mock.calls).toEqual([['127.0.0.1']]);
    expect(ttl.mock.calls).toEqual([[1]]);
    const received = receivedBy(a);
    const echo = once(b, 'drop');
    await b.white('203.0.113.1', 9);
    expect((await received)[0].ip).toBe('203.0.113.1');
    expect(await echo).toMatchObject([{ reason: 'self' }]);
    expect(b.health().targets).toMatchObject([{ multicast: true, address: group }]);
    await peerAt({ listen: false, targets: [`${name}:7`] });
    expect(ttl.mock.calls).toEqual([[1], [7]]);
    vi.restoreAllMocks();
  });
});
