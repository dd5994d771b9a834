import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import type { PolicyOptions } from 'spamd-sync';
import { RedisStore } from 'spamd-sync/redis';
import type { StoreRecord } from 'spamd-sync/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from './redis-server.ts';
import { type Announced, Workers } from './redis-workers.ts';

/** `SPAMD_SYNC_FULL=1` for the full count: 20000 tuples, 100000 attempts. */
const { SPAMD_SYNC_FULL } = process.env;
const TUPLES = SPAMD_SYNC_FULL === '1' ? 20_000 : 2000;
const WORKERS = 8;
/** What a broadcaster may have in flight. */
const BATCH = 256;

const all = Array.from({ length: TUPLES }, (_, tuple) => tuple);

/** Each tuple in the lists of `copies` workers, so that these come to it at about the same time. */
function shared(tuples: readonly number[], workers: number, copies: number): number[][] {
  const lists: number[][] = Array.from({ length: workers }, () => []);
  for (const tuple of tuples) for (let copy = 0; copy < copies; copy++) lists[(tuple + copy) % workers]?.push(tuple);
  return lists;
}

/** How often each entry was announced. */
function times(announced: readonly Announced[], type: 'grey' | 'white'): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of announced.flatMap(({ entries }) => entries)) {
    if (entry.type === type) counts.set(entry.ip, (counts.get(entry.ip) ?? 0) + 1);
  }
  return counts;
}

/** How many there are of each count. */
function histogram(counts: ReadonlyMap<string, number>): Record<number, number> {
  const found: Record<number, number> = {};
  for (const count of counts.values()) found[count] = (found[count] ?? 0) + 1;
  return found;
}

async function contents(server: RedisServer): Promise<StoreRecord[]> {
  const client = await createClient({ url: server.url }).connect();
  const all: StoreRecord[] = [];
  for await (const item of new RedisStore(client).records()) all.push(item);
  await client.close();
  return all;
}

describe('workers that share one Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  beforeEach(() => void server.cli('FLUSHALL'));
  afterAll(() => server[Symbol.asyncDispose]());

  it('promote every tuple once and announce it once', { timeout: 240_000 }, async () => {
    await using workers = await Workers.start(WORKERS, server.url);
    await expect.poll(() => workers.leader).toBeTypeOf('number');

    const began = performance.now();
    const first = await workers.attempt(shared(all, WORKERS, 2), { passtime: 3600 });
    expect(first.verdicts).toEqual({ 'first-sight': TUPLES, 'too-soon': TUPLES });
    const between = performance.now();
    // A retry must come in a later second.
    await sleep(1500);
    const resumed = performance.now();
    const flushed = sleep(50).then(() => server.cli('SCRIPT', 'FLUSH'));
    const second = await workers.attempt(shared(all, WORKERS, 3), { passtime: 0 });
    expect(await flushed).toBe('OK');
    expect(workers.warnings).toEqual([]);
    expect(second.verdicts).toEqual({ retry: TUPLES, white: 2 * TUPLES });
    const seconds = (performance.now() - resumed + between - began) / 1000;
    console.log(`${5 * TUPLES} attempts by ${WORKERS} workers: ${Math.round((5 * TUPLES) / seconds)}/s`);
    await workers.close();

    const announced = await workers.announced();
    expect(histogram(times(announced, 'grey'))).toEqual({ 2: TUPLES });
    expect(histogram(times(announced, 'white'))).toEqual({ 1: TUPLES });
    expect(workers.warnings).toEqual([]);
    expect(new Set(announced.slice(0, TUPLES).map(({ pid }) => pid)).size).toBe(1);

    const passes: Record<string, number> = {};
    for (const item of await contents(server)) {
      const what =
        item.type === 'spamtrap'
          ? item.type
          : `${item.type} blocked ${item.record.blocked} passed ${item.record.passed}`;
      passes[what] = (passes[what] ?? 0) + 1;
    }
    expect(passes).toEqual({
      'tuple blocked 2 passed 1': TUPLES,
      'address blocked 0 passed 3': TUPLES,
    });
  });

  it('count each attempt of one busy network, none of which waits too long', { timeout: 240_000 }, async () => {
    // The default. An attempt that takes longer is answered as an error.
    await using workers = await Workers.start(WORKERS, server.url, { timeout: 2 });
    const policy: PolicyOptions = { subnet: { ipv4: 8 } };
    const pool = '10.0.0.0/8';

    const first = await workers.attempt(shared(all, WORKERS, 1), { ...policy, passtime: 3600 });
    expect(first.verdicts).toEqual({ 'first-sight': 1, 'too-soon': TUPLES - 1 });
    expect(first.conflicts).toBeGreaterThan(0);
    expect(await contents(server)).toMatchObject([{ type: 'tuple', record: { blocked: TUPLES, passed: 0 } }]);
    await sleep(1500);
    const second = await workers.attempt(shared(all, WORKERS, 1), { ...policy, passtime: 0 });
    expect(second.verdicts).toEqual({ retry: 1, white: TUPLES - 1 });
    console.log(
      `${TUPLES} attempts of one network by ${WORKERS} workers, twice: the slowest ${first.slowest.toFixed(3)} s and ` +
        `${second.slowest.toFixed(3)} s, ${first.conflicts} and ${second.conflicts - first.conflicts} conflicts`,
    );
    await workers.close();
    expect(await contents(server)).toMatchObject([
      { type: 'tuple', record: { blocked: TUPLES, passed: 1 } },
      { type: 'address', ip: pool, record: { blocked: 0, passed: TUPLES } },
    ]);
  });

  it('go on announcing when the leader is killed', { timeout: 120_000 }, async () => {
    await using workers = await Workers.start(1, server.url);
    await expect.poll(() => workers.leader).toBeTypeOf('number');
    const before = workers.leader;
    await workers.add(3);

    // The first list is the leader's own: it only announces.
    const attempts = workers.attempt([[], ...shared(all, 3, 1)], { passtime: 3600 });
    await expect.poll(async () => (await workers.announced()).length).toBeGreaterThan(BATCH);
    await workers.killLeader();
    const killed = Date.now();
    expect((await workers.announced()).length).toBeLessThan(TUPLES);
    expect((await attempts).verdicts).toEqual({ 'first-sight': TUPLES });
    await expect.poll(() => workers.leader).toBeTypeOf('number');
    expect(workers.leader).not.toBe(before);
    await workers.close();

    const announced = await workers.announced();
    const resumed = announced.find(({ pid }) => pid !== before);
    const gap = (resumed?.at ?? Number.POSITIVE_INFINITY) - killed;
    const counts = histogram(times(announced, 'grey'));
    console.log(`announcements resumed ${gap} ms after the kill; announced once, twice: ${JSON.stringify(counts)}`);
    expect(gap).toBeLessThan(5000);
    const { 1: once = 0, 2: twice = 0, ...more } = counts;
    expect(once + twice).toBe(TUPLES);
    expect(twice).toBeLessThanOrEqual(BATCH);
    expect(more).toEqual({});
    expect(workers.warnings).toEqual([]);
  });
});
