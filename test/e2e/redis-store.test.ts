import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { type AddressChange, type AttemptStep, MemoryStore, type Store, type StoreRecord } from 'spamd-sync';
import { RedisStore } from 'spamd-sync/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
          record: { first: at, pass: at + 1000, expire: at + 1000, blocked: random(2), passed: 0, spelled: undefined },
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

describe('a store in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('does what the one in memory does, whatever comes', async () => {
    const client = await createClient({ url: server.url }).connect();
    for (let seed = 1; seed <= 40; seed++) {
      await client.flushAll();
      const random = randomOf(seed);
      const memory = new MemoryStore();
      const redis = new RedisStore(client, { clock: 'caller' });
      let now = START;
      for (let step = 0; step < 150; step++) {
        now += random(5) === 0 ? random(700) : random(60);
        const doIt = randomStep(random, now);
        const [ours, theirs] = [await doIt(redis), await doIt(memory)];
        expect(ours, `seed ${seed}, step ${step}: ${doIt}`).toEqual(theirs);
        expect(await sorted(redis), `seed ${seed}, step ${step}: ${doIt}`).toEqual(await sorted(memory));
      }
      expect(await redis.stats()).toEqual(memory.stats());
    }
    client.destroy();
  });
});
