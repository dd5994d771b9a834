import {
  type Drop,
  type DropReason,
  type Entry,
  type EntryType,
  type GreyEntry,
  type Group,
  type Keyring,
  type PeerHealth,
  type PeerStats,
  type PeerWarning,
  type Received,
  type Removal,
  type SendReport,
  type SkipReason,
  type Source,
  type SpamdSyncError,
  type SpamdSyncErrorCode,
  type SyncKey,
  SyncPeer,
  type SyncPeerOptions,
  type TargetReport,
  type TrappedEntry,
  type WhiteEntry,
} from 'spamd-sync';
import { MemoryNetwork } from 'spamd-sync/testing';
import {
  type Datagram,
  type DecodeError,
  decodeDatagram,
  type EntryError,
  encodeDatagram,
  type WireEntry,
} from 'spamd-sync/wire';
import { describe, expectTypeOf, it } from 'vitest';

declare const peer: SyncPeer;
declare const key: SyncKey;
declare const entry: Entry;

describe('events', () => {
  it('have their arguments typed', () => {
    peer.on('entry', (...args) => expectTypeOf(args).toEqualTypeOf<[entry: Entry, source: Source]>());
    peer.on('grey', (...args) => expectTypeOf(args).toEqualTypeOf<[entry: GreyEntry, source: Source]>());
    peer.on('white', (...args) => expectTypeOf(args).toEqualTypeOf<[entry: WhiteEntry, source: Source]>());
    peer.on('trapped', (...args) => expectTypeOf(args).toEqualTypeOf<[entry: TrappedEntry, source: Source]>());
    peer.on('drop', (...args) => expectTypeOf(args).toEqualTypeOf<[drop: Drop]>());
    peer.on('warning', (...args) => expectTypeOf(args).toEqualTypeOf<[warning: PeerWarning]>());
    peer.on('error', (...args) => expectTypeOf(args).toEqualTypeOf<[error: Error]>());
    peer.on('close', (...args) => expectTypeOf(args).toEqualTypeOf<[]>());
  });

  it('name every reason', () => {
    expectTypeOf<DropReason>().toEqualTypeOf<
      | 'self'
      | 'short'
      | 'oversize'
      | 'version'
      | 'family'
      | 'length'
      | 'auth'
      | 'malformed'
      | 'duplicate'
      | 'stale'
      | 'source'
      | 'overload'
    >();
  });
});

describe('Entry', () => {
  it('is told apart by its type', () => {
    expectTypeOf<EntryType>().toEqualTypeOf<'grey' | 'white' | 'trapped' | 'remove-white' | 'remove-trapped'>();
    if (entry.type === 'grey') {
      expectTypeOf(entry).toEqualTypeOf<GreyEntry>();
      expectTypeOf(entry.helo).toEqualTypeOf<string>();
    } else if (entry.type === 'white') expectTypeOf(entry).toEqualTypeOf<WhiteEntry>();
    else if (entry.type === 'trapped') expectTypeOf(entry.expires).toEqualTypeOf<number>();
    else expectTypeOf(entry).toEqualTypeOf<Removal>();
  });

  it('has members that cannot be assigned', () => {
    // @ts-expect-error read-only
    entry.ip = '192.0.2.1';
  });
});

describe('SyncPeer', () => {
  it('cannot be opened without a key', () => {
    expectTypeOf<SyncPeerOptions['key']>().toEqualTypeOf<SyncKey | Keyring>();
    expectTypeOf<Record<string, never>>().not.toExtend<SyncPeerOptions>();
    expectTypeOf<{ key: SyncKey }>().toExtend<SyncPeerOptions>();
    // @ts-expect-error the key is missing
    void SyncPeer.open({});
    // @ts-expect-error made by open alone
    new SyncPeer();
  });

  it('reports what it sent', () => {
    expectTypeOf(peer.white('192.0.2.1', 1)).resolves.toEqualTypeOf<SendReport>();
    expectTypeOf(peer.announce([entry])).resolves.toEqualTypeOf<SendReport>();
    expectTypeOf<SendReport['targets']>().toEqualTypeOf<readonly TargetReport[]>();
    expectTypeOf<TargetReport['error']>().toEqualTypeOf<SpamdSyncError | undefined>();
    expectTypeOf<SendReport['skipped'][number]['why']>().toEqualTypeOf<SkipReason>();
    expectTypeOf<SyncPeer>().toExtend<Group>();
    expectTypeOf<SyncPeer>().toExtend<AsyncDisposable>();
  });

  it('hands out what it received', () => {
    expectTypeOf(peer.received()).toEqualTypeOf<AsyncIterableIterator<Received>>();
    expectTypeOf<Received['entry']>().toEqualTypeOf<Entry>();
    expectTypeOf(peer.health()).toEqualTypeOf<PeerHealth>();
    expectTypeOf(peer.stats()).toEqualTypeOf<PeerStats>();
  });

  it('takes an option that is undefined for an absent one', () => {
    const none = undefined as undefined;
    void SyncPeer.open({
      key,
      listen: none,
      targets: [{ host: 'mx', port: none, dialect: none, ttl: none }],
      port: none,
      group: none,
      allow: none,
      maxSkew: none,
      maxDigests: none,
      batch: { lingerMs: none, maxQueued: none, bulkRate: none },
      transport: none,
      clock: none,
      signal: none,
    });
    void SyncPeer.open({ key, listen: { at: none, receiveBuffer: none }, batch: none });
    void peer.seed([], { rate: none, signal: none, onProgress: none, to: none });
    void peer.announce([], { backdated: none });
    void peer.received({ signal: none });
    new MemoryNetwork({ seed: none, loss: none, duplication: none, reordering: none, latency: none, start: none });
  });

  it('takes a number or a Date for an expiry', () => {
    expectTypeOf(peer.white).parameter(1).toEqualTypeOf<number | Date>();
    expectTypeOf(peer.trapped).parameter(1).toEqualTypeOf<number | Date>();
  });

  it('takes a network in memory for its transport', () => {
    const network = new MemoryNetwork();
    expectTypeOf(network.transport('192.0.2.1')).toExtend<NonNullable<SyncPeerOptions['transport']>>();
    expectTypeOf(network.clock).toExtend<NonNullable<SyncPeerOptions['clock']>>();
  });
});

describe('the codec', () => {
  it('gives and takes entries', () => {
    expectTypeOf(decodeDatagram(new Uint8Array(), { key })).toEqualTypeOf<Datagram>();
    expectTypeOf<Datagram['entries']>().toEqualTypeOf<Entry[]>();
    expectTypeOf(encodeDatagram([entry], { key, counter: 0 })).toEqualTypeOf<Uint8Array>();
    expectTypeOf<Entry>().toExtend<WireEntry>();
    // @ts-expect-error the counter is missing
    encodeDatagram([entry], { key });
  });

  it('throws errors that say what is wrong', () => {
    expectTypeOf<DecodeError['reason']>().toEqualTypeOf<
      'short' | 'oversize' | 'version' | 'family' | 'length' | 'auth' | 'malformed'
    >();
    expectTypeOf<DecodeError['offset']>().toEqualTypeOf<number>();
    expectTypeOf<EntryError['code']>().toEqualTypeOf<SpamdSyncErrorCode>();
  });
});
