import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { SyncPeer } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { udp } from '../../src/transport/udp.ts';
import { KEY } from '../support/frame.ts';
import { loopback, names, open, peerAt, WHITE } from '../support/loopback.ts';
import { watch } from '../support/rig.ts';

vi.mock('node:dns/promises', { spy: true });

describe('an address', () => {
  it('is local if an interface of this host has it, or it is in 127/8', async () => {
    const events = { receive: () => {}, interfaceChanged: () => {}, error: () => {} };
    const transport = await udp.open({ listen: false, group: '224.0.1.240', targets: [], clock: systemClock }, events);
    open.push(transport);
    const own = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
    for (const address of ['127.0.0.1', '127.8.9.10', ...own]) expect(transport.isLocal(address), address).toBe(true);
    for (const address of ['192.0.2.77', '224.0.1.240', '0.0.0.0']) expect(transport.isLocal(address)).toBe(false);
  });
});

describe('listening', () => {
  it('binds the address that it was given, on a port of the system', async () => {
    const peer = await peerAt({ listen: '127.0.0.2' });
    expect(peer.address.address).toBe('127.0.0.2');
    expect(peer.address.port).toBeGreaterThan(0);
  });

  it('binds every address by default', async () => {
    const peer = await SyncPeer.open({ key: KEY, port: 0 });
    open.push(peer);
    expect(peer.address.address).toBe('0.0.0.0');
  });

  it('names a port that is in use', async () => {
    const { port } = (await peerAt()).address;
    const error = await peerAt({ port }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_LISTEN', cause: { code: 'EADDRINUSE' } });
    expect(error.message).toContain(`127.0.0.1:${port}: the port is in use`);
  });

  it('names an address that is not of this host', async () => {
    const error = await peerAt({ listen: '192.0.2.77' }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_LISTEN', cause: { code: 'EADDRNOTAVAIL' } });
    expect(error.message).toContain('no interface of this host has that address');
  });

  it('names an interface that is not there, and lists those there are', async () => {
    const error = await peerAt({ listen: 'nope0' }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_INTERFACE' });
    expect(error.message).toContain('"nope0"');
    expect(error.message).toContain(loopback);
    await expect(peerAt({ targets: ['nope0:2'] })).rejects.toMatchObject({ code: 'ERR_SPAMD_INTERFACE' });
  });

  it('gives the port back when it fails or closes', async () => {
    const first = await peerAt();
    const { port } = first.address;
    await first.close();
    await expect(peerAt({ port, targets: ['nope0:2'] })).rejects.toMatchObject({ code: 'ERR_SPAMD_INTERFACE' });
    expect((await peerAt({ port })).address.port).toBe(port);
  });

  it('asks for the receive buffer it was given, and reports what was granted', async () => {
    const small = await peerAt({ listen: { at: '127.0.0.1', receiveBuffer: 65_536 } });
    const large = await peerAt({ listen: { at: '127.0.0.1', receiveBuffer: 131_072 } });
    expect(small.stats().receiveBuffer).toBeGreaterThanOrEqual(65_536);
    expect(large.stats().receiveBuffer).toBe(small.stats().receiveBuffer * 2);
  });

  it('receives what arrives before the caller could attach a listener', async () => {
    const probe = await peerAt();
    const { port } = probe.address;
    await probe.close();
    names({});
    let looking = () => {};
    const looked = new Promise<void>((resolve) => {
      looking = resolve;
    });
    let release = () => {};
    vi.mocked(lookup).mockImplementation(
      () =>
        new Promise((_resolve, reject) => {
          release = () => reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
          looking();
        }),
    );
    // The name keeps `open` from resolving; the port is bound by then.
    const opening = peerAt({ port, targets: ['slow.test'] });
    await looked;
    const socket = createSocket('udp4');
    const send = (counter: number) =>
      new Promise((resolve) => {
        socket.send(encodeDatagram([WHITE], { key: KEY, counter }), port, '127.0.0.1', resolve);
      });
    for (let counter = 0; counter < 20; counter++) await send(counter);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    const peer = await opening;
    const seen = watch(peer);
    await send(20);
    while (peer.stats().received.datagrams < 21) await new Promise(setImmediate);
    socket.close();
    expect(seen.entries).toHaveLength(21);
  });
});
