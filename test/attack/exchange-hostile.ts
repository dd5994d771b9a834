/**
 * What is done to an exchange by who has no key, by who stands between, and by a member of the group who means harm. The exchange
 * is a process of its own, over loopback, with 100,000 addresses; beside each attack a well-behaved peer goes on asking it.
 *
 *     node --expose-gc --import tsx test/attack/exchange-hostile.ts [--part suites,replayed,truncated,flipped,silent,slow,member]
 *       [--times 1000]
 *
 * Prints for each what it counted, how much memory and how many descriptors it took at most, its longest stall, and whether the
 * well-behaved peer had its round afterwards. Exits with 1 where that had none.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Exchange } from '../../src/exchange/index.ts';
import { type MessageProperties, messageFrame } from '../../src/exchange/messages.ts';
import { Greylist, MemoryStore } from '../../src/index.ts';
import { encodeAddress, newAddress, type StoreRecord } from '../../src/store/index.ts';
import { generator } from '../../src/transport/random.ts';
import { KEY, tlsTo } from '../exchange/setup.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'suites,replayed,truncated,flipped,silent,slow,member' },
    times: { type: 'string', default: '1000' },
    serving: { type: 'boolean', default: false },
  },
});
const times = Number(values.times);
const NOW = Math.floor(Date.now() / 1000);
const MIB = 2 ** 20;
const PERIOD = 5;
const SUMS = Buffer.alloc(128, 1);
const HELLO = { hello: { version: 1, instance: Buffer.alloc(16, 1) } };

interface Report {
  readonly stats: Record<string, number>;
  /** The most of each since the last report. */
  readonly rss: number;
  readonly descriptors: number;
  readonly stall: number;
  /** As `stall`, but processor time: what counts on a machine that is shared. Milliseconds both. */
  readonly busy: number;
  readonly warnings: Record<string, number>;
}

async function serve(): Promise<void> {
  const store = new MemoryStore();
  store.load(
    Array.from({ length: 100_000 }, (_, i): StoreRecord => {
      const record = { ...newAddress(NOW - 9), white: [{ at: NOW - 9, expires: NOW + 3_000_000 }] };
      return { type: 'address', ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, record };
    }),
  );
  const exchange = new Exchange({ key: KEY, store, listen: '127.0.0.1:0' });
  let warnings: Record<string, number> = {};
  exchange.on('warning', ({ message }) => {
    warnings[message] = (warnings[message] ?? 0) + 1;
  });
  await exchange.open(new Greylist({ store: exchange.store, group: exchange }));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const processor = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  let [rss, descriptors, stall, busy, last, lastBusy] = [0, 0, 0, 0, performance.now(), processor()];
  setInterval(() => {
    const now = performance.now();
    stall = Math.max(stall, now - last - PERIOD);
    last = now;
    const had = processor();
    busy = Math.max(busy, had - lastBusy);
    lastBusy = had;
    rss = Math.max(rss, process.memoryUsage.rss() - before);
  }, PERIOD);
  setInterval(() => {
    descriptors = Math.max(descriptors, readdirSync('/proc/self/fd').length);
  }, 100);
  process.on('message', () => {
    const { peers, ...stats } = exchange.stats();
    process.send?.({ stats: { ...stats, peers: peers.length }, rss, descriptors, stall, busy, warnings });
    [rss, descriptors, stall, busy, warnings] = [0, 0, 0, 0, {}];
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port: exchange.address?.port });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when a socket takes more, has ended, or a second is over. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.off('drain', done).off('close', done);
      resolve();
    };
    const timer = setTimeout(done, 1000);
    socket.on('drain', done).on('close', done);
  });
}

class Victim {
  readonly #child = fork(fileURLToPath(import.meta.url), ['--serving'], {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  });
  port = 0;

  static async start(): Promise<Victim> {
    const victim = new Victim();
    victim.port = (await once(victim.#child, 'message'))[0].port;
    await victim.report();
    return victim;
  }

  get exchange(): { readonly address: { readonly port: number } } {
    return { address: { port: this.port } };
  }

  async report(): Promise<Report> {
    this.#child.send('report');
    return (await once(this.#child, 'message'))[0];
  }

  end(): void {
    this.#child.disconnect();
  }
}

let failed = 0;

/** One attack on a new exchange, and what it came to. */
async function attack(name: string, run: (victim: Victim) => Promise<string>): Promise<void> {
  const victim = await Victim.start();
  const begun = performance.now();
  const done = await run(victim);
  const { stats, rss, descriptors, stall, busy, warnings } = await victim.report();
  const counted = Object.entries(stats).filter(([what, count]) => count > 0 && !/^(bytes|records|rounds)/.test(what));
  console.log(
    `${name}: ${done}; ${((performance.now() - begun) / 1000).toFixed(0)} s; ${(rss / MIB).toFixed(0)} MiB more, ` +
      `${descriptors} descriptors, longest stall ${stall.toFixed(0)} ms (${busy.toFixed(0)} of CPU time)`,
  );
  console.log(`  counted ${counted.map(([what, count]) => `${what} ${count}`).join(', ')}`);
  for (const [message, count] of Object.entries(warnings).slice(0, 6)) console.log(`  ${count} x ${message}`);
  console.log(`  a peer that behaves: ${await served(victim)}`);
  victim.end();
}

/** Whether a new peer gets all that the victim holds. */
async function served(victim: Victim): Promise<string> {
  const store = new MemoryStore();
  const exchange = new Exchange({ key: KEY, store, with: [`127.0.0.1:${victim.port}`], joinTimeout: 90 });
  const begun = performance.now();
  const greylist = new Greylist({ store: exchange.store, group: exchange });
  await exchange.open(greylist);
  const { addresses } = store.stats();
  await exchange.close();
  await greylist.close();
  if (addresses < 100_000) {
    failed++;
    process.exitCode = 1;
  }
  return `${addresses} records in ${((performance.now() - begun) / 1000).toFixed(1)} s`;
}

let connections = 0;

/** The next of five hosts, whose connections there is just room for. Not the one that behaves: what a host was given it waits for. */
function hostile(): string {
  return `127.0.0.${2 + (connections++ % 5)}`;
}

function tcp(port: number): Socket {
  const socket = createConnection({ port, host: '127.0.0.1', localAddress: hostile() });
  socket.on('error', () => {});
  return socket;
}

async function member(victim: Victim, ...messages: MessageProperties[]): Promise<TLSSocket> {
  const socket = await tlsTo(victim, { localAddress: hostile() });
  socket.on('error', () => {});
  for (const message of messages) socket.write(messageFrame(message));
  return socket;
}

/** Something in the way, which is shown what goes from a client to the victim and may change it. */
async function between(
  victim: Victim,
  change: (chunk: Buffer, to: Socket) => Buffer,
): Promise<{ readonly port: number; close(): Promise<unknown> }> {
  const server = createServer((client) => {
    const onward = tcp(victim.port);
    client.on('error', () => {});
    client.on('close', () => onward.destroy());
    onward.on('close', () => client.destroy());
    onward.pipe(client);
    client.on('data', (chunk) => onward.write(change(Buffer.from(chunk), onward)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** What a client sends of a short session: handshake, hello, a round. */
async function recorded(victim: Victim): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const way = await between(victim, (chunk) => {
    chunks.push(chunk);
    return chunk;
  });
  const socket = await tlsTo({ exchange: { address: way } });
  for (const message of [HELLO, { ask: { salt: 1, sums: SUMS } }]) socket.write(messageFrame(message));
  await sleep(300);
  socket.destroy();
  await way.close();
  return Buffer.concat(chunks);
}

/** Sends bytes on a connection of its own, ends it, and waits until the other end has ended it. */
async function sent(port: number, bytes: Buffer): Promise<void> {
  const socket = tcp(port);
  socket.resume();
  socket.end(bytes);
  await Promise.race([once(socket, 'close').catch(() => {}), sleep(15_000)]);
  socket.destroy();
}

async function inLots(count: number, of: number, run: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += of) {
    await Promise.all(Array.from({ length: Math.min(of, count - from) }, (_, i) => run(from + i)));
    process.stderr.write(`${Math.min(from + of, count)} of ${count}\r`);
  }
}

const PARTS: Record<string, () => Promise<void>> = {
  suites: () =>
    attack('suites', async (victim) => {
      const offers = [
        { ciphers: 'PSK-AES128-GCM-SHA256' },
        { ciphers: 'PSK-CHACHA20-POLY1305' },
        { ciphers: 'DHE-PSK-CHACHA20-POLY1305' },
        { ciphers: 'RSA-PSK-CHACHA20-POLY1305' },
        { ciphers: 'PSK-NULL-SHA256:@SECLEVEL=0' },
        { ciphers: 'ECDHE-PSK-NULL-SHA256:@SECLEVEL=0' },
        { ciphers: 'ECDHE-PSK-AES128-CBC-SHA256' },
        { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
        { ciphers: 'ECDHE-PSK-AES128-CBC-SHA:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1' },
        { ciphers: 'ECDHE-PSK-AES128-CBC-SHA:@SECLEVEL=0', minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
        { ciphers: '', minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
      ] as const;
      const got: string[] = [];
      for (const offer of offers) {
        const socket = await tlsTo(victim, { ...offer, localAddress: hostile() }).catch(() => undefined);
        if (socket !== undefined) got.push(offer.ciphers);
        socket?.destroy();
      }
      if (got.length > 0) process.exitCode = 1;
      return `${offers.length} offered, accepted: ${got.join() || 'none'}`;
    }),

  replayed: () =>
    attack('replayed', async (victim) => {
      const bytes = await recorded(victim);
      await inLots(times, 32, () => sent(victim.port, bytes));
      return `${times} times ${bytes.length} bytes`;
    }),

  truncated: () =>
    attack('truncated', async (victim) => {
      const { length } = await recorded(victim);
      // Each a session of its own, cut behind so many bytes: of a recorded one the handshake would fail at its key.
      await inLots(Math.min(length, times), 16, async (at) => {
        let left = at;
        const way = await between(victim, (chunk, to) => {
          const part = chunk.subarray(0, left);
          left -= part.length;
          if (left === 0) setImmediate(() => to.end());
          return part;
        });
        const socket = await tlsTo({ exchange: { address: way } }).catch(() => undefined);
        socket?.on('error', () => {});
        socket?.write(Buffer.concat([HELLO, { ask: { salt: 1, sums: SUMS } }].map((one) => messageFrame(one))));
        if (socket !== undefined) await Promise.race([once(socket, 'close').catch(() => {}), sleep(15_000)]);
        socket?.destroy();
        await way.close();
      });
      return `cut behind each of ${Math.min(length, times)} of ${length} bytes`;
    }),

  flipped: () =>
    attack('flipped', async (victim) => {
      const random = generator(1);
      const { length } = await recorded(victim);
      // As many at once as one may have of five hosts, less the one that behaves.
      await inLots(times, 48, async () => {
        const bit = random.below(length * 8);
        let seen = 0;
        const way = await between(victim, (chunk) => {
          const at = Math.floor(bit / 8) - seen;
          seen += chunk.length;
          if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] as number) ^ (1 << (bit % 8));
          return chunk;
        });
        const connecting = tlsTo({ exchange: { address: way } }).catch(() => undefined);
        const socket = await Promise.race([connecting, sleep(12_000)]);
        if (socket) {
          socket.on('error', () => {});
          socket.write(Buffer.concat([HELLO, { ask: { salt: 1, sums: SUMS } }].map((one) => messageFrame(one))));
          await Promise.race([once(socket, 'close').catch(() => {}), sleep(1000)]);
          socket.destroy();
        }
        await Promise.race([way.close(), sleep(15_000)]);
      });
      return `${times} bits of sessions of ${length} bytes`;
    }),

  silent: async () => {
    await attack('silent before TLS', async (victim) => {
      const sockets = Array.from({ length: 10_000 }, () => tcp(victim.port));
      await sleep(15_000);
      const open = sockets.filter(({ readyState }) => readyState === 'open').length;
      for (const socket of sockets) socket.destroy();
      return `10000 connections, ${open} open after 15 s`;
    });
    await attack('silent after TLS', async (victim) => {
      const sockets: TLSSocket[] = [];
      await inLots(1000, 50, async () => {
        const socket = await tlsTo(victim, { localAddress: hostile() }).catch(() => undefined);
        socket?.on('error', () => {});
        if (socket !== undefined) sockets.push(socket);
      });
      await sleep(12_000);
      const open = sockets.filter(({ destroyed }) => !destroyed).length;
      for (const socket of sockets) socket.destroy();
      return `1000 connections, ${open} open after 12 s`;
    });
  },

  slow: () =>
    attack('slow readers', async (victim) => {
      const all = {
        compare: { sums: Array.from({ length: 256 }, (_, bucket) => ({ bucket, sums: Buffer.alloc(128) })) },
      };
      const sockets = await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const hello = { hello: { version: 1, instance: Buffer.alloc(16, i + 1) } };
          const socket = await member(victim, hello, { ask: { salt: 1, sums: SUMS } }, all);
          socket.pause();
          const reading = setInterval(() => socket.read(1), 1000);
          socket.once('close', () => clearInterval(reading));
          return socket;
        }),
      );
      await sleep(45_000);
      const open = sockets.filter(({ destroyed }) => !destroyed).length;
      for (const socket of sockets) socket.destroy();
      return `60 peers that read a byte a second and ask for everything, ${open} open after 45 s`;
    }),

  member: async () => {
    const named = (i: number): MessageProperties => ({ hello: { version: 1, instance: Buffer.alloc(16, i + 1) } });
    /** Messages from 60 connections, sent without end for some seconds, each as often as the other end takes it. */
    const flood = async (
      victim: Victim,
      first: readonly MessageProperties[],
      again: readonly MessageProperties[],
      seconds = 15,
    ): Promise<string> => {
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, i) => member(victim, named(i), ...first)));
      const bytes = Buffer.concat(again.map((one) => messageFrame(one)));
      const until = performance.now() + seconds * 1000;
      let sends = 0;
      await Promise.all(
        sockets.map(async (socket) => {
          socket.resume();
          while (performance.now() < until && !socket.destroyed) {
            sends++;
            if (!socket.write(bytes)) await drained(socket);
          }
        }),
      );
      const open = sockets.filter(({ destroyed }) => !destroyed).length;
      for (const socket of sockets) socket.destroy();
      return `60 connections, sent ${sends} times, ${open} open at the end`;
    };
    const lies = { compare: { sums: Array.from({ length: 256 }, (_, bucket) => ({ bucket, sums: SUMS })) } };
    const ask = { ask: { salt: 1, sums: SUMS } };
    await attack('asks to join again and again', (victim) =>
      flood(
        victim,
        [],
        [
          ask,
          { compare: { sums: lies.compare.sums.map(({ bucket }) => ({ bucket, sums: Buffer.alloc(128) })) } },
          { want: { end: true } },
        ],
      ),
    );
    await attack('lies in its digests', (victim) => flood(victim, [], [ask, lies, { want: { end: true } }]));
    await attack('wants enormous leaves', (victim) => {
      const want = Array.from({ length: 8 }, (_, leaf) => ({
        want: { leaf: [{ leaf, hashes: Buffer.alloc(250_000) }] },
      }));
      return flood(victim, [ask, lies], want);
    });
    await attack('compares with more buckets than there are', (victim) =>
      flood(victim, [], [{ compare: { sums: Array.from({ length: 100_000 }, () => ({})) } }]),
    );
    await attack('sends messages byte by byte', async (victim) => {
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, i) => member(victim, named(i))));
      await Promise.all(
        sockets.map(async (socket) => {
          socket.write(Buffer.from('00040000', 'hex'));
          for (let i = 0; i < 50_000 && !socket.destroyed; i++) {
            if (!socket.write(Buffer.alloc(1))) await drained(socket);
          }
        }),
      );
      await sleep(3000);
      for (const socket of sockets) socket.destroy();
      return '60 connections, 50,000 bytes each of a message of 262,144';
    });
    await attack('announces without end', (victim) => {
      const live = Array.from({ length: 5000 }, () => ({
        type: 'white',
        ip: '2001:db8::1',
        timestamp: NOW,
        expires: NOW + 9,
      }));
      return flood(victim, [], [{ live }], 10);
    });
    await attack('sends spamtraps, and claims of the far future', async (victim) => {
      const claim = { ...newAddress(NOW), white: [{ at: NOW + 10 ** 6, expires: NOW + 10 ** 7 }] };
      const address = encodeAddress(claim);
      // Who has asked is asked back.
      const socket = await member(victim, named(0), ask, { compare: { sums: [] } }, { want: { end: true } });
      socket.resume();
      await sleep(500);
      socket.write(messageFrame({ differ: { sums: [{ bucket: 0, sums: SUMS }] } }));
      for (let from = 0; from < 10 ** 6 && !socket.destroyed; from += 1000) {
        const item = Array.from({ length: 1000 }, (_, i) => {
          const at = from + i;
          return i % 2 === 0
            ? { key: `trap${at}@example.org` }
            : { key: `11.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, address };
        });
        if (!socket.write(messageFrame({ items: { item } }))) await drained(socket);
      }
      socket.write(messageFrame({ listing: { end: true } }));
      socket.write(messageFrame({ items: { end: true } }));
      await sleep(3000);
      socket.destroy();
      return '1,000,000 of them';
    });
  },
};

if (values.serving) await serve();
else {
  for (const part of values.part.split(',')) await PARTS[part]?.();
  if (failed > 0) console.log(`${failed} times a peer that behaves was not served`);
}
