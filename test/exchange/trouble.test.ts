import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { MemoryStore, SyncKey } from 'spamd-sync';
import type { StoreRecord } from 'spamd-sync/store';
import { encodeAddress, encodeTuple } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import type { MessageProperties } from '../../src/exchange/messages.ts';
import { address, attempt, NOW, tuple } from '../support/records.ts';
import {
  type Addressed,
  connectedTo,
  FAST,
  KEY,
  ManualEnd,
  OTHER_KEY,
  type Peer,
  peerWith,
  stateAt,
  tlsTo,
  until,
} from './setup.ts';

const SUMS = Buffer.alloc(128);

/** What a peer refuses of an end that has its key, and what it counts. */
async function refusalOf(peer: Peer, ...messages: MessageProperties[]): Promise<string> {
  const end = await ManualEnd.connect(peer);
  await end.message('ask');
  const before = peer.warnings.length;
  for (const message of messages) end.send(message);
  await until(() => end.isClosed);
  await until(() => peer.warnings.length > before);
  return peer.warnings.at(-1)?.message ?? '';
}

function plain({ exchange }: Addressed, localAddress = '127.0.0.1'): Socket {
  const socket = createConnection({ port: exchange.address?.port as number, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  return socket;
}

describe('who has no key of the group', () => {
  it('gets no further than the handshake, and is counted', async () => {
    await using peer = await peerWith();
    await using stranger = await peerWith({ key: OTHER_KEY, with: [peer.at] });
    await until(() => stranger.exchange.stats().unreachable > 0);
    expect(stranger.warnings).toMatchObject([{ code: 'WARN_SPAMD_EXCHANGE' }]);
    expect(peer.exchange.stats()).toMatchObject({ unauthenticated: 1, peers: [], malformed: 0 });
    // With the right name and the wrong key, too.
    const psk = OTHER_KEY.derived('spamd-sync exchange 1');
    await expect(tlsTo(peer, { pskCallback: () => ({ psk, identity: KEY.fingerprint }) })).rejects.toThrow();
    await until(() => peer.exchange.stats().unauthenticated === 2);
  });

  it('is refused by another suite, by TLS 1.3, and by no TLS at all', async () => {
    await using peer = await peerWith();
    await expect(tlsTo(peer, { ciphers: 'PSK-AES128-GCM-SHA256' })).rejects.toThrow();
    await expect(tlsTo(peer, { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: '' })).rejects.toThrow();
    const socket = plain(peer);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await until(() => peer.exchange.stats().unauthenticated === 3);
    expect(peer.exchange.stats()).toMatchObject({ peers: [], malformed: 0 });
  });

  it('cannot resume a session', async () => {
    await using peer = await peerWith();
    const sessions: Buffer[] = [];
    const first = await tlsTo(peer);
    first.on('session', (session) => void sessions.push(session));
    first.end();
    const session = first.getSession();
    const second = await tlsTo(peer, { session });
    expect(second.isSessionReused()).toBe(false);
    expect(sessions).toEqual([]);
    second.destroy();
  });

  it('keeps nobody out by connections on which nothing comes', async () => {
    await using peer = await peerWith();
    // Of five addresses, each as many as one may have.
    const idle = Array.from({ length: 80 }, (_, i) => plain(peer, `127.0.0.${1 + (i % 5)}`));
    await until(() => peer.exchange.stats().refused === 16);
    // One that leaves makes room for one with the key.
    idle[0]?.destroy();
    await until(async () => (await tlsTo(peer).catch(() => undefined)) !== undefined);
    for (const socket of idle) socket.destroy();
  });

  it('has no more than sixteen connections of one address, and leaves room for others', async () => {
    await using peer = await peerWith();
    const idle = Array.from({ length: 80 }, () => plain(peer, '127.0.0.2'));
    await until(() => peer.exchange.stats().refused === 64);
    const other = await tlsTo(peer);
    expect(peer.exchange.stats()).toMatchObject({ refused: 64, unauthenticated: 0 });
    other.destroy();
    for (const socket of idle) socket.destroy();
  });

  it('cannot be a peer without a key', () => {
    return expect(peerWith({ key: SyncKey.none() })).rejects.toMatchObject({ code: 'ERR_SPAMD_OPTION' });
  });
});

describe('what comes of an end with the key', () => {
  it('is no more than sixteen connections of one address, which keep no other out', async () => {
    await using peer = await peerWith();
    const some = Array.from({ length: 24 }, () => tlsTo(peer, { localAddress: '127.0.0.2' }).catch(() => undefined));
    const open = (await Promise.all(some)).filter((socket) => socket !== undefined);
    expect(open).toHaveLength(16);
    expect(peer.exchange.stats()).toMatchObject({ refused: 8, unauthenticated: 0 });
    const other = await tlsTo(peer);
    // One that leaves makes room for another.
    open[0]?.destroy();
    await until(async () => (await tlsTo(peer, { localAddress: '127.0.0.2' }).catch(() => undefined)) !== undefined);
    for (const socket of [other, ...open]) socket.destroy();
  });

  it('ends the connection where it is not of the protocol', async () => {
    await using peer = await peerWith();
    const refusals: [MessageProperties, string][] = [
      [{ ask: { salt: 1, sums: SUMS.subarray(1) } }, 'sums of 127 bytes'],
      [{ want: {} }, 'not a ask'],
      [{ differ: { sums: [{ bucket: 16, sums: SUMS }] } }, 'bucket 16 of 16'],
      [{ differ: { sums: Array.from({ length: 17 }, () => ({ bucket: 1, sums: SUMS })) } }, '17 buckets of 16'],
      [{ items: { end: true } }, 'not a differ'],
    ];
    for (const [message, why] of refusals) expect(await refusalOf(peer, message)).toContain(why);
    const differ = { differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } };
    const leaf = { leaf: 1, hashes: Buffer.alloc(2) };
    const listings: [MessageProperties, string][] = [
      [{ listing: { leaf: [leaf, leaf] } }, 'leaf 1 twice'],
      [{ listing: { leaf: [{ leaf: 4096 }] } }, 'leaf 4096 of 4096'],
      [{ listing: { leaf: [{ leaf: 1, hashes: Buffer.alloc(3) }] } }, 'hashes of 3 bytes'],
      [{ items: { item: [{ tuple: Buffer.alloc(1) }] } }, 'a record without a key'],
      [{ items: { item: [{ key: '192.0.2.1', address: Buffer.of(0x12, 9) }] } }, 'a record that cannot be decoded'],
    ];
    for (const [message, why] of listings) expect(await refusalOf(peer, differ, message)).toContain(why);
    await until(() => connectedTo(peer).length === 0);
    expect(peer.exchange.stats().failedRounds).toBe(10);
  });

  it('is not listed without end', async () => {
    await using peer = await peerWith();
    const leaves = (first: number) => ({
      listing: { leaf: [{ leaf: first, hashes: Buffer.alloc(250_000) }] },
    });
    const differ = { differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } };
    const many = Array.from({ length: 17 }, (_, i) => leaves(i));
    expect(await refusalOf(peer, differ, ...many)).toContain('more than 2097152 hashes');
  });

  it('ends the connection where its frames are no messages, too long, cut or changed, and is counted', async () => {
    await using peer = await peerWith();
    const frames: [Buffer, string][] = [
      [Buffer.from('00040001', 'hex'), 'a message of 262145 bytes'],
      [Buffer.from('00000002ffff', 'hex'), 'not a message'],
    ];
    for (const [bytes, why] of frames) {
      const end = await ManualEnd.connect(peer);
      end.socket.write(bytes);
      await until(() => end.isClosed);
      expect(peer.warnings.at(-1)?.message).toContain(why);
    }
    expect(peer.exchange.stats()).toMatchObject({ malformed: 2, broken: 0 });
    const cut = await ManualEnd.connect(peer);
    await cut.message('ask');
    cut.socket.end(Buffer.from('0000000f01', 'hex'));
    await until(() => peer.exchange.stats().broken === 1);
    // A bit that flips on the way: between the two ends stands one that flips it.
    await using between = await flippingAt(peer);
    const changed = await ManualEnd.connect(between);
    await until(() => changed.isClosed);
    expect(peer.exchange.stats()).toMatchObject({ malformed: 3, broken: 1 });
    expect(peer.warnings.at(-1)?.message).toBe(
      'the connection with 127.0.0.1 is ended: decryption failed or bad record mac',
    );
  });

  it('has to say who it is, and in time', async () => {
    await using peer = await peerWith({ clock: FAST });
    const other = await ManualEnd.connect(peer, 'nothing');
    other.send({ hello: { version: 1, instance: Buffer.alloc(15) } });
    await until(() => other.isClosed);
    expect(peer.warnings.at(-1)?.message).toContain('not a hello');
    const silent = await ManualEnd.connect(peer, 'nothing');
    await until(() => silent.isClosed);
    expect(peer.warnings.at(-1)?.message).toContain('no hello in 10 s');
  });

  it('may be of a later version: what is not known is ignored', async () => {
    await using peer = await peerWith();
    const end = await ManualEnd.connect(peer);
    await end.message('ask');
    // Field 100 of a message, an entry of no known type, and a record of none.
    end.socket.write(Buffer.from('00000004a20601ff', 'hex'));
    end.send({ live: [{ type: 'blue', ip: '2001:db8::1' }] });
    end.send({ differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } });
    await end.message('compare');
    end.send({ items: { item: [{ key: 'a' }] } });
    end.send({ listing: { end: true } });
    end.send({ items: { end: true } });
    await until(() => peer.rounds.length === 1);
    expect(peer.rounds).toMatchObject([{ received: 0, merged: 0 }]);
    end.socket.destroy();
  });

  it('is waited for no longer than it reads, and costs no more than its bound', async () => {
    const records: StoreRecord[] = Array.from({ length: 9000 }, (_, i) => ({
      type: 'address',
      ip: `10.0.${i >> 8}.${i & 255}`,
      record: address({
        trapped: [{ at: NOW - 10, expires: NOW + 100_000 }],
        evidence: Array.from(
          { length: 4 },
          (_, n) => ({ kind: 'operator', time: NOW - n, by: 'x'.repeat(250) }) as never,
        ),
      }),
    }));
    const store = new MemoryStore();
    store.load(records);
    await using peer = await peerWith({ store, clock: FAST });
    const end = await ManualEnd.connect(peer, 'hello');
    end.socket.pause();
    end.send({ ask: { salt: 1, sums: SUMS } });
    end.send({ compare: { sums: Array.from({ length: 256 }, (_, bucket) => ({ bucket, sums: SUMS })) } });
    await until(() => peer.warnings.length > 0);
    expect(peer.warnings.map(({ message }) => message).join()).toContain('nothing was read for 30 s');
    expect(peer.exchange.stats().bytesOut).toBeLessThan(9_000_000);
    end.socket.destroy();
  });

  it('is merged only where a greylist could have come to it itself', async () => {
    await using peer = await peerWith();
    const end = await ManualEnd.connect(peer);
    await end.message('ask');
    end.send({ differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } });
    const claims = { white: [{ at: NOW - 10, expires: NOW + 1000 }] };
    const key = '192.0.2.1\0mx.example.org\0a@example.org\0b@example.net';
    const seen = tuple({ first: NOW - 10, expires: NOW + 9e6, passed: 7 });
    const bad = [
      { key: '192.0.2.2', address: encodeAddress(address({ white: [{ at: NOW + 60, expires: NOW + 1000 }] })) },
      { key: '192.0.2.3', address: encodeAddress(address({ white: [{ at: Number.NaN, expires: 9e99 }] })) },
      { key: '192.0.2.4', address: encodeAddress(address({ removalsExpire: 9e99 })) },
      { key: '224.0.0.1', address: encodeAddress(address(claims)) },
      { key: '2001:db8::1', address: encodeAddress(address(claims)) },
      { key: 'example.org', address: encodeAddress(address(claims)) },
      { key: key.replace('mx', 'MX'), tuple: encodeTuple(seen) },
      { key: key.replace('192.0.2.1', '0.0.0.0'), tuple: encodeTuple(seen) },
      { key, tuple: encodeTuple({ ...seen, first: NOW + 60 }) },
      { key, tuple: encodeTuple({ ...seen, original: 'mx.example.org\0<c@example.org>\0<b@example.net>' }) },
    ];
    const local = encodeAddress(
      address({ ...claims, localWhite: NOW, passed: 9, announcedAt: NOW, trappedBy: 'operator' }),
    );
    const original = `mx.example.org\0${'<'.repeat(100_000)}a@example.org\0<b@example.net>`;
    const good = [
      { key: '192.0.2.1', address: local },
      { key, tuple: encodeTuple({ ...seen, original }) },
    ];
    end.send({ items: { item: [...bad, ...good] } });
    end.send({ listing: { end: true } });
    end.send({ items: { end: true } });
    await until(() => peer.rounds.length === 1);
    expect(peer.rounds).toMatchObject([{ received: 12, merged: 2 }]);
    const kept: unknown[] = [];
    for await (const item of peer.store.records()) kept.push(item);
    expect(kept).toMatchObject([
      { key, record: { first: NOW - 10, expires: NOW - 10 + 14_400, blocked: 1, passed: 0, original: undefined } },
      { ip: '192.0.2.1', record: { ...claims, localWhite: 0, passed: 0, announcedAt: 0, trappedBy: '' } },
    ]);
    end.socket.destroy();
  });
});

describe('a round that does not end', () => {
  it('holds up those with other peers for a minute, and goes on', async () => {
    await using peer = await peerWith({ clock: FAST });
    const end = await ManualEnd.connect(peer);
    await end.message('ask');
    end.send({ differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } });
    // Each within the minute for which an answer is waited for.
    let leaf = 0;
    const dripping = setInterval(() => end.send({ listing: { leaf: [{ leaf: leaf++ }] } }), 100);
    const store = new MemoryStore();
    attempt(store, { ip: '192.0.2.1' });
    await using other = await peerWith({ store, with: [peer.at] });
    await until(() => peer.rounds.length === 1);
    expect(await recordsOf(peer)).toHaveLength(1);
    expect(connectedTo(other)).toHaveLength(1);
    expect(end.isClosed).toBe(false);
    clearInterval(dripping);
    end.send({ listing: { end: true } });
    end.send({ items: { end: true } });
    await until(() => peer.rounds.length === 2);
    expect(peer.exchange.stats()).toMatchObject({ failedRounds: 0, malformed: 0 });
    end.socket.destroy();
  });
});

describe('a round that is cut', () => {
  it('is completed by the next', async () => {
    const store = new MemoryStore();
    for (let i = 0; i < 20; i++) attempt(store, { ip: `192.0.2.${i}` });
    await using full = await peerWith({ store });
    await using joining = await peerWith({ clock: FAST });
    const end = await ManualEnd.connect(joining);
    await end.message('ask');
    end.send({ differ: { sums: [{ bucket: 0, sums: Buffer.alloc(128, 1) }] } });
    const [first] = await recordsOf(full);
    if (first?.type === 'tuple') end.send({ items: { item: [{ key: first.key, tuple: encodeTuple(first.record) }] } });
    await until(async () => (await recordsOf(joining)).length === 1);
    end.socket.destroy();
    await until(() => joining.exchange.stats().failedRounds === 1);
    await using later = await peerWith({ store: joining.store, with: [full.at], listen: undefined, joinTimeout: 60 });
    expect(later.rounds).toMatchObject([{ received: 19 }]);
    expect(await recordsOf(later)).toHaveLength(20);
  });
});

describe('close', () => {
  it('ends every connection and wait, whatever state they are in', async () => {
    const peer = await peerWith({ with: ['127.0.0.1:1', 'invalid.invalid'] });
    const ends = [await ManualEnd.connect(peer), await ManualEnd.connect(peer, 'nothing')];
    await ends[0]?.message('ask');
    const raw = plain(peer);
    await until(() => !raw.connecting);
    await peer[Symbol.asyncDispose]();
    await until(() => ends.every(({ isClosed }) => isClosed) && raw.closed);
    await expect(peer.exchange.open(peer.greylist)).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    expect(await stateAt(peer, '192.0.2.1')).toBe('unknown');
  });
});

/** Something on the way to a peer that changes one bit of what comes after the handshake. */
async function flippingAt({ exchange }: Peer): Promise<Addressed & AsyncDisposable> {
  const server = createServer((client) => {
    const onward = plain({ exchange });
    client.on('error', () => {});
    client.on('close', () => onward.destroy());
    onward.on('close', () => client.destroy());
    onward.pipe(client);
    client.on('data', (chunk) => {
      // Of the type of TLS for what a program sends.
      if (chunk[0] === 0x17) chunk[chunk.length - 1] = (chunk.at(-1) as number) ^ 1;
      onward.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { exchange: { address }, [Symbol.asyncDispose]: close };
}

async function recordsOf({ store }: Peer): Promise<StoreRecord[]> {
  const records: StoreRecord[] = [];
  for await (const item of store.records()) records.push(item);
  return records;
}
