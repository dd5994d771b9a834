import { createConnection, createServer, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryStore } from 'spamd-sync';
import type { StoreRecord } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { Digest } from '../../src/exchange/digest.ts';
import { messageFrame } from '../../src/exchange/messages.ts';
import { scan } from '../../src/exchange/scan.ts';
import { LEAVES } from '../../src/exchange/shared.ts';
import { FrameReader } from '../../src/frames.ts';
import { generator } from '../../src/transport/random.ts';
import { address, NOW } from '../support/records.ts';
import { type Addressed, ManualEnd, type Peer, peerWith, tlsTo, until } from './setup.ts';

const SUMS = Buffer.alloc(128, 1);
const HELLO = { hello: { version: 1, instance: Buffer.alloc(16, 1) } };
const SESSION = Buffer.concat([HELLO, { ask: { salt: 1, sums: SUMS } }].map((one) => messageFrame(one)));

/** Something in the way that is given what a client sends. */
async function between(
  { exchange }: Peer,
  change: (chunk: Buffer, onward: Socket) => Buffer,
): Promise<Addressed & AsyncDisposable> {
  const server = createServer((client) => {
    const onward = createConnection(exchange.address?.port as number, '127.0.0.1');
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
    onward.pipe(client);
    client.on('data', (chunk) => onward.write(change(chunk, onward)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { exchange: { address: server.address() as { port: number } }, [Symbol.asyncDispose]: close };
}

/** A session through something in the way, until either end has ended it. */
async function session(way: Addressed): Promise<void> {
  const socket = await tlsTo(way).catch(() => undefined);
  if (socket === undefined) return;
  socket.on('error', () => {});
  socket.resume();
  socket.write(SESSION);
  await until(() => socket.destroyed || socket.readableEnded);
  socket.destroy();
}

async function recordedAt(peer: Peer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await using way = await between(peer, (chunk) => {
    chunks.push(Buffer.from(chunk));
    return chunk;
  });
  const socket = await tlsTo(way);
  socket.write(SESSION);
  await until(() => peer.exchange.stats().bytesIn >= SESSION.length);
  socket.destroy();
  await until(() => peer.exchange.stats().peers.length === 0);
  return Buffer.concat(chunks);
}

/** What it has counted of connections that ended other than as they should. */
function endsOf({ exchange }: Peer): number {
  const { unauthenticated, malformed, broken } = exchange.stats();
  return unauthenticated + malformed + broken;
}

describe('a session on the wire', () => {
  it('cannot be sent again', async () => {
    await using peer = await peerWith();
    const bytes = await recordedAt(peer);
    const before = peer.exchange.stats();
    const socket = createConnection(peer.exchange.address?.port as number, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.end(bytes);
    await until(() => peer.exchange.stats().unauthenticated === before.unauthenticated + 1);
    expect(peer.exchange.stats()).toMatchObject({ peers: [], bytesIn: before.bytesIn });
  });

  it('that is cut behind any byte is ended, and the next is served', async () => {
    await using peer = await peerWith();
    const { length } = await recordedAt(peer);
    for (let cut = 3; cut < length - 20; cut += 29) {
      let left = cut;
      await using way = await between(peer, (chunk, onward) => {
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (left === 0) setImmediate(() => onward.end());
        return part;
      });
      await session(way);
    }
    await until(() => peer.exchange.stats().peers.length === 0);
    await using other = await peerWith({ with: [peer.at], listen: undefined, joinTimeout: 60 });
    expect(other.rounds).toHaveLength(1);
  });

  it('in which any bit is flipped is refused, and counted', async () => {
    await using peer = await peerWith();
    const { length } = await recordedAt(peer);
    const random = generator(1);
    const before = endsOf(peer);
    // Of what is encrypted: a handshake that is changed may go on for as long as it is waited for.
    for (let run = 1; run <= 12; run++) {
      const bit = 8 * (length - 100) + random.below(8 * 95);
      let seen = 0;
      await using way = await between(peer, (chunk) => {
        const at = Math.floor(bit / 8) - seen;
        seen += chunk.length;
        const changed = Buffer.from(chunk);
        if (at >= 0 && at < chunk.length && chunk[0] === 0x17) changed[at] = (changed[at] as number) ^ (1 << (bit % 8));
        return changed;
      });
      const connected = await tlsTo(way);
      connected.on('error', () => {});
      connected.resume();
      connected.write(SESSION);
      connected.end();
      await until(() => endsOf(peer) === before + run || peer.exchange.stats().peers.length === 0);
      connected.destroy();
    }
    expect(peer.exchange.stats()).toMatchObject({ recordsReceived: 0 });
  });

  it.each([
    { ciphers: 'PSK-CHACHA20-POLY1305' },
    { ciphers: 'DHE-PSK-CHACHA20-POLY1305' },
    { ciphers: 'RSA-PSK-CHACHA20-POLY1305' },
    { ciphers: 'ECDHE-PSK-AES128-CBC-SHA256' },
    { ciphers: 'ECDHE-PSK-NULL-SHA256:@SECLEVEL=0' },
    { ciphers: 'ECDHE-PSK-AES128-CBC-SHA:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
  ] as const)('is none by $ciphers', async (offer) => {
    await using peer = await peerWith();
    await expect(tlsTo(peer, offer)).rejects.toThrow();
    await until(() => peer.exchange.stats().unauthenticated === 1);
  });
});

describe('what a member sends', () => {
  it.each([
    ['entries', { live: Array.from({ length: 17 }, () => ({ type: 'white' })) }, '17 entries, over 16'],
    ['sums', { compare: { sums: Array.from({ length: 257 }, () => ({})) } }, '257 sums, over 256'],
    ['leaves', { want: { leaf: Array.from({ length: 4097 }, () => ({})) } }, '4097 leaves, over 4096'],
    ['records', { items: { item: Array.from({ length: 8193 }, () => ({})) } }, '8193 records, over 8192'],
  ] as const)('has no more %s than a message may have', async (_, message, why) => {
    await using peer = await peerWith();
    const end = await ManualEnd.connect(peer, 'hello');
    end.socket.write(messageFrame(message as never));
    await until(() => peer.warnings.length > 0);
    expect(peer.warnings.at(-1)?.message).toContain(why);
    expect(peer.exchange.stats()).toMatchObject({ malformed: 1 });
    await until(() => end.isClosed);
  });

  it('wants no more of a leaf than was listed', async () => {
    await using peer = await peerWith();
    const end = await ManualEnd.connect(peer, 'hello');
    end.send({ ask: { salt: 1, sums: SUMS } });
    end.send({ compare: { sums: [] } });
    end.send({ want: { leaf: [{ leaf: 1, hashes: Buffer.alloc(2) }] } });
    await until(() => peer.warnings.length > 0);
    expect(peer.warnings.at(-1)?.message).toContain('1 hashes of leaf 1, which has 0');
  });

  it('is looked for no longer than its connection lasts', async () => {
    const store = new MemoryStore();
    store.load(
      Array.from({ length: 3000 }, (_, i): StoreRecord => {
        const record = address({ trapped: [{ at: NOW - 10, expires: NOW + 100_000 }] });
        return { type: 'address', ip: `10.0.${i >> 8}.${i & 255}`, record };
      }),
    );
    const ended = new AbortController();
    let seen = 0;
    const looked = scan(
      store,
      new Digest(),
      new Set(Array(LEAVES).keys()),
      () => {
        if (++seen === 100) ended.abort(new Error('the connection is closed'));
        return undefined;
      },
      ended.signal,
    );
    await expect(looked).rejects.toThrow('the connection is closed');
    expect(seen).toBe(100);
  });

  it('is given no more because it connects again', async () => {
    const records: StoreRecord[] = Array.from({ length: 600 }, (_, i) => ({
      type: 'address',
      ip: `10.0.${i >> 8}.${i & 255}`,
      record: address({ trapped: [{ at: NOW - 10, expires: NOW + 100_000 }] }),
    }));
    const store = new MemoryStore();
    store.load(records);
    let now = 0;
    const waits: number[] = [];
    const clock = { now: () => NOW, monotonic: () => now, setTimer: timer, endOfTurn: timer0 };
    function timer(seconds: number, task: () => void) {
      // Of what is waited for here, a round at 250,000 records a second is the shortest.
      if (seconds < 1) {
        waits.push(seconds);
        now += seconds;
        setImmediate(task);
      }
      return { cancel: () => {} };
    }
    function timer0(task: () => void) {
      const immediate = setImmediate(task);
      return { cancel: () => clearImmediate(immediate) };
    }
    await using peer = await peerWith({ store, clock });
    for (let time = 0; time < 2; time++) {
      const end = await ManualEnd.connect(peer);
      await end.message('differ');
      end.send({ compare: { sums: Array.from({ length: 256 }, (_, bucket) => ({ bucket, sums: SUMS })) } });
      await end.message('listing');
      end.socket.destroy();
      await until(() => peer.exchange.stats().peers.length === 0);
    }
    expect(waits).toEqual([expect.closeTo(600 / 250_000)]);
  });
});

describe('a message that comes byte by byte', () => {
  it('keeps nothing of the pieces that it came in', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const reader = new FrameReader(2 ** 18);
    const bytes = messageFrame({ items: { item: [{ key: 'x'.repeat(500) }] } });
    const pieces: WeakRef<Buffer>[] = [];
    const messages: Buffer[] = [];
    for (const byte of bytes.subarray(0, -1)) {
      const piece = Buffer.of(byte);
      pieces.push(new WeakRef(piece));
      messages.push(...reader.push(piece));
    }
    // What a reference was made to is kept until the turn is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(pieces.filter((piece) => piece.deref() !== undefined).length).toBeLessThan(3);
    expect(reader.incomplete).toBe(bytes.length - 1);
    messages.push(...reader.push(bytes.subarray(-1)));
    expect(messages).toEqual([bytes.subarray(4)]);
    expect(reader.incomplete).toBe(0);
  });
});
