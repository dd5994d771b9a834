import { MemoryStore } from 'spamd-sync';
import { type RedisClient, RedisStore } from 'spamd-sync/redis';
import {
  type AddressChange,
  type AttemptOptions,
  AttemptStep,
  ChangeStep,
  newAddress,
  ReadStep,
  type Store,
  type StoreRecord,
  sweep,
  tupleKey,
} from 'spamd-sync/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS, type Kind } from './redis-clients.ts';
import { RedisServer, startCluster } from './redis-server.ts';

const START = 1_800_000_000;
const RULES = { passtime: 100, greyexp: 1000, whiteexp: 5000, trapWins: false, renewal: 500 };

/** A small random generator whose sequence a seed decides. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function attemptOf(ip: string, to: string, options: Partial<AttemptOptions> = {}): AttemptStep {
  const strings = { helo: 'mx.example.org', from: '<a@example.org>', to };
  return new AttemptStep(strings, { ip, rules: RULES, record: 'always', ...options });
}

async function sorted(store: Store): Promise<StoreRecord[]> {
  const records: [string, StoreRecord][] = [];
  for await (const item of store.records()) records.push([JSON.stringify(Object.values(item).slice(0, 2)), item]);
  return records.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => structuredClone(item));
}

/** One random thing done to a store, and what came of it. */
function randomStep(random: (below: number) => number, now: number): (store: Store) => unknown {
  const ip = ['192.0.2.1', '192.0.2.2', '2001:db8::1', 'mail.example.org}%'][random(4)] as string;
  const to = ['<a@example.net>', 'b@example.net', '<trap@example.net>'][random(3)] as string;
  const at = now - random(2) * random(400);
  const rules = { ...RULES, trapWins: random(4) === 0 };
  const record = (['always', 'always', 'known', 'no'] as const)[random(4)] as AttemptOptions['record'];
  const local = random(2) === 0;
  switch (random(10)) {
    case 0:
      return (store) => store.spamtraps.add('trap@example.net');
    case 1:
      return (store) => store.spamtraps.delete('trap@example.net');
    case 2:
      return async (store) => {
        const { removed, due } = await sweep(store, now, rules.trapWins);
        return { removed, due: [...due].sort((a, b) => (a.ip < b.ip ? -1 : 1)) };
      };
    case 3:
    case 4: {
      const type = (['white', 'trapped', 'remove-white', 'remove-trapped'] as const)[random(4)] ?? 'white';
      const common = { at, expires: at + random(3000), local };
      const trappedBy = local ? 'operator' : 'group';
      const change: AddressChange = type === 'trapped' ? { type, ...common, trappedBy } : { type, ...common };
      const announced = random(2) === 0;
      return (store) => store.update(new ChangeStep(ip, () => change, { announced }), now);
    }
    case 5: {
      const address = {
        ...newAddress(at),
        white: [{ at, expires: at + random(3000) }],
        blocked: random(5),
        passed: random(5),
        pass: at,
        localWhite: random(2) * at,
        whiteRemoved: random(2) * (at - 50),
        removalsExpire: random(2) * (at + 900),
        announcedExpires: random(2) * (now + random(300)),
      };
      const tuple = {
        first: at,
        pass: at + 1000,
        expires: at + 1000,
        blocked: random(2),
        passed: 0,
        original: undefined,
      };
      const key = tupleKey(ip, 'mx.example.org', '<a@example.org>', to);
      return (store) =>
        store.load([
          { type: 'address', ip, record: address },
          { type: 'tuple', key, record: tuple },
        ]);
    }
    case 6:
      return async (store) => structuredClone(await store.update(new ReadStep(ip), now));
    default:
      return (store) => store.update(attemptOf(ip, to, { rules, record, remoteAt: local ? undefined : at }), now);
  }
}

const [throughNodeRedis, throughIoRedis, throughCluster] = KINDS as [Kind, Kind, Kind];

/** A client of node-redis for a cluster that counts what is sent. */
function counting(client: RedisClient): { readonly client: RedisClient; readonly sent: string[] } {
  const sent: string[] = [];
  const counted = new Proxy(client as object as { sendCommand(...args: unknown[]): unknown }, {
    get(target, name) {
      if (name !== 'sendCommand') return Reflect.get(target, name, target);
      return (...given: unknown[]) => {
        sent.push((given.find(Array.isArray) as string[])[0] as string);
        return target.sendCommand(...given);
      };
    },
  });
  return { client: counted as unknown as RedisClient, sent };
}

describe('a store in Redis', () => {
  let single: RedisServer;
  let cluster: RedisServer[];
  beforeAll(async () => {
    single = await RedisServer.start();
    cluster = await startCluster();
  });
  afterAll(async () => {
    for (const server of [single, ...cluster]) await server[Symbol.asyncDispose]();
  });

  const flush = () => [single, ...cluster].every((server) => server.cli('FLUSHALL') === 'OK');

  it.each(KINDS)(
    'does through $name what the one in memory does, also where another process writes between',
    { timeout: 120_000 },
    async (kind) => {
      const [first = single] = cluster;
      const { client, close } = await kind.connect(kind.cluster ? first : single);
      const outcomes: unknown[] = [];
      for (let seed = 1; seed <= (kind.cluster ? 3 : 12); seed++) {
        expect(flush()).toBe(true);
        const random = randomOf(seed);
        const memory = new MemoryStore();
        // Two processes, of which each knows only what it saw itself.
        const stores = [1, 2].map(() => new RedisStore(client, { time: 'caller', timeout: 20 }));
        let now = START;
        for (let step = 0; step < 120; step++) {
          now += random(5) === 0 ? random(700) : random(60);
          const redis = stores[random(2)] as RedisStore;
          const doIt = randomStep(random, now);
          const ours = await doIt(redis);
          expect(ours, `seed ${seed}, step ${step}: ${doIt}`).toEqual(await doIt(memory));
          if (step % 10 === 9) expect(await sorted(redis), `seed ${seed}, step ${step}`).toEqual(await sorted(memory));
          outcomes.push(ours);
        }
        const { conflicts, ...stats } = (await stores[0]?.stats()) ?? { conflicts: 0 };
        const none = { clockDifference: 0, foreign: 0, lostCounts: 0, refused: 0, unwritten: 0 };
        expect({ ...stats, conflicts: 0 }).toEqual({ ...memory.stats(), ...none });
        expect(conflicts).toBeGreaterThan(0);
      }
      // What never came up was not compared.
      for (const outcome of ['first', 'early', 'promoted', 'white', 'trapped', 'spamtrap', 'unrecorded']) {
        expect(outcomes).toContainEqual(expect.objectContaining({ outcome }));
      }
      for (const type of ['white', 'trapped']) {
        expect(outcomes).toContainEqual(expect.objectContaining({ due: [expect.objectContaining({ type })] }));
      }
      await close();
    },
  );

  it('loses no write of several processes that write at once', async () => {
    expect(flush()).toBe(true);
    const connected = [await throughNodeRedis.connect(single), await throughIoRedis.connect(single)];
    const stores = connected.map(({ client }) => new RedisStore(client, { time: 'caller', timeout: 20 }));
    const attempts = Array.from({ length: 400 }, (_, n) => {
      return stores[n % 2]?.update(attemptOf('192.0.2.1', `<${n % 3}@example.net>`), START);
    });
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((each) => each?.outcome === 'first')).toHaveLength(3);
    const blocked = (await sorted(stores[0] as RedisStore)).map((item) => item.type === 'tuple' && item.record.blocked);
    expect(blocked).toEqual([134, 133, 133]);
    for (const { close } of connected) await close();
  });

  it('keeps a tuple and its address at one server of a cluster', async () => {
    expect(flush()).toBe(true);
    const [first = single] = cluster;
    const { client, close } = await throughCluster.connect(first);
    const store = new RedisStore(client, { time: 'caller' });
    for (let n = 0; n < 60; n++) {
      const ip = `192.0.2.${n}`;
      await store.update(attemptOf(ip, '<a@example.net>'), START);
      const { outcome } = await store.update(attemptOf(ip, '<a@example.net>'), START + 200);
      expect(outcome).toBe('promoted');
    }
    const sizes = cluster.map((server) => Number(server.cli('DBSIZE')));
    expect(Math.min(...sizes)).toBeGreaterThan(20);
    expect(await store.stats()).toMatchObject({ tuples: 60, addresses: 60 });
    expect((await sweep(store, START + 5201, false)).due).toEqual([]);
    await close();
  });

  it('sweeps all slots of a cluster first, then only those that are in use', async () => {
    expect(flush()).toBe(true);
    const [first = single] = cluster;
    const { client, close } = await throughCluster.connect(first);
    const { client: counted, sent } = counting(client);
    const now = Math.floor(Date.now() / 1000);
    const change = { type: 'white', at: now, expires: now + 5000, local: true } as const;
    const announced = (ip: string) => new ChangeStep(ip, () => change, { announced: true });
    await new RedisStore(client).update(announced('192.0.2.1'), now);
    const store = new RedisStore(counted);
    await sweep(store, now, false);
    expect(sent.filter((command) => command === 'ZCARD')).toHaveLength(16_384);
    await store.update(announced('192.0.2.2'), now);
    sent.length = 0;
    await sweep(store, now, false);
    // The time, and the indexes of two addresses: one of another process, one of its own.
    expect(sent).toEqual(['TIME', 'ZRANGEBYSCORE', 'ZRANGEBYSCORE']);
    await close();
  });

  it('lets Redis forget what has expired, by its own clock', async () => {
    expect(flush()).toBe(true);
    const { client, close } = await throughNodeRedis.connect(single);
    const now = Math.floor(Date.now() / 1000);
    // A host whose clock is a day behind.
    const store = new RedisStore(client, { clock: { now: () => Date.now() / 1000 - 86_400 } });
    await store.update(attemptOf('192.0.2.1', '<a@example.net>'), now - 86_400);
    const there = now - 86_400;
    const trapped = { type: 'trapped', at: there, expires: there + 500, local: true, trappedBy: 'operator' } as const;
    await store.update(new ChangeStep('192.0.2.2', () => trapped, { announced: true }), now);
    const [tuple] = (await sorted(store)).filter(({ type }) => type === 'tuple');
    expect(Math.abs((tuple?.type === 'tuple' ? tuple.record.first : 0) - there)).toBeLessThan(30);
    const left = (name: string) => Number(single.cli('PTTL', name)) / 1000;
    const [name = ''] = single.cli('--raw', 'KEYS', 'spamd:tuple:*').split('\n');
    expect(name).toContain('{192.0.2.1}');
    expect(left('spamd:address:{192.0.2.2}')).toBeGreaterThan(450);
    expect(left('spamd:address:{192.0.2.2}')).toBeLessThanOrEqual(500);
    expect(single.cli('KEYS', 'spamd:*').split('\n')).toHaveLength(3);
    await close();
  });

  it('takes an address that Redis has forgotten out of the index of what is due', async () => {
    expect(flush()).toBe(true);
    const { client, close } = await throughNodeRedis.connect(single);
    single.cli('ZADD', 'spamd:due', '1', '192.0.2.1');
    expect(await sweep(new RedisStore(client), 0, false)).toEqual({ removed: 0, due: [] });
    expect(single.cli('ZCARD', 'spamd:due')).toBe('0');
    await close();
  });

  it.each([throughNodeRedis, throughIoRedis])(
    'writes through $name what a busy address counts once a second, and before it is read',
    async (kind) => {
      expect(flush()).toBe(true);
      const { client, close } = await kind.connect(single);
      const store = new RedisStore(client);
      const now = Math.floor(Date.now() / 1000);
      const change = { type: 'trapped', at: now, expires: now + 5000, local: true, trappedBy: 'operator' } as const;
      await store.update(new ChangeStep('192.0.2.1', () => change, { announced: false }), now);
      const value = () => single.cli('--no-raw', 'GET', 'spamd:address:{192.0.2.1}');
      const trapped = () => store.update(attemptOf('192.0.2.1', '<a@example.net>'), now);
      await trapped();
      const counted = value();
      for (let n = 0; n < 9; n++) expect(await trapped()).toMatchObject({ outcome: 'trapped' });
      expect(value()).toBe(counted);
      expect(await store.update(new ReadStep('192.0.2.1'), now)).toMatchObject({ blocked: 10 });
      await trapped();
      const read = value();
      await expect.poll(value).not.toBe(read);
      await trapped();
      await store.close();
      const other = new RedisStore(client);
      expect(await other.update(new ReadStep('192.0.2.1'), now)).toMatchObject({ blocked: 12 });
      await close();
    },
  );

  it('has no spamtraps, and decides, where a cluster has another type under their key', async () => {
    expect(flush()).toBe(true);
    const [first = single] = cluster;
    const { client, close } = await throughCluster.connect(first);
    const connection = client as unknown as { sendCommand(key: string, isReadonly: boolean, args: string[]): unknown };
    await connection.sendCommand('spamd:spamtraps', false, ['SET', 'spamd:spamtraps', 'something else']);
    const store = new RedisStore(client);
    const warnings: string[] = [];
    store.on('warning', ({ message }) => warnings.push(message));
    expect(await store.update(attemptOf('192.0.2.1', '<a@example.net>'), START)).toMatchObject({ outcome: 'first' });
    expect(await store.spamtraps.has('a@example.net')).toBe(false);
    expect(await store.stats()).toMatchObject({ tuples: 1, spamtraps: 0 });
    await expect(store.spamtraps.add('a@example.net')).rejects.toThrow(/"spamd:spamtraps" holds/);
    await expect.poll(() => warnings).toEqual([expect.stringContaining('spamd:spamtraps')]);
    await close();
  });

  it('says what to do where a key holds the value of an older version', async () => {
    expect(flush()).toBe(true);
    single.cli('HSET', 'spamd:address:{192.0.2.1}', 'first', '1');
    single.cli('SET', 'spamd:address:{192.0.2.2}', 'text');
    const { client, close } = await throughNodeRedis.connect(single);
    const store = new RedisStore(client);
    for (const ip of ['192.0.2.1', '192.0.2.2']) {
      const read = store.update(new ReadStep(ip), START);
      await expect(read).rejects.toMatchObject({
        code: 'ERR_SPAMD_STORE',
        message: expect.stringMatching(/older version/),
      });
    }
    // An export passes over both, and counts them.
    expect(await sorted(store)).toEqual([]);
    expect((await store.stats()).foreign).toBeGreaterThanOrEqual(4);
    await close();
  });
});
