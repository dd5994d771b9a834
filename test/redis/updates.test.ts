import { RedisStore } from 'spamd-sync/redis';
import {
  type AttemptOptions,
  AttemptStep,
  ChangeStep,
  decodeAddress,
  encodeAddress,
  newAddress,
  ReadStep,
  type Step,
  sweep,
} from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { FakeRedis } from './fake-redis.ts';

const START = 1_800_000_000;
const IP = '192.0.2.1';
const ADDRESS = `spamd:address:{${IP}}`;
const RULES = { passtime: 100, greyexp: 1000, whiteexp: 5000, trapWins: false, renewal: 500 };

function attempt(to = '<b@example.net>', options: Partial<AttemptOptions> = {}): AttemptStep {
  const strings = { helo: 'mx', from: '<a@example.org>', to };
  return new AttemptStep(strings, { ip: IP, rules: RULES, record: 'always', ...options });
}

function trapping(expires: number): ChangeStep {
  const change = { type: 'trapped', at: START, expires, local: true, trappedBy: 'operator' } as const;
  return new ChangeStep(IP, () => change, { announced: true });
}

/** A server, and stores of that many processes that share it, all by one clock. */
function shared(count = 1) {
  const clock = new VirtualClock(START);
  const redis = new FakeRedis(clock.now);
  const stores = Array.from({ length: count }, () => new RedisStore(redis, { clock }));
  return { clock, redis, stores, store: stores[0] as RedisStore, other: stores[1] as RedisStore };
}

describe('steps by compare-and-set', () => {
  it('take one round trip over what is new, and over what this process wrote last', async () => {
    const { redis, store } = shared();
    expect(await store.update(attempt(), 0)).toMatchObject({ outcome: 'first' });
    expect(redis.trips()).toBe(1);
    expect(await store.update(attempt(), 0)).toMatchObject({ outcome: 'early' });
    expect(redis.trips()).toBe(1);
  });

  it('take two over what another process wrote, and one from then on', async () => {
    const { redis, store, other } = shared(2);
    await store.update(attempt(), 0);
    redis.trips();
    expect(await other.update(attempt(), 0)).toMatchObject({ outcome: 'early', blocked: 2 });
    expect(redis.trips()).toBe(2);
    // What was not known is no conflict.
    expect(await other.stats()).toMatchObject({ conflicts: 0 });
    redis.trips();
    await other.update(attempt(), 0);
    expect(redis.trips()).toBe(1);
    expect(await store.update(attempt(), 0)).toMatchObject({ blocked: 4 });
    expect(await store.stats()).toMatchObject({ conflicts: 1 });
  });

  it('take one to read what another process wrote, and one more to read it again', async () => {
    const { redis, store, other } = shared(2);
    await store.update(trapping(START + 500), 0);
    redis.trips();
    expect(await other.update(new ReadStep(IP), 0)).toMatchObject({ trappedBy: 'operator' });
    expect(redis.trips()).toBe(1);
    expect(await other.update(new ReadStep(IP), 0)).toMatchObject({ trappedBy: 'operator' });
    expect(redis.trips()).toBe(1);
    // What was read is what is expected.
    await other.update(trapping(START + 600), 0);
    expect(redis.trips()).toBe(1);
  });

  it('ask of a recipient that they look at only over what another process wrote', async () => {
    const { redis, store, other } = shared(2);
    await store.update(trapping(START + 500), 0);
    redis.spamtraps.add('b@example.net');
    const step: Step<boolean> = {
      ip: IP,
      recipient: 'b@example.net',
      run: (view) => ({ value: view.address !== undefined && view.isSpamtrap }),
    };
    expect(await other.update(step, 0)).toBe(true);
  });

  it('take one over what has expired since: Redis has forgotten it, too', async () => {
    const { clock, redis, store } = shared();
    await store.update(trapping(START + 500), 0);
    await clock.advance(501);
    redis.trips();
    expect(await store.update(new ReadStep(IP), 0)).toBeUndefined();
    expect(redis.trips()).toBe(1);
  });

  it('know the time of the server to less than a second', async () => {
    const { clock, redis, store } = shared();
    await clock.advance(0.7);
    await store.update(attempt(), 0);
    await clock.advance(0.4);
    redis.trips();
    expect(await store.update(attempt(), 0)).toMatchObject({ first: START, retryAfter: 100 });
    await store.update(attempt('<c@example.net>'), 0);
    const assumed = redis.sent.map((args) => args[3 + Number(args[2])]);
    expect(assumed).toEqual([`${START + 1}`, `${START + 1}`]);
  });

  it('look at the spamtraps as they are when they are written', async () => {
    const { redis, store } = shared();
    redis.spamtraps.add('b@example.net');
    expect(await store.update(attempt(), 0)).toEqual({ outcome: 'spamtrap' });
    expect(redis.values.size).toBe(0);
    const { other: second, redis: late } = shared(2);
    await second.update(trapping(START + 500), 0);
    // By the reply that says what stands of the address, the recipient is one.
    late.before = () => void late.spamtraps.add('b@example.net');
    expect(await second.update(attempt('<b@example.net>'), 0)).toEqual({ outcome: 'spamtrap' });
  });

  it('ask of a recipient also where they change nothing', async () => {
    const { redis, store } = shared();
    redis.spamtraps.add('b@example.net');
    const unrecorded = attempt('<b@example.net>', { record: 'no' });
    expect(await store.update(unrecorded, 0)).toEqual({ outcome: 'spamtrap' });
    expect(await store.update(attempt('<c@example.net>', { record: 'no' }), 0)).toEqual({ outcome: 'unrecorded' });
  });

  it('put an address into the due index when it is announced, and take it out with its record', async () => {
    const { clock, redis, store } = shared();
    await store.update(trapping(START + 500), 0);
    expect(redis.due.get(IP)).toBe(START + 500);
    await clock.advance(501);
    expect(await sweep(store, 0, false)).toEqual({ removed: 0, due: [] });
    expect(redis.due.size).toBe(0);
  });

  it('put off no counts of an address that Redis is about to forget', async () => {
    const { clock, redis, store } = shared();
    await store.update(trapping(START + 100), 0);
    const blocked = () => decodeAddress(Buffer.from(redis.values.get(ADDRESS) ?? '', 'base64')).blocked;
    await store.update(attempt(), 0);
    await store.update(attempt(), 0);
    expect(blocked()).toBe(1);
    await clock.advance(96);
    await store.update(attempt(), 0);
    await store.update(attempt(), 0);
    expect(blocked()).toBe(4);
  });

  it('lose no counts that were put off where the next one is written at once', async () => {
    const { clock, redis, store } = shared();
    await store.update(trapping(START + 100), 0);
    await clock.advance(94.2);
    await store.update(attempt(), 0);
    await clock.advance(0.5);
    await store.update(attempt(), 0);
    expect(redis.blocked(IP)).toBe(1);
    // Redis is about to forget the address from now on.
    await clock.advance(0.4);
    await store.update(attempt(), 0);
    expect(redis.blocked(IP)).toBe(3);
  });

  it('fail together where their exchange does, and the next ones do not', async () => {
    const { redis, store } = shared();
    redis.before = () => {
      throw new Error('away');
    };
    const steps = ['<a@x>', '<b@x>', '<c@x>', '<d@x>'].map((to) => store.update(attempt(to), 0));
    for (const { status } of await Promise.allSettled(steps)) expect(status).toBe('rejected');
    redis.before = () => {};
    expect(await store.update(attempt('<a@x>'), 0)).toMatchObject({ outcome: 'first' });
  });

  it('are not run any more once they were given up', async () => {
    const { clock, redis, store } = shared();
    let answer = (): void => {};
    redis.before = () =>
      new Promise((done) => {
        answer = done;
      });
    const steps = ['<a@x>', '<b@x>'].map((to) => store.update(attempt(to), 0));
    const settled = Promise.allSettled(steps);
    await clock.advance(3);
    for (const { status } of await settled) expect(status).toBe('rejected');
    redis.before = () => {};
    answer();
    await clock.advance(1);
    // The first was with the server already, which refuses it: it assumes a time that is past.
    expect(redis.values.size).toBe(0);
    expect(redis.trips()).toBe(1);
  });

  it('leave an address to other processes for about as long as their exchange took', async () => {
    const { clock, redis, store } = shared();
    const tookEach = 0.04;
    redis.before = async () => new Promise((done) => clock.setTimer(tookEach, done));
    const sentAt: number[] = [];
    const push = redis.sent.push.bind(redis.sent);
    redis.sent.push = (...args) => {
      sentAt.push(clock.monotonic());
      return push(...args);
    };
    const first = store.update(attempt('<a@x>'), 0);
    const second = store.update(attempt('<b@x>'), 0);
    await clock.advance(1);
    await Promise.all([first, second]);
    const [one = 0, two = 0] = sentAt;
    const pause = two - one - tookEach;
    expect(pause).toBeGreaterThanOrEqual(tookEach / 2);
    expect(pause).toBeLessThanOrEqual(tookEach * 1.5);
  });

  it('wait for nobody where they follow one another', async () => {
    const { clock, redis, store } = shared();
    // The time never passes.
    for (let n = 0; n < 5; n++) await store.update(attempt(), 0);
    expect(clock.monotonic()).toBe(0);
    expect(redis.trips()).toBe(5);
  });

  it('are at most 256 an exchange', async () => {
    const { clock, redis, store } = shared();
    const steps = Array.from({ length: 600 }, (_, n) => store.update(attempt(`<${n}@x>`), 0));
    await clock.advance(1);
    await Promise.all(steps);
    // One goes at once.
    const sizes = redis.sent.map((args) => Number(args[2]) - 3);
    expect(sizes).toEqual([1, 256, 256, 87]);
  });

  it('keep what no Redis may be told to forget: an expiry beyond its range', async () => {
    const { redis, store } = shared();
    const record = { ...newAddress(START), white: [{ at: START, expires: Number.MAX_SAFE_INTEGER }] };
    await store.load([{ type: 'address', ip: IP, record }]);
    expect(redis.values.get(ADDRESS)).toBe(Buffer.from(encodeAddress(record)).toString('base64'));
    expect(redis.expiries.get(ADDRESS)).toBe(1e15);
  });
});
