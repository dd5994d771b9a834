import { Greylist } from 'spamd-sync';
import { RedisStore, type RedisStoreWarning } from 'spamd-sync/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { FakeRedis } from './fake-redis.ts';

const START = 1_800_000_000;
const OOM = "OOM command not allowed when used memory > 'maxmemory'.";
const STRINGS = { helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

/** A greylist over a Redis that knows a trapped host, a white one, a tuple and a spamtrap, and then takes no writes. */
async function full() {
  const clock = new VirtualClock(START);
  const redis = new FakeRedis(clock.now);
  const store = new RedisStore(redis, { clock });
  const announced: unknown[] = [];
  const group = { announce: async (entries: Iterable<unknown>) => void announced.push(...entries) };
  const policy = { passtime: 100, onError: 'pass' } as const;
  const greylist = new Greylist({ store, clock, group, policy, sweepInterval: 86_400 });
  greylists.push(greylist);
  const warnings: RedisStoreWarning[] = [];
  store.on('warning', (warning) => warnings.push(warning));
  const failures: string[] = [];
  greylist.on('warning', ({ message }) => failures.push(message));
  await greylist.trap('192.0.2.1');
  await greylist.allow('192.0.2.2');
  await greylist.spamtraps.add('trap@example.net');
  await greylist.check({ ip: '192.0.2.3', ...STRINGS });
  redis.refusal = OOM;
  announced.length = 0;
  const check = (ip: string, to = STRINGS.to) => greylist.check({ ip, ...STRINGS, to });
  return { clock, redis, store, greylist, check, warnings, failures, announced };
}

const greylists: Greylist[] = [];
afterEach(async () => {
  for (const greylist of greylists.splice(0)) await greylist.close();
});

describe('a Redis that takes no writes', () => {
  it('rejects a trapped host, passes a white one, and defers a known tuple too soon, as it can be read', async () => {
    const { check, store } = await full();
    expect(await check('192.0.2.1')).toMatchObject({ action: 'reject', reason: 'trapped', trappedBy: 'operator' });
    expect(await check('192.0.2.2')).toMatchObject({ action: 'pass', reason: 'white' });
    expect(await check('192.0.2.3')).toMatchObject({ action: 'defer', reason: 'too-soon' });
    expect(await store.stats()).toMatchObject({ unwritten: 3 });
  });

  it('passes a client that has waited, as its tuple shows', async () => {
    const { check, clock } = await full();
    await clock.advance(101);
    expect(await check('192.0.2.3')).toMatchObject({ action: 'pass', reason: 'retry' });
  });

  it('does not announce a white host again with every attempt, as that cannot be noted', async () => {
    const { check, clock, announced } = await full();
    await clock.advance(4 * 86_400);
    expect(await check('192.0.2.2')).toMatchObject({ action: 'pass', reason: 'white' });
    expect(announced).toEqual([]);
  });

  it('leaves what is seen first to policy.onError, since it would be new again the next time', async () => {
    const { check } = await full();
    expect(await check('192.0.2.9')).toMatchObject({ action: 'pass', reason: 'error' });
  });

  it('rejects who writes to a spamtrap and announces it, though it cannot be recorded', async () => {
    const { check, greylist, announced, failures } = await full();
    const verdict = await check('192.0.2.9', '<Trap@example.net>');
    expect(verdict).toMatchObject({ action: 'reject', reason: 'spamtrap', expires: START + 86_400 });
    expect(announced).toEqual([{ type: 'trapped', ip: '192.0.2.9', timestamp: START, expires: START + 86_400 }]);
    expect(await greylist.stats()).toMatchObject({ unrecorded: 1 });
    expect(failures).toEqual([expect.stringContaining('the trap of 192.0.2.9 could not be recorded')]);
  });

  it('is named when an operator traps or allows', async () => {
    const { greylist } = await full();
    const error = { code: 'ERR_SPAMD_STORE', message: expect.stringContaining('it is full') };
    await expect(greylist.trap('192.0.2.9')).rejects.toMatchObject(error);
    await expect(greylist.allow('192.0.2.9')).rejects.toMatchObject(error);
  });

  it('is reported once, and again when it comes back', async () => {
    const { check, clock, redis, warnings } = await full();
    for (let n = 0; n < 3; n++) await check('192.0.2.1');
    await clock.advance(1);
    expect(warnings).toEqual([
      { code: 'WARN_SPAMD_STORE', message: expect.stringContaining(OOM), error: expect.anything() },
    ]);
    redis.refusal = undefined;
    await check('192.0.2.9');
    redis.refusal = OOM;
    await check('192.0.2.8');
    await clock.advance(0.1);
    expect(warnings).toHaveLength(2);
  });

  it('gets what was counted once it takes writes again', async () => {
    const { check, clock, redis } = await full();
    for (let n = 0; n < 5; n++) await check('192.0.2.1');
    await clock.advance(10);
    redis.refusal = undefined;
    await clock.advance(2);
    expect(redis.blocked('192.0.2.1')).toBe(5);
  });

  it('answers those of a batch that need no write, and fails the others alone', async () => {
    const { check } = await full();
    const verdicts = await Promise.all([
      check('192.0.2.3'),
      check('192.0.2.3', '<new@example.net>'),
      check('192.0.2.3', '<newer@example.net>'),
      check('192.0.2.3'),
    ]);
    expect(verdicts.map(({ reason }) => reason)).toEqual(['too-soon', 'error', 'error', 'too-soon']);
  });
});
