/**
 * What an exchange costs over loopback, two processes with a greylist in memory each.
 *
 *     node --expose-gc --import tsx test/attack/exchange.ts [--part join,changed,idle] [--tuples 1000000] [--addresses 100000]
 *
 * join: an empty peer gets everything; seconds, memory above what the state takes, and the longest stall of the event loop at
 * either end. changed: one record of the addresses differs, then 1 % of them; bytes both ways, of one round. idle: 10,000
 * connections on which nothing comes, without the key.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Exchange } from '../../src/exchange/index.ts';
import { Greylist, MemoryStore, SyncKey } from '../../src/index.ts';
import { encodeAddress, newAddress, newTuple, type StoreRecord, tupleKey } from '../../src/store/index.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'join,changed,idle' },
    tuples: { type: 'string', default: '1000000' },
    addresses: { type: 'string', default: '100000' },
    changed: { type: 'string', default: '0' },
    now: { type: 'string', default: `${Math.floor(Date.now() / 1000)}` },
    serving: { type: 'boolean', default: false },
  },
});
const tuples = Number(values.tuples);
const addresses = Number(values.addresses);
const KEY = SyncKey.fromBytes(Buffer.from('a key'));
const NOW = Number(values.now);
const BATCH = 10_000;
/** How often the event loop is looked at, milliseconds. */
const PERIOD = 5;

/** What this thread has had of the processors, milliseconds; 0 where the system does not say. */
function processorTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** Stalls of this event loop: how much later than asked for a timer comes, and how much of that this thread was running. */
class Stalls {
  #last = performance.now();
  #lastProcessor = processorTime();
  longest = 0;
  /** The most processor time, on a machine that is shared; not always that of the longest. */
  busiest = 0;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    const processor = processorTime();
    this.longest = Math.max(this.longest, now - this.#last - PERIOD);
    this.busiest = Math.max(this.busiest, processor - this.#lastProcessor);
    this.#last = now;
    this.#lastProcessor = processor;
  }, PERIOD);

  reset(): void {
    this.longest = 0;
    this.busiest = 0;
    this.#last = performance.now();
    this.#lastProcessor = processorTime();
  }

  end(): string {
    clearInterval(this.#timer);
    return `${this.longest.toFixed(0)} ms (${this.busiest.toFixed(0)} of CPU time)`;
  }
}

function ipOf(i: number): string {
  return `${10 + (i >> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
}

function addressOf(i: number, at = NOW - 1000): StoreRecord {
  const record = { ...newAddress(at), white: [{ at, expires: at + 3_110_400 }] };
  return { type: 'address', ip: ipOf(i), record };
}

function tupleOf(i: number): StoreRecord {
  const key = tupleKey(ipOf(i), `mail${i}.example.org`, `<sender${i}@example.org>`, '<recipient@example.net>');
  return { type: 'tuple', key, record: newTuple(NOW - 1000, 14_400, undefined) };
}

function newStore(): MemoryStore {
  return new MemoryStore({ maxTuples: 2 ** 21, maxAddresses: 2 ** 20 });
}

async function fill(store: MemoryStore, changed: number): Promise<void> {
  for (let from = 0; from < tuples; from += BATCH) {
    store.load(Array.from({ length: Math.min(BATCH, tuples - from) }, (_, i) => tupleOf(from + i)));
  }
  for (let from = 0; from < addresses; from += BATCH) {
    store.load(Array.from({ length: Math.min(BATCH, addresses - from) }, (_, i) => addressOf(from + i)));
  }
  for (let i = 0; i < changed; i++) store.load([addressOf(i * 7, NOW - 100)]);
}

async function opened(store: MemoryStore, options: { listen?: string; with?: string[] }): Promise<Exchange> {
  const exchange = new Exchange({ key: KEY, store, interval: 3600, joinTimeout: options.with ? 600 : 0, ...options });
  exchange.on('warning', ({ message }) => console.error(message));
  await exchange.open(new Greylist({ store: exchange.store, group: exchange, sweepInterval: 86_400 }));
  return exchange;
}

function collected(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  return process.memoryUsage().rss;
}

const MIB = 2 ** 20;

async function serve(): Promise<void> {
  const store = newStore();
  await fill(store, Number(values.changed));
  const exchange = await opened(store, { listen: '127.0.0.1:0' });
  const stalls = new Stalls();
  let before = collected();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  process.on('message', (message) => {
    if (message === 'begin') {
      before = collected();
      peak = before;
      stalls.reset();
      process.send?.({ begun: true });
      return;
    }
    clearInterval(timer);
    process.send?.({ stall: stalls.end(), above: peak - before, stats: exchange.stats() });
    process.disconnect();
    void exchange.close();
  });
  process.send?.({ port: exchange.address?.port });
}

interface Served {
  readonly port: number;
  ask(
    what: 'begin' | 'end',
  ): Promise<Record<string, never> & { stall: string; above: number; stats: ReturnType<Exchange['stats']> }>;
}

async function served(changed: number): Promise<Served> {
  const options = [
    '--serving',
    '--tuples',
    `${tuples}`,
    '--addresses',
    `${addresses}`,
    '--changed',
    `${changed}`,
    '--now',
    `${NOW}`,
  ];
  const child = fork(fileURLToPath(import.meta.url), options, { execArgv: ['--expose-gc', '--import', 'tsx'] });
  const [{ port }] = await once(child, 'message');
  return {
    port,
    ask: async (what) => {
      child.send(what);
      return (await once(child, 'message'))[0];
    },
  };
}

async function join(): Promise<void> {
  const other = await served(0);
  await other.ask('begin');
  const store = newStore();
  const before = collected();
  const stalls = new Stalls();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  const begun = performance.now();
  const exchange = await opened(store, { with: [`127.0.0.1:${other.port}`] });
  const seconds = (performance.now() - begun) / 1000;
  const stall = stalls.end();
  clearInterval(timer);
  const { stall: otherStall, above } = await other.ask('end');
  await exchange.close();
  const state = collected() - before;
  const { tuples: held, addresses: known } = store.stats();
  console.log(
    `join: ${held} tuples and ${known} addresses in ${seconds.toFixed(1)} s; ${exchange.stats().bytesIn} bytes in`,
  );
  console.log(
    `  who joins: state ${(state / MIB).toFixed(0)} MiB, peak above it ${((peak - before - state) / MIB).toFixed(0)} MiB`,
  );
  console.log(`  who answers: peak above its state ${(above / MIB).toFixed(0)} MiB`);
  console.log(`  longest stall: ${stall} who joins, ${otherStall} who answers`);
}

async function changed(count: number): Promise<void> {
  const other = await served(count);
  const store = newStore();
  await fill(store, 0);
  const begun = performance.now();
  const exchange = await opened(store, { with: [`127.0.0.1:${other.port}`] });
  const seconds = (performance.now() - begun) / 1000;
  const { bytesIn, bytesOut, recordsReceived } = exchange.stats();
  let records = 0;
  for (let i = 0; i < count; i++) {
    const item = addressOf(i * 7, NOW - 100);
    if (item.type === 'address') records += item.ip.length + encodeAddress(item.record).length;
  }
  await other.ask('end');
  await exchange.close();
  console.log(
    `changed: ${count} of ${addresses} addresses and ${tuples} tuples: ${recordsReceived} records, ${bytesIn + bytesOut} bytes both ways` +
      ` (the records ${records}), ${seconds.toFixed(1)} s with the look at its own store`,
  );
}

async function idle(): Promise<void> {
  const exchange = await opened(newStore(), { listen: '127.0.0.1:0' });
  const before = collected();
  const sockets: Socket[] = [];
  const stalls = new Stalls();
  for (let i = 0; i < 10_000; i++) {
    const port = exchange.address?.port as number;
    // Of as many hosts as it takes.
    const socket = createConnection({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 5)}` });
    socket.on('error', () => {});
    sockets.push(socket);
    if (i % 100 === 0) await once(socket, 'connect').catch(() => undefined);
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { refused, unauthenticated } = exchange.stats();
  const open = sockets.filter(({ readyState }) => readyState === 'open').length;
  const more = ((process.memoryUsage().rss - before) / MIB).toFixed(0);
  console.log(
    `idle: 10000 connections, ${refused} refused, ${unauthenticated} ended, ${open} open; ${more} MiB with this end's own,` +
      ` longest stall ${stalls.end()}`,
  );
  for (const socket of sockets) socket.destroy();
  await exchange.close();
}

if (values.serving) await serve();
else {
  const parts = values.part.split(',');
  if (parts.includes('join')) await join();
  if (parts.includes('changed')) {
    await changed(1);
    await changed(Math.floor(addresses / 100));
  }
  if (parts.includes('idle')) await idle();
}
