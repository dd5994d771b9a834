import { type AddressChange, type AttemptStep, MemoryStore, type Store, type StoreRecord } from 'spamd-sync';
import { RedisStore } from 'spamd-sync/redis';
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

function attemptOf(ip: string, to: string, at: number, now: number, own = true): AttemptStep {
  return {
    ip,
    key: `${ip}\0mx.example.org\0a@example.org\0${to}`,
    spelled: () => (to.startsWith('b') ? `mx\0<A@example.org>\0<${to}>` : undefined),
    to: () => to,
    at,
    now,
    rules: RULES,
    own,
    record: 'always',
  };
}

async function sorted(store: Store): Promise<StoreRecord[]> {
  const records: [string, StoreRecord][] = [];
  for await (const item of store.entries()) records.push([JSON.stringify(Object.values(item).slice(0, 2)), item]);
  return records.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => structuredClone(item));
}

/** One random thing done to a store, and what came of it. */
function randomStep(random: (below: number) => number, now: number): (store: Store) => unknown {
  const ip = ['192.0.2.1', '192.0.2.2', '2001:db8::1', 'mail.example.org}%'][random(4)] as string;
  const to = ['a@example.net', 'b@example.net', 'trap@example.net'][random(3)] as string;
  const at = now - random(2) * random(400);
  const rules = { ...RULES, trapWins: random(4) === 0 };
  const record = (['always', 'always', 'known', 'no'] as const)[random(4)] as AttemptStep['record'];
  const own = random(2) === 0;
  switch (random(10)) {
    case 0:
      return (store) => store.spamtraps.add('trap@example.net');
    case 1:
      return (store) => store.spamtraps.delete('trap@example.net');
    case 2:
      return async (store) => {
        const { removed, due } = await store.sweep({ now, trapWins: rules.trapWins });
        return { removed, due: [...due].sort((a, b) => (a.ip < b.ip ? -1 : 1)) };
      };
    case 3:
    case 4: {
      const type = (['white', 'trapped', 'remove-white', 'remove-trapped'] as const)[random(4)] ?? 'white';
      const change: AddressChange =
        type === 'white' || type === 'trapped'
          ? { type, ip, at, until: at + random(3000), own, by: own ? 'operator' : 'group' }
          : { type, ip, at, until: at + random(3000), own };
      const announced = random(2) === 0;
      return (store) => store.mergeAddress(change, { now, announced });
    }
    case 5: {
      const claim = { at, until: at + random(3000) };
      const counts = { blocked: random(5), passed: random(5), pass: at, first: at, announcedAt: 0 };
      const white = { ...counts, white: [claim], trapped: [], by: '', ownWhite: random(2) * at };
      const removals = {
        whiteRemoved: random(2) * (at - 50),
        trappedRemoved: 0,
        removalsUntil: random(2) * (at + 900),
      };
      const loaded: StoreRecord[] = [
        { type: 'address', ip, record: { ...white, ...removals, announcedUntil: random(2) * (now + random(300)) } },
        {
          type: 'tuple',
          key: attemptOf(ip, to, at, now).key,
          record: { first: at, pass: at + 1000, expires: at + 1000, blocked: random(2), passed: 0, spelled: undefined },
        },
      ];
      return (store) => store.load(structuredClone(loaded));
    }
    case 6:
      return async (store) => structuredClone(await store.address(ip));
    default:
      return (store) => store.recordAttempt({ ...attemptOf(ip, to, own ? now : at, now, own), rules, record });
  }
}

const [throughNodeRedis, , throughCluster] = KINDS as [Kind, Kind, Kind];

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
    'does through $name what the one in memory does, whatever comes',
    { timeout: 120_000 },
    async (kind) => {
      const [first = single] = cluster;
      const { client, close } = await kind.connect(kind.cluster ? first : single);
      const outcomes: unknown[] = [];
      for (let seed = 1; seed <= (kind.cluster ? 3 : 12); seed++) {
        expect(flush()).toBe(true);
        const random = randomOf(seed);
        const memory = new MemoryStore();
        const redis = new RedisStore(client, { clock: 'caller', timeoutMs: 20_000 });
        let now = START;
        for (let step = 0; step < 120; step++) {
          now += random(5) === 0 ? random(700) : random(60);
          const doIt = randomStep(random, now);
          const ours = await doIt(redis);
          expect(ours, `seed ${seed}, step ${step}: ${doIt}`).toEqual(await doIt(memory));
          if (step % 10 === 9) expect(await sorted(redis), `seed ${seed}, step ${step}`).toEqual(await sorted(memory));
          outcomes.push(ours);
        }
        expect(await redis.stats()).toEqual(memory.stats());
      }
      // What never came up was not compared.
      for (const step of ['first', 'early', 'promoted', 'white', 'trapped', 'spamtrap', 'unrecorded']) {
        expect(outcomes).toContainEqual(expect.objectContaining({ step }));
      }
      for (const type of ['white', 'trapped']) {
        expect(outcomes).toContainEqual(expect.objectContaining({ due: [expect.objectContaining({ type })] }));
      }
      await close();
    },
  );

  it('keeps a tuple and its address at one server of a cluster', async () => {
    expect(flush()).toBe(true);
    const [first = single] = cluster;
    const { client, close } = await throughCluster.connect(first);
    const store = new RedisStore(client, { clock: 'caller' });
    for (let n = 0; n < 60; n++) {
      const ip = `192.0.2.${n}`;
      await store.recordAttempt(attemptOf(ip, 'a@example.net', START, START));
      const outcome = await store.recordAttempt(attemptOf(ip, 'a@example.net', START + 200, START + 200));
      expect(outcome.step).toBe('promoted');
    }
    const sizes = cluster.map((server) => Number(server.cli('DBSIZE')));
    expect(Math.min(...sizes)).toBeGreaterThan(20);
    expect(await store.stats()).toMatchObject({ tuples: 60, addresses: 60 });
    const { due } = await store.sweep({ now: START + 5201, trapWins: false });
    expect(due).toEqual([]);
    await close();
  });

  it('lets Redis forget what has expired, by its own clock', async () => {
    expect(flush()).toBe(true);
    const { client, close } = await throughNodeRedis.connect(single);
    const store = new RedisStore(client);
    const now = Math.floor(Date.now() / 1000);
    // A host whose clock is a day behind.
    const wrong = now - 86_400;
    await store.recordAttempt(attemptOf('192.0.2.1', 'a@example.net', wrong, wrong));
    await store.mergeAddress(
      { type: 'trapped', ip: '192.0.2.2', at: now, until: now + 500, own: true, by: 'operator' },
      { now, announced: true },
    );
    const [tuple] = await sorted(store).then((records) => records.filter(({ type }) => type === 'tuple'));
    expect(Math.abs((tuple?.type === 'tuple' ? tuple.record.first : 0) - now)).toBeLessThan(30);
    const left = (name: string) => Number(single.cli('PTTL', name)) / 1000;
    const [name = ''] = single.cli('--raw', 'KEYS', 'spamd:tuple:*').split('\n');
    expect(name).toContain('{192.0.2.1}');
    expect(left('spamd:address:{192.0.2.2}')).toBeGreaterThan(450);
    expect(left('spamd:address:{192.0.2.2}')).toBeLessThanOrEqual(500);
    expect(single.cli('KEYS', 'spamd:*').split('\n')).toHaveLength(3);
    await close();
  });
});
