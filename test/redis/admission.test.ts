import { Greylist } from 'spamd-sync';
import { RedisStore } from 'spamd-sync/redis';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/redis/admission.ts';
import { VirtualClock } from '../../src/transport/virtual-clock.ts';
import { FakeRedis } from './fake-redis.ts';

const NOW = 1_800_000_000;

function fill(admission: Admission, ip: (n: number) => string, count: number): number {
  let admitted = 0;
  for (let n = 0; n < count; n++) {
    if (!admission.admits(ip(n), NOW)) continue;
    admission.added(ip(n), NOW + 1000);
    admitted++;
  }
  return admitted;
}

describe('what clients put into Redis', () => {
  it('leaves a network a 64th of what is free', () => {
    const admission = new Admission(64_000);
    const admitted = fill(admission, (n) => `192.0.2.${n & 255}`, 2000);
    expect(admitted).toBeGreaterThan(800);
    expect(admitted).toBeLessThan(900);
  });

  it('keeps room for others, however many networks fill it', () => {
    const admission = new Admission(6400);
    fill(admission, (n) => `10.0.${n % 200}.1`, 50_000);
    expect(fill(admission, () => '192.0.2.1', 20)).toBeGreaterThanOrEqual(8);
  });

  it('never is more than the bound', () => {
    const admission = new Admission(640);
    expect(fill(admission, (n) => `10.${n >> 8}.${n & 255}.1`, 3000)).toBe(640);
  });

  it('makes room as it expires', () => {
    const admission = new Admission(64);
    fill(admission, () => '192.0.2.1', 20);
    expect(admission.admits('192.0.2.1', NOW + 999)).toBe(false);
    expect(admission.admits('192.0.2.1', NOW + 1300)).toBe(true);
  });

  it('is bounded also where many attempts share an exchange, but for what an operator puts in', async () => {
    const clock = new VirtualClock(NOW);
    const redis = new FakeRedis(clock.now);
    const greylist = new Greylist({ store: new RedisStore(redis, { clock, maxTuples: 64 }), clock });
    const strings = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>' };
    const check = (n: number) => greylist.check({ ...strings, to: `<${n}@example.net>` });
    const done = Promise.all(Array.from({ length: 20 }, (_, n) => check(n)));
    await clock.advance(1);
    await done;
    expect(redis.trips()).toBe(2);
    expect(redis.values.size).toBe(8);
    const times = { first: NOW, pass: NOW + 9000, expires: NOW + 9000, blocked: 1, passed: 0 };
    const imported = { type: 'GREY', ...strings, to: '<operator@example.net>', ...times } as const;
    const more = Promise.all([check(20), greylist.import([imported]), check(21)]);
    await clock.advance(1);
    await more;
    expect([...redis.values.keys()].filter((key) => key.includes('operator'))).toHaveLength(1);
    expect(redis.values.size).toBe(9);
    expect((await greylist.stats()).store).toMatchObject({ evictedTuples: 14 });
    await greylist.close();
  });

  it('counts what is kept out once, though its exchange has to be run again', async () => {
    const clock = new VirtualClock(NOW);
    let ahead = 0;
    const redis = new FakeRedis(() => clock.now() + ahead);
    const greylist = new Greylist({ store: new RedisStore(redis, { clock, maxTuples: 64 }), clock });
    for (let n = 0; n < 8; n++) {
      await greylist.check({ ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>', to: `<${n}@example.net>` });
    }
    ahead = 3;
    await greylist.check({ ip: '192.0.2.2', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' });
    expect((await greylist.stats()).store).toMatchObject({ evictedTuples: 1 });
    await greylist.close();
  });

  it('is answered where it is kept out, and counted, but for what an operator puts in', async () => {
    const clock = new VirtualClock(NOW);
    const redis = new FakeRedis(clock.now);
    const store = new RedisStore(redis, { clock, maxTuples: 64 });
    const greylist = new Greylist({ store, clock });
    const check = (n: number, ip = '192.0.2.1') =>
      greylist.check({ ip, helo: 'mx', from: '<a@example.org>', to: `<${n}@example.net>` });
    for (let n = 0; n < 20; n++) expect((await check(n)).reason).toBe('first-sight');
    expect((await check(1)).reason).toBe('too-soon');
    expect((await check(19)).reason).toBe('first-sight');
    expect((await check(19, '198.51.100.1')).reason).toBe('first-sight');
    expect((await check(19, '198.51.100.1')).reason).toBe('too-soon');
    expect(await store.stats()).toMatchObject({ evictedTuples: 13, evictedAddresses: 0 });
    await greylist.spamtraps.add('trap@example.net');
    for (let n = 1; n <= 20; n++) {
      const attempt = { ip: `192.0.2.${n}`, helo: 'mx', from: '<a@example.org>', to: '<trap@example.net>' };
      expect((await greylist.check(attempt)).reason).toBe('spamtrap');
      await greylist.allow(`192.0.2.${100 + n}`);
      await greylist.trap(`192.0.2.${200 + n}`);
    }
    expect(await store.stats()).toMatchObject({ evictedAddresses: 12 });
    expect([...redis.values.keys()].filter((key) => key.includes('address:'))).toHaveLength(48);
    await greylist.close();
  });
});
