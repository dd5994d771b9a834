import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Greylist } from 'spamd-sync';
import { type RedisClient, RedisStore } from 'spamd-sync/redis';
import { hasRedis, RedisServer } from '../e2e/redis-server.ts';
import type { Part, Row } from './part.ts';
import { count } from './table.ts';

/** How many attempts are under way at once: their commands share packets. */
const AT_ONCE = 256;
const LEAST = 15_000;

export const redis: Part = {
  name: 'redis',
  title: `Greylist.check over Redis on loopback, ${AT_ONCE} at once`,
  async run(quick) {
    if (!hasRedis()) return [{ what: 'skipped', ours: 'no redis-server here: install one' }];
    await using server = await RedisServer.start();
    const attempts = quick ? 20_000 : 200_000;

    const nodeRedis = await createClient({ url: server.url }).connect();
    const viaNodeRedis = counting((args) => nodeRedis.sendCommand(args));
    const rows = await measure('node-redis', viaNodeRedis, viaNodeRedis, server, attempts);
    await nodeRedis.close();

    const ioRedis = new Redis(server.url);
    const viaIoRedis = counting(([command = '', ...args]) => ioRedis.call(command, args));
    rows.push(...(await measure('ioredis', viaIoRedis, viaIoRedis, server, attempts)));
    await ioRedis.quit();
    return rows;
  },
};

interface Counting {
  sent: number;
  sendCommand(args: string[]): Promise<unknown>;
}

function counting(send: (args: string[]) => Promise<unknown>): Counting {
  return {
    sent: 0,
    sendCommand(args) {
      this.sent++;
      return send(args);
    },
  };
}

async function measure(
  name: string,
  client: RedisClient,
  counted: Counting,
  server: RedisServer,
  attempts: number,
): Promise<Row[]> {
  server.cli('FLUSHALL');
  await using greylist = new Greylist({ store: new RedisStore(client), policy: { timeoutMs: 60_000 } });
  const before = await rate(greylist, 10_000, 5000);
  const sentBefore = counted.sent;
  const fresh = await rate(greylist, attempts, 20_000);
  const trips = (counted.sent - sentBefore) / attempts;
  const { verdicts, store } = await greylist.stats();
  const decided = verdicts['first-sight'] + verdicts['too-soon'] === attempts + 10_000;
  return [
    {
      what: `${name}: ${count(attempts)} attempts, ${count(store?.tuples ?? 0)} tuples`,
      ours: `${count(fresh)}/s (the first ${count(10_000)}: ${count(before)}/s)`,
      sound: fresh >= LEAST && decided,
    },
    { what: `${name}: round trips a check`, ours: trips.toFixed(2), sound: trips === 1 },
  ];
}

/** @returns Attempts a second. */
async function rate(greylist: Greylist, attempts: number, tuples: number): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < attempts) {
      const tuple = next++ % tuples;
      const ip = `10.0.${(tuple >> 8) & 255}.${tuple & 255}`;
      await greylist.check({ ip, helo: 'mail.example.org', from: '<alice@example.org>', to: '<bob@example.net>' });
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return (attempts / (performance.now() - began)) * 1000;
}
