import { Keyring, SpamdSyncError, SyncKey, SyncPeer, type SyncPeerOptions } from 'spamd-sync';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../../src/peer/options.ts';
import { failureOf } from '../support/failure.ts';
import { KEY } from '../support/frame.ts';
import { FakeTransport, openRig, TestClock } from '../support/rig.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Options as a program without types might give them. */
async function outcome(options: object): Promise<FakeTransport | SpamdSyncError> {
  const transport = new FakeTransport();
  try {
    await using _peer = await SyncPeer.open({ key: KEY, transport, maxDigests: 4096, ...options } as SyncPeerOptions);
    return transport;
  } catch (error) {
    if (error instanceof SpamdSyncError) return error;
    throw error;
  }
}

async function refusal(options: object): Promise<SpamdSyncError> {
  const result = await outcome(options);
  if (result instanceof SpamdSyncError) return result;
  throw new Error('it was opened');
}

async function taken(options: object): Promise<NonNullable<FakeTransport['options']>> {
  const result = await outcome(options);
  if (result instanceof SpamdSyncError) throw result;
  if (result.options === undefined) throw new Error('it was not opened');
  return result.options;
}

describe('invalid options', () => {
  const many: [string, object][] = [
    ['key', { key: undefined }],
    ['key', { key: 'secret' }],
    ['key', { key: {} }],
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['port', { port: '8025' }],
    ['port', { port: Number.NaN }],
    ['listen', { listen: '' }],
    ['listen', { listen: '224.0.1.240' }],
    ['listen', { listen: '239.255.255.255' }],
    ['listen', { listen: '255.255.255.255' }],
    ['listen', { listen: '0.0.0.1' }],
    ['listen', { listen: { at: 5 } }],
    ['listen', { listen: 5 }],
    ['listen', { listen: true }],
    ['listen', { listen: null }],
    ['listen', { listen: ['em0'] }],
    ['listen.port', { listen: { port: 8025 } }],
    ['listen.receiveBuffer', { listen: { receiveBuffer: 4095 } }],
    ['listen.receiveBuffer', { listen: { receiveBuffer: 2 ** 30 + 1 } }],
    ['listen.receiveBuffer', { listen: { receiveBuffer: 5000.5 } }],
    ['targets', { targets: [''] }],
    ['targets', { targets: ['a b'] }],
    ['targets', { targets: ['::1'] }],
    ['targets', { targets: ['mx/24'] }],
    ['targets', { targets: 'mx' }],
    ['targets', { targets: null }],
    ['targets', { targets: [5] }],
    ['targets', { targets: [null] }],
    ['targets.prot', { targets: [{ host: 'mx', prot: 8025 }] }],
    ['targets', { targets: [{}] }],
    ['targets', { targets: ['224.0.1.240'] }],
    ['targets', { targets: ['239.1.1.1'] }],
    ['targets', { targets: ['0.0.0.0'] }],
    ['targets', { targets: ['0.255.255.255'] }],
    ['targets', { targets: ['255.255.255.255'] }],
    ['targets', { targets: ['192.0.2.1:2'] }],
    ['targets', { targets: [{ host: '192.0.2.1', ttl: 2 }] }],
    ['targets', { targets: [{ host: 'mx', dialect: 'postgrey' }] }],
    ['targets', { targets: ['mx', 'mx'] }],
    ['targets', { targets: ['mx', { host: 'mx', port: 8025, dialect: 'greyd' }] }],
    ['targets: ttl', { targets: ['em0:0'] }],
    ['targets: ttl', { targets: ['em0:256'] }],
    ['targets: ttl', { targets: [{ host: 'em0', ttl: 0 }] }],
    ['targets: ttl', { targets: [{ host: 'em0', ttl: 1.5 }] }],
    ['targets: port', { targets: [{ host: 'mx', port: 0 }] }],
    ['targets: port', { targets: [{ host: 'mx', port: 65_536 }] }],
    ['group', { group: '223.255.255.255' }],
    ['group', { group: '240.0.0.0' }],
    ['group', { group: 'all' }],
    ['group', { group: null }],
    ['allow', { allow: '192.0.2.1' }],
    ['allow', { allow: 5 }],
    ['allow', { allow: null }],
    ['allow', { allow: ['mx.example.org'] }],
    ['allow', { allow: ['10.0.0.0/33'] }],
    ['allow', { allow: ['10.0.0.0/'] }],
    ['allow', { allow: ['10.0.0.0/8/8'] }],
    ['allow', { allow: ['10.0.0.0/-1'] }],
    ['allow', { allow: ['10.0.0.0/008'] }],
    ['allow', { allow: ['10.0.0'] }],
    ['allow', { allow: ['::1'] }],
    ['allow', { allow: [''] }],
    ['maxSkew', { maxSkew: 0 }],
    ['maxSkew', { maxSkew: -1 }],
    ['maxSkew', { maxSkew: 2 ** 31 + 1 }],
    ['maxSkew', { maxSkew: 0.5 }],
    ['maxSkew', { maxSkew: true }],
    ['waitForInterface', { waitForInterface: 'yes' }],
    ['maxDigests', { maxDigests: 0 }],
    ['maxDigests', { maxDigests: 2 ** 24 + 1 }],
    ['batch', { batch: 5 }],
    ['batch', { batch: null }],
    ['batch', { batch: [] }],
    ['batch.linger', { batch: { linger: 5 } }],
    ['batch.lingerMs', { batch: { lingerMs: -1 } }],
    ['batch.lingerMs', { batch: { lingerMs: 60_001 } }],
    ['batch.maxQueued', { batch: { maxQueued: 0 } }],
    ['batch.maxQueued', { batch: { maxQueued: 2 ** 24 + 1 } }],
    ['batch.bulkRate', { batch: { bulkRate: 0.009 } }],
    ['batch.bulkRate', { batch: { bulkRate: 0 } }],
    ['batch.bulkRate', { batch: { bulkRate: -1 } }],
    ['batch.bulkRate', { batch: { bulkRate: 10_001 } }],
    ['batch.bulkRate', { batch: { bulkRate: Number.NaN } }],
    ['batch.bulkRate', { batch: { bulkRate: '4' } }],
    ['transport', { transport: {} }],
    ['transport', { transport: null }],
    ['clock', { clock: {} }],
    ['clock', { clock: 5 }],
    ['signal', { signal: {} }],
    ['signal', { signal: null }],
    ['target', { target: 'mx' }],
    ['toString', { toString: 5 }],
  ];

  it.each(many)('%s is named: %j', async (name, options) => {
    const error = await refusal(options);
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message.slice(0, name.length + 1)).toBe(`${name}:`);
  });

  it.each<[object, string]>([
    [
      { target: 'mx' },
      'target: no such option; there are: key, listen, targets, port, group, allow, maxSkew, maxDigests, batch, ' +
        'waitForInterface, transport, clock, signal',
    ],
    [{ batch: { linger: 5 } }, 'batch.linger: no such option; there are: lingerMs, maxQueued, bulkRate'],
    [{ listen: { on: 'em0' } }, 'listen.on: no such option; there are: at, receiveBuffer'],
    [{ targets: [{ host: 'mx', prot: 1 }] }, 'targets.prot: no such option; there are: host, port, dialect, ttl'],
    [{ allow: '192.0.2.1' }, 'allow: not a list of IPv4 addresses and prefixes: "192.0.2.1"'],
    [{ batch: 5 }, 'batch: not an object with lingerMs, maxQueued, bulkRate: 5'],
    [{ key: SyncKey.fromFile('/dev/null').catch(() => {}) }, 'key: a promise: await it: [object Promise]'],
  ])('%o is answered with which there are, or what was there', async (options, message) => {
    expect((await refusal(options)).message).toBe(message);
  });

  it.each([[undefined], [null], [5], ['em0'], [[]], [Promise.resolve({})]])('there are none in %o', async (options) => {
    expect(await failureOf(() => SyncPeer.open(options as never))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringMatching(/^options: /),
    });
  });

  it('a missing key is answered with how to run without', async () => {
    expect((await refusal({ key: undefined })).message).toContain('SyncKey.none()');
  });
});

describe('options at their bounds', () => {
  it.each([
    { port: 0 },
    { port: 65_535 },
    { listen: { receiveBuffer: 4096 } },
    { listen: { receiveBuffer: 2 ** 30 } },
    { listen: '0.0.0.0' },
    { listen: '1.0.0.0' },
    { listen: '223.255.255.255' },
    { targets: ['1.0.0.0', '223.255.255.255', '240.0.0.0'] },
    { targets: ['em0:1'] },
    { targets: ['em0:255'] },
    { targets: [{ host: 'em0', ttl: 255 }] },
    {
      targets: [
        { host: 'mx', port: 1 },
        { host: 'mx', port: 65_535 },
      ],
    },
    { targets: ['mx_1.example-2.org'] },
    { group: '224.0.0.0' },
    { group: '239.255.255.255' },
    { allow: [] },
    { allow: ['0.0.0.0/0', '10.0.0.1/32', '192.0.2.1'] },
    { maxSkew: 1 },
    { maxSkew: 2 ** 31 },
    { maxDigests: 1 },
    { batch: { lingerMs: 60_000, maxQueued: 1 } },
    { batch: { lingerMs: 0, maxQueued: 2 ** 24 } },
    { batch: { bulkRate: 0.01 } },
    { batch: { bulkRate: 10_000 } },
    { listen: undefined, targets: undefined, batch: undefined, allow: undefined, clock: undefined },
    { listen: {}, batch: {}, targets: [{ host: 'mx', port: undefined, dialect: undefined, ttl: undefined }] },
  ])('are taken: %j', async (options) => {
    await expect(taken(options)).resolves.toBeTypeOf('object');
  });

  it('maxDigests may be as large as 2^24', () => {
    // Not opened: the memory for them is taken at once.
    expect(new Settings({ key: KEY, maxDigests: 2 ** 24 }).maxDigests).toBe(2 ** 24);
    expect(new Settings({ key: KEY })).toMatchObject({ maxDigests: 131_072, maxSkew: 600, lingerMs: 0 });
  });
});

describe('what is handed to the transport', () => {
  it('by default: every address, port 8025, 4 MiB, the group of spamd', async () => {
    expect(await taken({})).toMatchObject({
      listen: { at: '0.0.0.0', port: 8025, receiveBuffer: 4 * 1024 * 1024 },
      group: '224.0.1.240',
      targets: [],
    });
  });

  it('is what the options say', async () => {
    const options = {
      listen: 'em0',
      port: 9000,
      group: '224.0.1.241',
      targets: ['em0:3', 'mx', { host: 'b', port: 1 }],
    };
    expect(await taken(options)).toMatchObject({
      listen: { at: 'em0', port: 9000 },
      group: '224.0.1.241',
      targets: [
        { host: 'em0', port: 9000, ttl: 3, name: 'em0:3' },
        { host: 'mx', port: 9000, ttl: undefined, name: 'mx' },
        { host: 'b', port: 1, ttl: undefined, name: 'b port 1' },
      ],
    });
    expect((await taken({ listen: false })).listen).toBe(false);
    expect((await taken({ port: 0, targets: ['mx'] })).targets[0]?.port).toBe(8025);
  });

  it('takes a keyring for a key', async () => {
    const key = new Keyring([SyncKey.none(), KEY]);
    expect(await taken({ key })).toMatchObject({ targets: [] });
  });
});

describe('the default clock', () => {
  it('is the time of the system, in seconds', async () => {
    vi.useFakeTimers({ now: 1_900_000_000_750, toFake: ['Date'] });
    const transport = new FakeTransport();
    await using peer = await SyncPeer.open({ key: KEY, transport, targets: ['mx'] });
    await peer.white('203.0.113.1', 9);
    expect(transport.link().entries).toEqual([
      [{ type: 'white', ip: '203.0.113.1', timestamp: 1_900_000_000, expires: 9 }],
    ]);
  });
});

describe('looking names up', () => {
  it('sets no timer where there are only addresses, which a long simulation would pay for', async () => {
    const { clock } = await openRig({ targets: ['192.0.2.7', '192.0.2.8'] });
    expect(clock.timers).toBe(0);
    expect((await openRig({ targets: ['192.0.2.7', 'mx'] })).clock.timers).toBe(1);
  });

  it('is done before the peer is open, and waited for no longer than two seconds', async () => {
    class Slow extends FakeTransport {
      override async open(...args: Parameters<FakeTransport['open']>) {
        const opened = await super.open(...args);
        this.link(1).lookUp = new Promise(() => {});
        return opened;
      }
    }
    const [transport, clock] = [new Slow(), new TestClock()];
    let opened = false;
    const opening = SyncPeer.open({ key: KEY, transport, clock, targets: ['good', 'slow'] }).then((peer) => {
      opened = true;
      return peer;
    });
    await clock.advance(1.999);
    expect(transport.links.map(({ refreshed }) => refreshed)).toEqual([1, 1]);
    expect(opened).toBe(false);
    await clock.advance(0.001);
    expect(opened).toBe(true);
    await (await opening).close();
    expect(clock.timers).toBe(0);
  });

  it('goes every half minute for those that fail, and every five for all', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['good', 'bad'] });
    transport.link(1).failing = true;
    const refreshed = () => transport.links.map((link) => link.refreshed - 1);
    await clock.advance(29.999);
    expect(refreshed()).toEqual([0, 0]);
    await clock.advance(0.001);
    expect(refreshed()).toEqual([0, 1]);
    await clock.advance(240);
    expect(refreshed()).toEqual([0, 9]);
    await clock.advance(30);
    expect(refreshed()).toEqual([1, 10]);
    await clock.advance(300);
    expect(refreshed()).toEqual([2, 20]);
    await peer.close();
    expect(clock.timers).toBe(0);
  });
});
