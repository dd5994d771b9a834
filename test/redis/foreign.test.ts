import { Greylist } from 'spamd-sync';
import { RedisStore, type RedisStoreWarning } from 'spamd-sync/redis';
import { ReadStep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { FakeRedis } from './fake-redis.ts';

const START = 1_800_000_000;
const STRINGS = { helo: 'mx', from: '<a@example.org>' };
const TUPLE = 'spamd:tuple:{192.0.2.1}\0mx\0a@example.org\0b@example.net';

function opened() {
  const clock = new VirtualClock(START);
  const redis = new FakeRedis(clock.now);
  const store = new RedisStore(redis, { clock });
  const warnings: RedisStoreWarning[] = [];
  store.on('warning', (warning) => warnings.push(warning));
  const greylist = new Greylist({ store, clock, policy: { onError: 'defer' } });
  const check = (to: string) => greylist.check({ ip: '192.0.2.1', ...STRINGS, to });
  return { clock, redis, store, greylist, check, warnings };
}

describe('what is foreign under the keys of a store', () => {
  it.each([
    ['a key of another type', (redis: FakeRedis) => redis.foreign.add(TUPLE)],
    ['a text that is no record', (redis: FakeRedis) => redis.values.set(TUPLE, 'hello, world')],
    [
      'bytes that are no record',
      (redis: FakeRedis) => redis.values.set(TUPLE, Buffer.from('hello').toString('base64')),
    ],
  ])('costs the tuple alone whose key holds %s, not those that share its exchange', async (_, spoil) => {
    const { redis, clock, store, greylist, check, warnings } = opened();
    spoil(redis);
    const recipients = ['<b@example.net>', '<c@example.net>', '<d@example.net>', '<b@example.net>'];
    const verdicts = await Promise.all(recipients.map(check));
    expect(verdicts.map(({ reason }) => reason)).toEqual(['error', 'first-sight', 'first-sight', 'error']);
    expect((await check('<c@example.net>')).reason).toBe('too-soon');
    expect((await check('<b@example.net>')).reason).toBe('error');
    await clock.advance(0.1);
    expect(warnings).toEqual([
      { code: 'WARN_SPAMD_FOREIGN', message: expect.stringContaining('tuple:{192.0.2.1}'), error: expect.anything() },
    ]);
    expect((await store.stats()).foreign).toBeGreaterThanOrEqual(2);
    await greylist.close();
  });

  it('is nobody’s spamtrap, where the set of those is another type', async () => {
    const { redis, clock, greylist, check, warnings } = opened();
    redis.foreign.add('spamd:spamtraps');
    expect((await check('<b@example.net>')).reason).toBe('first-sight');
    expect((await check('<b@example.net>')).reason).toBe('too-soon');
    await clock.advance(0.1);
    expect(warnings).toMatchObject([{ message: expect.stringContaining('spamd:spamtraps') }]);
    await greylist.close();
  });

  it('costs a sweep only itself, and leaves the index of what is due', async () => {
    const { redis, clock, greylist } = opened();
    for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      await greylist.allow(ip, { expires: START + 100_000 });
      redis.due.set(ip, START - 1);
    }
    redis.foreign.add('spamd:address:{192.0.2.2}');
    redis.due.set('not an address', 1);
    await expect(greylist.sweep()).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    expect([...redis.due.keys()]).not.toContain('192.0.2.2');
    expect([...redis.due.keys()]).not.toContain('not an address');
    expect(await greylist.sweep()).toMatchObject({ removed: 0 });
    await clock.advance(0.1);
    await greylist.close();
  });

  it('is left where it is: it is not for us to write over', async () => {
    const { redis, store, greylist } = opened();
    redis.values.set('spamd:address:{192.0.2.1}', 'hello, world');
    await expect(greylist.trap('192.0.2.1')).rejects.toMatchObject({ code: 'ERR_SPAMD_STORE' });
    await expect(store.update(new ReadStep('192.0.2.1'), 0)).rejects.toThrow(/address:\{192\.0\.2\.1\}/);
    expect(redis.values.get('spamd:address:{192.0.2.1}')).toBe('hello, world');
    await greylist.close();
  });
});
