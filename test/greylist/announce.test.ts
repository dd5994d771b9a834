import { describe, expect, it } from 'vitest';
import { ATTEMPT, addresses, DAY, listed, PASSTIME, RENEWAL, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;

describe('expiry repair', () => {
  /** An expiry 100 s from now was announced to the group; here it was renewed since. */
  async function renewed() {
    const setup = setUp();
    await setup.greylist.allow(ip, { expires: START + 100 });
    setup.clock.time += 50;
    await setup.greylist.check(ATTEMPT);
    setup.group.drain();
    return { ...setup, expires: START + 50 + WHITEEXP };
  }

  it('a sweep announces an address that still holds, backdated, once its announced expiry has passed', async () => {
    const { greylist, group, clock, expires } = await renewed();
    clock.time = START + 99;
    expect(await greylist.sweep()).toEqual({ removed: 0, repaired: 0 });
    expect(group.announced).toEqual([]);
    clock.time = START + 100;
    expect(await greylist.sweep()).toEqual({ removed: 0, repaired: 1 });
    expect(group.announced).toEqual([
      { entries: [{ type: 'white', ip, timestamp: START, expires: expires }], options: { backdated: true } },
    ]);
  });

  it('sweeps announce such an address twice: at the expiry and when every spamd has scanned', async () => {
    const { greylist, group, clock } = await renewed();
    const repaired: number[] = [];
    for (clock.time = START + 100; clock.time < START + 600; clock.time++) {
      if ((await greylist.sweep()).repaired > 0) repaired.push(clock.time - START);
    }
    expect(repaired).toEqual([100, 220]);
    expect(group.drain()).toHaveLength(2);
    expect((await greylist.stats()).repaired).toBe(2);
  });

  it('a sweep announces such an address once if every spamd must have scanned already', async () => {
    const { greylist, clock } = await renewed();
    clock.time = START + 220;
    expect(await greylist.sweep()).toMatchObject({ repaired: 1 });
    clock.time += DAY;
    expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
  });

  it('a check that comes before the sweep announces such an address too', async () => {
    const { greylist, group, clock } = await renewed();
    const times: number[] = [];
    for (clock.time = START + 90; clock.time < START + 600; clock.time += 10) {
      await greylist.check(ATTEMPT);
      if (group.drain().length > 0) times.push(clock.time - START);
    }
    expect(times).toEqual([100, 220]);
  });

  it('a sweep announces a trap that outlives the WHITE announced before it', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.allow(ip, { expires: START + 100 });
    clock.time += 1;
    await greylist.trap(ip);
    group.drain();
    clock.time = START + 220;
    await greylist.sweep();
    expect(group.drain()).toEqual([{ type: 'trapped', ip, timestamp: START + 1, expires: START + 1 + TRAPEXP }]);
  });

  it('a sweep announces no address that was never announced, has expired or was forgotten', async () => {
    const { greylist, group, clock } = setUp();
    await group.receive({ type: 'white', ip: '198.51.100.1', timestamp: START, expires: START + DAY });
    await greylist.allow('198.51.100.2', { expires: START + 100 });
    await greylist.allow('198.51.100.3', { expires: START + 100 });
    clock.time += 50;
    await greylist.check({ ...ATTEMPT, ip: '198.51.100.3' });
    await greylist.forget('198.51.100.3');
    group.drain();
    clock.time = START + 300;
    expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
    expect(group.drain()).toEqual([]);
  });

  it('a sweep announces the newest claim with the longest expiry, and holds them as one claim itself', async () => {
    const { greylist, group, clock } = setUp();
    const white = { type: 'white', ip } as const;
    await greylist.allow(ip, { expires: START + 100 });
    clock.time += 20;
    await group.receive({ ...white, timestamp: START - 90, expires: START + 5000 });
    await group.receive({ ...white, timestamp: START + 10, expires: START + 400 });
    group.drain();
    clock.time = START + 220;
    await greylist.sweep();
    const repaired = group.drain();
    expect(repaired).toEqual([{ ...white, timestamp: START + 10, expires: START + 5000 }]);
    const there = setUp();
    there.clock.time = clock.time;
    await there.group.receive(...repaired);
    for (const each of [group, there.group]) await each.receive({ type: 'remove-white', ip, timestamp: START + 5 });
    expect(await listed(greylist)).toMatchObject([{ expires: START + 5000 }]);
    expect(await listed(there.greylist)).toMatchObject([{ expires: START + 5000 }]);
  });

  it('a sweep announces 2000 addresses in several calls, each once', async () => {
    const { greylist, group, clock } = setUp();
    for (let i = 0; i < 2000; i++) {
      const ip = `10.0.${i >> 8}.${i & 255}`;
      await greylist.allow(ip, { expires: START + 100 });
      await group.receive({ type: 'white', ip, timestamp: START, expires: START + DAY });
    }
    group.drain();
    clock.time = START + 220;
    expect(await greylist.sweep()).toMatchObject({ repaired: 2000 });
    await group.receive();
    expect(Math.max(...group.announced.map(({ entries }) => entries.length))).toBeLessThan(1000);
    expect(new Set(group.drain().map(({ ip }) => ip)).size).toBe(2000);
  });
});

describe('announcements of a greylist', () => {
  it('nothing that was received is announced again', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    const grey = { type: 'grey', ...ATTEMPT, timestamp: START } as const;
    await group.receive(
      grey,
      { ...grey, ip: '198.51.100.8', to: 'trap@example.net' },
      { type: 'white', ip: '198.51.100.9', timestamp: START, expires: START + 10 },
      { type: 'trapped', ip: '198.51.100.10', timestamp: START, expires: START + 10 },
      { type: 'remove-white', ip: '198.51.100.9', timestamp: START },
    );
    clock.time += PASSTIME + 1;
    await group.receive({ ...grey, timestamp: clock.time });
    clock.time += RENEWAL;
    await greylist.sweep();
    expect(group.announced).toEqual([]);
    expect((await greylist.stats()).applied).toBe(6);
  });

  it('the null sender is announced as <>, and everything else as the client typed it', async () => {
    const { greylist, group } = setUp();
    const typed = { ...ATTEMPT, helo: 'MAIL "x" \\ \u00e9\r\n\0', from: '', to: 'Bob@Example.NET' };
    await greylist.check(typed);
    expect(group.drain()).toEqual([{ type: 'grey', ...typed, from: '<>', timestamp: START }]);
  });

  it('an IPv6 client is greylisted and never announced', async () => {
    const { greylist, group, clock } = setUp();
    const six = { ...ATTEMPT, ip: '2001:DB8:0::7' };
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.check(six)).toMatchObject({ reason: 'first-sight' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...six, ip: '2001:db8::7' })).toMatchObject({ reason: 'retry' });
    expect(await greylist.check({ ...six, to: 'trap@example.net' })).toMatchObject({ reason: 'spamtrap' });
    await greylist.allow(six.ip, { expires: clock.time + 10 });
    await greylist.allow(six.ip);
    await greylist.forget(six.ip);
    await greylist.allow(six.ip);
    clock.time += 500;
    expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
    expect(group.announced).toEqual([]);
    expect(await addresses(greylist)).toMatchObject([{ type: 'WHITE', ip: '2001:db8::/64' }, { type: 'SPAMTRAP' }]);
    expect(await greylist.stats()).toMatchObject({ announced: 0, unannounced: 0 });
  });

  it('an IPv4-mapped IPv6 address is the IPv4 client, and announced as such', async () => {
    const { greylist, group } = setUp();
    await greylist.check({ ...ATTEMPT, ip: '::FFFF:198.51.100.7' });
    await greylist.check({ ...ATTEMPT, ip: '::ffff:c633:6407' });
    expect(group.drain()).toMatchObject([{ ip }, { ip }]);
    expect(await listed(greylist)).toMatchObject([{ type: 'GREY', ip, blocked: 2 }]);
  });
});

describe('sweep', () => {
  it('a sweep removes what has expired at its very second, and counts it', async () => {
    const { greylist, store, clock } = setUp({ greyexp: 2000 });
    await greylist.check(ATTEMPT);
    await greylist.trap('198.51.100.8', { expires: START + 2000 });
    await greylist.allow('198.51.100.9', { expires: START + 2001 });
    clock.time = START + 1999;
    expect(await greylist.sweep()).toEqual({ removed: 0, repaired: 0 });
    clock.time = START + 2000;
    expect(await greylist.sweep()).toEqual({ removed: 2, repaired: 0 });
    expect(store.stats()).toMatchObject({ tuples: 0, addresses: 1 });
    expect(await greylist.stats()).toMatchObject({ swept: 2 });
  });

  it('a sweep keeps a removal for as long as what it removed could be received again', async () => {
    const { greylist, store, clock } = setUp();
    await greylist.forget(ip);
    clock.time = START + WHITEEXP - 1;
    await greylist.sweep();
    expect(store.stats()).toMatchObject({ addresses: 1 });
    clock.time += 1;
    await greylist.sweep();
    expect(store.stats()).toMatchObject({ addresses: 0 });
  });
});
