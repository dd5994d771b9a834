import { type Entry, Greylist, type Source } from 'spamd-sync';
import { RedisStore, type RedisStoreWarning } from 'spamd-sync/redis';
import { ReadStep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { FakeRedis } from './fake-redis.ts';

const START = 1_800_000_000;
const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;
const STRINGS = { helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

const SOURCE: Source = { address: '198.51.100.1', port: 8025 };

/** A greylist on a host whose clock is right, over a Redis whose clock is not. */
function opened(ahead: number) {
  const clock = new VirtualClock(START);
  const server = { ahead };
  const redis = new FakeRedis(() => clock.now() + server.ahead);
  const store = new RedisStore(redis, { clock });
  const warnings: RedisStoreWarning[] = [];
  store.on('warning', (warning) => warnings.push(warning));
  const announced: Entry[] = [];
  const receive: ((entry: Entry, source: Source) => void)[] = [];
  const group = {
    announce: async (entries: Iterable<Entry>) => void announced.push(...entries),
    on: (_event: 'entry', listener: (entry: Entry, source: Source) => void) => receive.push(listener),
    off: () => {},
  };
  const greylist = new Greylist({ store, clock, group, policy: { passtime: 100 } });
  const check = (ip = '192.0.2.1') => greylist.check({ ip, ...STRINGS });
  return { clock, server, redis, store, greylist, check, warnings, announced, receive };
}

describe.each([HOUR, -HOUR])('a Redis whose clock is off by %i s', (ahead) => {
  it('has its announcements carry the time of the host, and keeps them by its own', async () => {
    const { clock, redis, greylist, check, announced } = opened(ahead);
    await check();
    await clock.advance(101);
    const now = Math.floor(clock.now());
    const expires = now + 36 * 24 * HOUR;
    expect(await check()).toMatchObject({ action: 'pass', reason: 'retry', expires, waited: 101 });
    await greylist.trap('192.0.2.2');
    expect(announced.map(({ type, timestamp }) => [type, timestamp])).toEqual([
      ['grey', START],
      ['white', now],
      ['trapped', now],
    ]);
    expect(announced[1]).toMatchObject({ expires });
    expect(redis.expiries.get('spamd:address:{192.0.2.1}')).toBe((expires + ahead) * 1000);
    expect(redis.due.get('192.0.2.1')).toBe(expires + ahead);
    await greylist.close();
  });

  it('holds what it is given for as long as it was meant to: by an operator, by the group, and in an export', async () => {
    const { clock, redis, greylist, check, announced, receive } = opened(ahead);
    const expires = START + 600;
    await greylist.trap('192.0.2.1', { expires });
    receive[0]?.({ type: 'trapped', ip: '192.0.2.2', timestamp: START, expires }, SOURCE);
    await clock.advance(1);
    expect(await check('192.0.2.1')).toMatchObject({ reason: 'trapped', expires });
    expect(await check('192.0.2.2')).toMatchObject({ reason: 'trapped', expires });
    expect(redis.expiries.get('spamd:address:{192.0.2.2}')).toBe((expires + ahead) * 1000);
    expect(announced).toMatchObject([{ timestamp: START, expires }]);
    await clock.advance(600);
    expect(await check('192.0.2.1')).toMatchObject({ reason: 'first-sight' });
    await greylist.close();
  });

  it('is reported once, in stats, and again when that changes', async () => {
    const { clock, server, store, greylist, check, warnings } = opened(ahead);
    for (let n = 0; n < 3; n++) await check();
    await clock.advance(0.1);
    const ip = '192.0.2.1';
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['WARN_SPAMD_CLOCK', expect.stringContaining(ahead > 0 ? '3600 s ahead' : '3600 s behind')],
    ]);
    expect((await store.stats()).clockDifference).toBeCloseTo(ahead, 3);
    const { first } = (await store.update(new ReadStep(ip), 0)) ?? { first: undefined };
    expect(first).toBeUndefined();
    server.ahead = 0;
    await check('192.0.2.7');
    await check('192.0.2.7');
    await clock.advance(0.1);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatchObject({ message: expect.stringContaining('right again') });
    await greylist.close();
  });
});

it('A Redis whose clock is off by a few seconds is taken as it is: all hosts see one time', async () => {
  const { clock, store, greylist, check, warnings } = opened(4);
  await check();
  await clock.advance(101);
  expect(await check()).toMatchObject({ reason: 'retry', expires: START + 101 + 4 + 36 * 24 * HOUR });
  expect(warnings).toEqual([]);
  expect((await store.stats()).clockDifference).toBeCloseTo(4, 3);
  await greylist.close();
});

it('A record that was read over one difference of the clocks is written by the same, and is not moved by another', async () => {
  const { clock, server, redis, greylist } = opened(HOUR);
  await greylist.allow('192.0.2.1', { expires: START + WEEK });
  const before = redis.expiries.get('spamd:address:{192.0.2.1}');
  server.ahead = 2 * HOUR;
  await clock.advance(2);
  await greylist.trap('192.0.2.1', { expires: START + HOUR });
  // The white claim is of Redis's time, and stays where it was.
  expect(redis.expiries.get('spamd:address:{192.0.2.1}')).toBe(before);
  await greylist.close();
});
