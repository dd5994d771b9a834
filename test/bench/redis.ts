import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Greylist } from 'spamd-sync';
import { type IoRedisClient, type NodeRedisClient, type RedisClient, RedisStore } from 'spamd-sync/redis';
import { hasRedis, RedisServer } from '../e2e/redis-server.ts';
import type { Part, Row } from './part.ts';
import { count } from './table.ts';

/** How many attempts are under way at once: their commands share packets. */
const AT_ONCE = 256;
const MIN_RATE = 15_000;
/** The most round trips a check, of one worker and of several that share each tuple. */
const MAX_TRIPS = { 1: 1.3, 8: 2.1 } as const;
const TUPLES = 20_000;

export const redis: Part = {
  name: 'redis',
  title: `Greylist.check over Redis on loopback, ${AT_ONCE} at once`,
  async run(quick) {
    if (!hasRedis()) return [{ what: 'skipped', ours: 'no redis-server here: install one' }];
    await using server = await RedisServer.start();
    const attempts = quick ? 20_000 : 200_000;
    const rows: Row[] = [];
    for (const workers of [1, 8] as const) {
      for (const connect of [viaNodeRedis, viaIoRedis]) {
        server.cli('FLUSHALL');
        rows.push(...(await measure(connect, workers, server, attempts)));
      }
    }
    return rows;
  },
};

/** A client that counts what is sent. */
interface Counting {
  readonly name: string;
  readonly client: RedisClient;
  readonly sent: () => number;
  readonly close: () => Promise<unknown>;
}

async function viaNodeRedis({ url }: RedisServer): Promise<Counting> {
  const client = await createClient({ url }).connect();
  let sent = 0;
  const sendCommand: NodeRedisClient['sendCommand'] = (args, options) => {
    sent++;
    return client.sendCommand(args, options);
  };
  return { name: 'node-redis', client: { sendCommand }, sent: () => sent, close: () => client.close() };
}

async function viaIoRedis({ url }: RedisServer): Promise<Counting> {
  const client = new Redis(url);
  let sent = 0;
  const call: IoRedisClient['call'] = (command, args) => {
    sent++;
    return client.call(command, args);
  };
  return { name: 'ioredis', client: { call }, sent: () => sent, close: () => client.quit() };
}

/** Workers that come to the same tuples. They share this process, so the rate of several is none of several processes. */
async function measure(
  connect: (server: RedisServer) => Promise<Counting>,
  workers: 1 | 8,
  server: RedisServer,
  attempts: number,
): Promise<Row[]> {
  const clients = await Promise.all(Array.from({ length: workers }, () => connect(server)));
  const greylists = clients.map(({ client }) => new Greylist({ store: new RedisStore(client), timeout: 60 }));
  const before = await rate(greylists, 10_000, 5000);
  const sentBefore = sum(clients.map(({ sent }) => sent()));
  const all = await rate(greylists, attempts, TUPLES);
  const trips = (sum(clients.map(({ sent }) => sent())) - sentBefore) / attempts;
  const stats = await Promise.all(greylists.map((greylist) => greylist.stats()));
  const decided = sum(stats.map(({ verdicts }) => verdicts['first-sight'] + verdicts['too-soon']));
  const conflicts = sum(stats.map(({ store }) => store?.conflicts ?? 0));
  for (const greylist of greylists) await greylist.close();
  for (const { close } of clients) await close();
  const what = `${clients[0]?.name}, ${workers === 1 ? 'one worker' : `${workers} workers`}`;
  const rated: Row = {
    what: `${what}: ${count(attempts)} attempts, ${count(stats[0]?.store?.tuples ?? 0)} tuples`,
    ours: `${count(all)}/s (the first ${count(10_000)}: ${count(before)}/s)`,
  };
  const isDecided = decided === attempts + 10_000;
  return [
    workers === 1 ? { ...rated, sound: all >= MIN_RATE && isDecided } : rated,
    {
      what: `${what}: round trips a check`,
      ours: `${trips.toFixed(2)} (${count(conflicts)} conflicts)`,
      sound: trips <= MAX_TRIPS[workers] && isDecided,
    },
  ];
}

/** @returns Attempts a second. */
async function rate(greylists: readonly Greylist[], attempts: number, tuples: number): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < attempts) {
      const attempt = next++;
      // Each tuple comes to another worker every time.
      const tuple = attempt % tuples;
      const greylist = greylists[(tuple + Math.floor(attempt / tuples)) % greylists.length] as Greylist;
      const ip = `10.0.${(tuple >> 8) & 255}.${tuple & 255}`;
      await greylist.check({ ip, helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' });
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return (attempts / (performance.now() - began)) * 1000;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
