import { Socket } from 'node:dgram';
import { once } from 'node:events';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { OpenTransport } from 'spamd-sync';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LocalAddresses } from '../../src/transport/interfaces.ts';
import { udp } from '../../src/transport/udp.ts';
import { loopback, open, peerAt } from '../support/loopback.ts';
import { TestClock } from '../support/rig.ts';

vi.mock('node:dns/promises', { spy: true });
vi.mock('node:os', { spy: true });

const NAME = String(loopback);
const GROUP = '224.0.1.249';
/** How often the transport looks, seconds. */
const LOOK = 3;

afterEach(() => {
  vi.mocked(networkInterfaces).mockRestore();
  vi.restoreAllMocks();
});

/** From now on this host has these interfaces, each with one address. */
function interfaces(addresses: Record<string, string>): void {
  const about = (address: string) => [{ address, family: 'IPv4' } as NetworkInterfaceInfo];
  const listing = Object.entries(addresses).map(([name, address]) => [name, about(address)]);
  vi.mocked(networkInterfaces).mockReturnValue(Object.fromEntries(listing));
}

interface Opened {
  readonly transport: OpenTransport;
  readonly clock: TestClock;
  readonly said: string[];
}

async function openOn(at: string, targets: string[], waitForInterface = false): Promise<Opened> {
  const clock = new TestClock();
  const said: string[] = [];
  const events = { receive: () => {}, interfaceChanged: (message: string) => said.push(message), error: () => {} };
  const transport = await udp.open(
    {
      listen: { at, port: 0, receiveBuffer: 65_536 },
      group: GROUP,
      targets: targets.map((host) => ({ host, port: 9, ttl: undefined })),
      waitForInterface,
      clock,
    },
    events,
  );
  open.push(transport);
  return { transport, clock, said };
}

describe('an interface', () => {
  it('is looked at every three seconds, and nothing is done while it is as it was', async () => {
    const leave = vi.spyOn(Socket.prototype, 'dropMembership');
    const { transport, clock, said } = await openOn(NAME, [NAME]);
    vi.mocked(networkInterfaces).mockClear();
    await clock.advance(LOOK - 0.1);
    expect(networkInterfaces).not.toHaveBeenCalled();
    await clock.advance(10 * LOOK);
    expect(networkInterfaces).toHaveBeenCalled();
    expect(leave).not.toHaveBeenCalled();
    expect(said).toEqual([]);
    expect(transport.interfaces).toEqual([{ name: NAME, address: '127.0.0.1', detail: undefined, changes: 0 }]);
  });

  it('that is re-addressed is left, joined and sent on anew', async () => {
    const { transport, clock, said } = await openOn(NAME, [NAME]);
    const calls: unknown[] = [];
    for (const method of ['addMembership', 'dropMembership', 'setMulticastInterface'] as const) {
      vi.spyOn(Socket.prototype, method).mockImplementation((...args: unknown[]) => {
        calls.push([method, args.at(-1)]);
        if (method === 'dropMembership') throw new Error('no member');
      });
    }
    interfaces({ [NAME]: '192.0.2.9' });
    await clock.advance(LOOK);
    expect(calls).toEqual([
      ['dropMembership', '127.0.0.1'],
      ['dropMembership', '192.0.2.9'],
      ['addMembership', '192.0.2.9'],
      ['setMulticastInterface', '192.0.2.9'],
    ]);
    expect(said).toEqual([`interface "${NAME}" has another address, 192.0.2.9 in place of 127.0.0.1`]);
    expect(transport.isLocal('192.0.2.9')).toBe(true);
  });

  it('is not left for another of its addresses while it has the one in use', async () => {
    const { clock, said } = await openOn(NAME, []);
    const both = ['192.0.2.9', '127.0.0.1'].map((address) => ({ address, family: 'IPv4' }) as NetworkInterfaceInfo);
    vi.mocked(networkInterfaces).mockReturnValue({ [NAME]: both });
    await clock.advance(LOOK);
    expect(said).toEqual([]);
  });

  it('of more memberships than a socket can have is joined by another socket on the same port', async () => {
    const { transport, clock, said } = await openOn(NAME, [NAME]);
    const { port } = transport;
    const full = Object.assign(new Error('no buffer space'), { code: 'ENOBUFS' });
    const join = vi.spyOn(Socket.prototype, 'addMembership').mockImplementationOnce(() => {
      throw full;
    });
    const close = vi.spyOn(Socket.prototype, 'close');
    await clock.advance(LOOK);
    await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1));
    expect(join).toHaveBeenCalledTimes(2);
    expect(said).toEqual([`interface "${NAME}" was re-created, with the address 127.0.0.1`]);
    const receiver = await peerAt({ listen: NAME, group: GROUP, port: 0 });
    const arrived = once(receiver, 'drop');
    const link = transport.link({ host: '127.0.0.1', port: receiver.address.port, ttl: undefined });
    await link.send(Buffer.alloc(3));
    expect((await arrived)[0]).toMatchObject({ reason: 'short', source: { port } });
  });

  it('is looked at when a send fails for want of it, once a second at most, and the datagram is sent once more', async () => {
    const { transport, clock, said } = await openOn(NAME, [NAME]);
    const [link] = transport.links;
    const send = vi.spyOn(Socket.prototype, 'send');
    const fail = () => {
      send.mockImplementationOnce(((...args: unknown[]) => {
        (args.at(-1) as (error: Error) => void)(Object.assign(new Error('no device'), { code: 'ENODEV' }));
      }) as never);
    };
    fail();
    await expect(link?.send(Buffer.alloc(3))).rejects.toMatchObject({ code: 'ERR_SPAMD_SEND' });
    vi.spyOn(Socket.prototype, 'addMembership').mockImplementation(() => {});
    fail();
    await expect(link?.send(Buffer.alloc(3))).rejects.toMatchObject({ code: 'ERR_SPAMD_SEND' });
    clock.skip(1);
    fail();
    await link?.send(Buffer.alloc(3));
    expect(said).toEqual([`interface "${NAME}" was re-created, with the address 127.0.0.1`]);
    expect(send).toHaveBeenCalledTimes(4);
  });

  it('is looked at no more when the transport is closed', async () => {
    const { transport, clock } = await openOn(NAME, []);
    await transport.close();
    open.pop();
    expect(clock.timers).toBe(0);
  });
});

it('a peer says of its interface what the transport says', async () => {
  const clock = new TestClock();
  const peer = await peerAt({ listen: NAME, group: GROUP, clock });
  const warned = once(peer, 'warning');
  interfaces({ other0: '192.0.2.1' });
  await clock.advance(LOOK);
  const [{ code, message }] = await warned;
  expect(code).toBe('WARN_SPAMD_INTERFACE');
  expect(message).toContain(`interface "${NAME}"`);
  expect(message).toContain('nothing is received or sent there until it is back');
  expect(peer.health().interfaces).toMatchObject([{ name: NAME, address: undefined, changes: 1 }]);
});

it('what depends on no interface by name watches none, and sets no timer', async () => {
  const { transport, clock } = await openOn('127.0.0.1', ['127.0.0.1']);
  expect(transport.interfaces).toEqual([]);
  expect(clock.timers).toBe(0);
});

it('whether an address is of this host is asked of the system once a second at most', async () => {
  const clock = new TestClock();
  const local = new LocalAddresses(clock);
  interfaces({ a0: '192.0.2.1' });
  expect(local.has('192.0.2.1')).toBe(true);
  for (let times = 0; times < 100; times++) expect(local.has('192.0.2.2')).toBe(false);
  expect(networkInterfaces).toHaveBeenCalledTimes(1);
  interfaces({ a0: '192.0.2.2' });
  clock.skip(1);
  expect(local.has('192.0.2.2')).toBe(true);
  expect(local.has('192.0.2.1')).toBe(false);
});

describe('an interface that is waited for', () => {
  it('is joined and sent from when it comes, and nothing goes out by another until then', async () => {
    const join = vi.spyOn(Socket.prototype, 'addMembership').mockImplementation(() => {});
    const sendFrom = vi.spyOn(Socket.prototype, 'setMulticastInterface').mockImplementation(() => {});
    await expect(openOn('em77', ['em77'])).rejects.toMatchObject({ code: 'ERR_SPAMD_INTERFACE' });
    const { transport, clock, said } = await openOn('em77', ['em77'], true);
    expect(transport.interfaces).toMatchObject([{ name: 'em77', address: undefined }]);
    expect(transport.links).toMatchObject([{ multicast: true, address: GROUP }]);
    await expect(transport.links[0]?.send(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_SPAMD_SEND',
      message: expect.stringMatching(/ENETDOWN$/),
    });
    await clock.advance(LOOK);
    expect([join, sendFrom, said].map((each) => ('mock' in each ? each.mock.calls : each))).toEqual([[], [], []]);
    interfaces({ em77: '192.0.2.7' });
    await clock.advance(LOOK);
    expect(join.mock.calls).toEqual([[GROUP, '192.0.2.7']]);
    expect(sendFrom.mock.calls).toEqual([['192.0.2.7']]);
    expect(said).toEqual(['interface "em77" is back, with the address 192.0.2.7']);
  });

  it('is waited for as an address, which is bound when it comes, and says once why it cannot be', async () => {
    const missing = '192.0.2.77';
    await expect(openOn(missing, [])).rejects.toMatchObject({ code: 'ERR_SPAMD_LISTEN' });
    const { transport, clock, said } = await openOn(missing, [], true);
    const port = transport.port;
    expect(transport).toMatchObject({ receiveBuffer: 0, interfaces: [{ name: missing, address: undefined }] });
    interfaces({ em77: missing });
    for (let look = 0; look < 3; look++) {
      await clock.advance(LOOK);
      await vi.waitFor(() => expect(transport.interfaces[0]?.detail).toMatch(/cannot listen on 192\.0\.2\.77/));
    }
    expect(said).toEqual([expect.stringMatching(/^cannot listen on 192\.0\.2\.77:0: .*until it is back$/)]);
    const { bind } = Socket.prototype;
    // So that it is there for the system, too.
    vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket, options: unknown, bound: unknown) {
      return bind.call(this, { ...(options as object), address: '127.0.0.1' }, bound as () => void);
    } as typeof bind);
    await clock.advance(LOOK);
    await vi.waitFor(() => expect(said.at(-1)).toBe('the address 192.0.2.77 is back'));
    expect(transport.address).toBe('127.0.0.1');
    expect(transport.port).not.toBe(port);
    expect(transport.receiveBuffer).toBeGreaterThan(0);
  });
});
