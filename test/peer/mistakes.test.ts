import { type Entry, SpamdSyncError, SyncPeer } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/failure.ts';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Rig } from '../support/rig.ts';

const ENTRY: Entry = { type: 'white', ip: '203.0.113.1', timestamp: NOW, expires: NOW + 5 };

type Call = (peer: SyncPeer) => unknown;

/** What a program without types may hand in. */
function any(value: unknown): never {
  return value as never;
}

describe('what is not a list, and invalid options', () => {
  it.each<[string, Call, string]>([
    ['announce(entry)', (peer) => peer.announce(any(ENTRY)), 'entries: not a list of entries: [object Object]'],
    ['announce()', (peer) => peer.announce(any(undefined)), 'entries: not a list of entries: undefined'],
    ["announce('text')", (peer) => peer.announce(any('text')), 'entries: not a list of entries: "text"'],
    ['announce(bytes)', (peer) => peer.announce(any(Buffer.alloc(3))), 'entries: not a list of entries: <3 bytes>'],
    ['announce([], true)', (peer) => peer.announce([], any(true)), 'options: not an object with backdated: true'],
    ['announce([], null)', (peer) => peer.announce([], any(null)), 'options: not an object with backdated: null'],
    [
      'announce([], { backDated })',
      (peer) => peer.announce([], any({ backDated: true })),
      'backDated: no such option; there are: backdated',
    ],
    [
      'announce([], { backdated: 1 })',
      (peer) => peer.announce([], any({ backdated: 1 })),
      'backdated: not true or false: 1',
    ],
    ['seed()', (peer) => peer.seed(any(undefined)), 'entries: not a list of entries: undefined'],
    ['seed(5)', (peer) => peer.seed(any(5)), 'entries: not a list of entries: 5'],
    ["seed('text')", (peer) => peer.seed(any('text')), 'entries: not a list of entries: "text"'],
    ['seed([], 5)', (peer) => peer.seed([], any(5)), 'options: not an object with rate, signal, onProgress, to: 5'],
    [
      'seed([], { pace })',
      (peer) => peer.seed([], any({ pace: 5 })),
      'pace: no such option; there are: rate, signal, onProgress, to',
    ],
    [
      'seed([], { signal: {} })',
      (peer) => peer.seed([], { signal: any({}) }),
      'signal: not an AbortSignal: [object Object]',
    ],
    ['seed([], { onProgress: 5 })', (peer) => peer.seed([], { onProgress: any(5) }), 'onProgress: not a function: 5'],
    ['seed([], { to: 5 })', (peer) => peer.seed([], { to: any(5) }), 'to: not a name: 5'],
    [
      'seed([], { to: "" })',
      (peer) => peer.seed([], { to: '' }),
      'to: not a host name, an IPv4 address or an interface',
    ],
    ['seed([], { to: "em0:0" })', (peer) => peer.seed([], { to: 'em0:0' }), 'to: ttl: not a whole number 1..255: 0'],
    [
      'seed([], { to: "224.0.1.240" })',
      (peer) => peer.seed([], { to: '224.0.1.240' }),
      'to: not a unicast address; for multicast name the interface: "224.0.1.240"',
    ],
    ['received(5)', (peer) => peer.received(any(5)), 'options: not an object with signal: 5'],
    [
      'received({ signal: {} })',
      (peer) => peer.received({ signal: any({}) }),
      'signal: not an AbortSignal: [object Object]',
    ],
    ['received({ abort })', (peer) => peer.received(any({ abort: 1 })), 'abort: no such option; there are: signal'],
  ])('%s', async (_call, call, message) => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const error = (await failureOf(() => call(peer))) as SpamdSyncError;
    expect(error).toBeInstanceOf(SpamdSyncError);
    expect(error.code).toBe('ERR_SPAMD_OPTION');
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(transport.link().sent).toEqual([]);
    expect(transport.later).toEqual([]);
  });

  it('to an interface that is not a target', async () => {
    await using peer = await SyncPeer.open({ key: KEY, listen: false });
    expect(await failureOf(() => peer.seed([], { to: 'lo:1' }))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: 'to: an interface that is not a target: "lo"',
    });
  });
});

describe('what is not an entry', () => {
  it.each<[string, Call, object]>([
    [
      'announce([null])',
      (peer) => peer.announce([ENTRY, any(null)]),
      { field: 'entry', value: null, index: 1, message: 'entry 1: entry is not an object: null' },
    ],
    [
      'seed([5])',
      (peer) => peer.seed([any(5)]),
      { field: 'entry', value: 5, index: 0, message: 'entry 0: entry is not an object: 5' },
    ],
    [
      'grey()',
      (peer) => peer.grey(any(undefined)),
      { field: 'tuple', index: undefined, message: 'tuple is not an object with ip, helo, from, to: undefined' },
    ],
    [
      'grey({})',
      (peer) => peer.grey(any({})),
      { field: 'ip', index: undefined, message: 'ip is not an IP address: undefined' },
    ],
    [
      'white(invalid date)',
      (peer) => peer.white('203.0.113.1', new Date(Number.NaN)),
      { field: 'expires', message: 'expires is not a date within 0..4294967295 Unix seconds: NaN' },
    ],
    [
      'trapped(date before 1970)',
      (peer) => peer.trapped('203.0.113.1', new Date(-1)),
      { field: 'expires', message: 'expires is not a date within 0..4294967295 Unix seconds: -1' },
    ],
    [
      'white(date after 2106)',
      (peer) => peer.white('203.0.113.1', new Date(2 ** 32 * 1000)),
      { field: 'expires', value: 2 ** 32 },
    ],
    [
      'white(text)',
      (peer) => peer.white('203.0.113.1', any('2026-01-01')),
      { field: 'expires', message: 'expires is not whole Unix seconds, 0..4294967295: "2026-01-01"' },
    ],
    [
      'trapped()',
      (peer) => peer.trapped(any(undefined), 5),
      { field: 'ip', index: undefined, message: 'ip is not an IP address: undefined' },
    ],
  ])('%s', async (_call, call, expected) => {
    const { peer, transport }: Rig = await openRig({ targets: ['mx'] });
    expect(await failureOf(() => call(peer))).toMatchObject({ code: 'ERR_SPAMD_FIELD', ...expected });
    expect(transport.link().sent).toEqual([]);
  });
});

describe('a peer', () => {
  it.each([undefined, { key: KEY }])('is not made with new: %j', async (options) => {
    const Made = SyncPeer as unknown as new (options: unknown) => SyncPeer;
    expect(await failureOf(() => new Made(options))).toMatchObject({
      code: 'ERR_SPAMD_OPTION',
      message: expect.stringContaining('SyncPeer.open(options)'),
    });
  });
});
