import type { Entry, GreyEntry } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { ATTEMPT, addresses, DAY, GREYEXP, listed, PASSTIME, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;
const grey: GreyEntry = { type: 'grey', ...ATTEMPT, timestamp: START };

describe('a GREY of the group', () => {
  it('a GREY is an attempt made at its timestamp, and is not announced again', async () => {
    const { greylist, group, clock } = setUp();
    clock.time += 20;
    await group.receive(grey);
    expect(group.announced).toEqual([]);
    expect(await listed(greylist)).toEqual([
      {
        type: 'GREY',
        ...ATTEMPT,
        first: START,
        pass: START + GREYEXP,
        expires: START + GREYEXP,
        blocked: 1,
        passed: 0,
      },
    ]);
    clock.time = START + PASSTIME;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'too-soon', retryAfter: 1 });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { after: PASSTIME, white: [] },
    { after: PASSTIME + 1, white: [{ type: 'WHITE', ip, expires: START + PASSTIME + 1 + WHITEEXP, passed: 0 }] },
  ])(
    'a GREY $after s after the first makes of its address $white, as at spamd, and nothing is announced',
    async ({ after, white }) => {
      const { greylist, group, clock } = setUp();
      await group.receive(grey);
      clock.time += 3000;
      await group.receive({ ...grey, timestamp: START + after });
      expect(await addresses(greylist)).toMatchObject(white);
      expect(group.announced).toEqual([]);
      expect((await greylist.stats()).applied).toBe(2);
    },
  );

  it('a GREY that comes late sets back the first sight, and with it the expiry', async () => {
    const { greylist, group, clock } = setUp();
    clock.time += 100;
    await greylist.check(ATTEMPT);
    await group.receive(grey);
    expect(await listed(greylist)).toMatchObject([
      { first: START, pass: START + GREYEXP, expires: START + GREYEXP, blocked: 2 },
    ]);
    clock.time = START + PASSTIME + 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('a GREY whose own tuple expired before the first sight known here sets nothing back', async () => {
    const { greylist, group, clock } = setUp();
    clock.time += GREYEXP;
    await greylist.check(ATTEMPT);
    clock.time += 1;
    await group.receive({ ...grey, timestamp: START + 10 }, { ...grey, timestamp: START });
    expect(await listed(greylist)).toMatchObject([{ first: START + 10 }]);
    const other = setUp();
    other.clock.time += GREYEXP;
    await other.greylist.check(ATTEMPT);
    other.clock.time -= 1;
    await other.group.receive(grey);
    expect(await listed(other.greylist)).toMatchObject([{ first: START + GREYEXP }]);
  });

  it('a GREY whose tuple would have expired is ignored', async () => {
    const { greylist, group, clock } = setUp();
    clock.time = START + GREYEXP;
    await group.receive(grey);
    expect(await listed(greylist)).toEqual([]);
    expect((await greylist.stats()).ignored).toEqual({ address: 0, expired: 1, store: 0, overload: 0 });
    clock.time -= 1;
    await group.receive(grey);
    expect((await greylist.stats()).applied).toBe(1);
  });

  it('a GREY from the future counts as now', async () => {
    const { greylist, group } = setUp();
    await group.receive({ ...grey, timestamp: START + 1000 });
    expect(await listed(greylist)).toMatchObject([{ first: START }]);
  });

  it('a GREY to a spamtrap of this host traps here, and nothing is announced', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    clock.time += 30;
    await group.receive({ ...grey, to: 'Trap@Example.NET' });
    expect(group.announced).toEqual([]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({
      reason: 'trapped',
      trappedBy: 'spamtrap',
      expires: START + TRAPEXP,
    });
  });

  it('a GREY outside the allowed domains traps here', async () => {
    const { greylist, group } = setUp({ allowedDomains: ['@example.net'] });
    await group.receive({ ...grey, to: '<x@else.example>' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({
      reason: 'trapped',
      trappedBy: 'domain',
      expires: START + TRAPEXP,
    });
  });

  it('a GREY to a spamtrap from longer ago than trapexp traps nobody', async () => {
    const { greylist, group, clock } = setUp({ trapexp: 100 });
    await greylist.spamtraps.add('trap@example.net');
    clock.time += 100;
    await group.receive({ ...grey, to: 'trap@example.net' });
    expect((await greylist.stats()).ignored.expired).toBe(1);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
  });

  it('a GREY makes its tuple known to the low-priority MX', async () => {
    const { greylist, group, clock } = setUp({ lowPriorityMx: '203.0.113.2' });
    clock.time += 61;
    await group.receive(grey);
    expect(await greylist.check({ ...ATTEMPT, connectedTo: '203.0.113.2' })).toMatchObject({ reason: 'too-soon' });
  });

  it('a GREY of a white or trapped address moves no expiry', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.allow(ip, { expires: START + DAY });
    clock.time += 10;
    await group.receive({ ...grey, timestamp: clock.time });
    expect(await listed(greylist)).toMatchObject([{ type: 'WHITE', expires: START + DAY, passed: 0 }]);
    await greylist.trap(ip, { expires: START + DAY });
    await group.receive({ ...grey, timestamp: clock.time });
    expect(await listed(greylist)).toEqual([{ type: 'TRAPPED', ip, expires: START + DAY }]);
  });
});

describe('WHITE, TRAPPED and removals of the group', () => {
  const white: Entry = { type: 'white', ip, timestamp: START, expires: START + WHITEEXP };
  const trapped: Entry = { type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP };

  it.each([
    { name: 'a WHITE', entries: [white], reason: 'white' },
    { name: 'a TRAPPED', entries: [trapped], reason: 'trapped' },
    { name: 'a WHITE and a TRAPPED of one second', entries: [white, trapped], reason: 'trapped' },
    { name: 'a TRAPPED with a later WHITE', entries: [{ ...white, timestamp: START + 1 }, trapped], reason: 'white' },
    { name: 'a WHITE with a later TRAPPED', entries: [{ ...trapped, timestamp: START + 1 }, white], reason: 'trapped' },
    {
      name: 'a WHITE with its removal',
      entries: [{ type: 'remove-white' as const, ip, timestamp: START }, white],
      reason: 'first-sight',
    },
    {
      name: 'a WHITE with an older removal',
      entries: [white, { type: 'remove-white' as const, ip, timestamp: START - 1 }],
      reason: 'white',
    },
    {
      name: 'a WHITE and a TRAPPED with the removal of the TRAPPED',
      entries: [trapped, white, { type: 'remove-trapped' as const, ip, timestamp: START }],
      reason: 'white',
    },
  ])('$name makes the address $reason, in any order and received twice', async ({ entries, reason }) => {
    for (const order of [entries, [...entries].reverse()]) {
      const { greylist, group, clock } = setUp();
      clock.time += 2;
      await group.receive(...order, ...order);
      expect(group.announced).toEqual([]);
      expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
    }
  });

  it('a WHITE expires at its expiry, and of several the latest counts', async () => {
    const { greylist, group, clock } = setUp();
    await group.receive({ ...white, expires: START + 50 }, { ...white, timestamp: START - 5, expires: START + 90 });
    clock.time += 89;
    await greylist.sweep();
    expect(await listed(greylist)).toMatchObject([{ type: 'WHITE', expires: START + 90 }]);
    clock.time += 1;
    expect(await listed(greylist)).toEqual([]);
  });

  it('a trap holds only as long as the TRAPPED that is newer than the WHITE', async () => {
    const { greylist, group, clock } = setUp();
    await group.receive(
      { ...trapped, timestamp: START - 20, expires: START + 100 },
      { ...white, timestamp: START - 15, expires: START + 200 },
      { ...trapped, timestamp: START - 10, expires: START + 50 },
    );
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped', expires: START + 50 });
    clock.time += 50;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it.each([
    { name: 'an expiry that is now', entry: { ...white, expires: START }, why: 'expired' },
    { name: 'an expiry of 0', entry: { ...trapped, expires: 0 }, why: 'expired' },
    {
      name: 'a removal from longer ago than whiteexp',
      entry: { type: 'remove-white' as const, ip, timestamp: START - WHITEEXP },
      why: 'expired',
    },
    { name: 'an address of 0/8', entry: { ...white, ip: '0.1.2.3' }, why: 'address' },
    { name: 'a multicast address', entry: { ...white, ip: '224.0.0.1' }, why: 'address' },
    { name: 'the last multicast address', entry: { ...grey, ip: '239.255.255.255' }, why: 'address' },
    { name: 'the broadcast address', entry: { ...trapped, ip: '255.255.255.255' }, why: 'address' },
    { name: 'an IPv6 address', entry: { ...trapped, ip: '2001:db8::1' }, why: 'address' },
    { name: 'a name for an address', entry: { ...grey, ip: 'mail' }, why: 'address' },
  ])('an entry with $name is ignored and counted as $why', async ({ entry, why }) => {
    const { greylist, group } = setUp();
    await group.receive(entry);
    expect(await listed(greylist)).toEqual([]);
    const { ignored, applied } = await greylist.stats();
    expect(ignored).toEqual({ address: 0, expired: 0, store: 0, overload: 0, [why]: 1 });
    expect(applied).toBe(0);
  });

  it.each(['trapped', 'white'] as const)(
    'a removal from longer ago than whiteexp removes a %s claim that was to hold for longer',
    async (type) => {
      const { greylist, group } = setUp();
      const long = { type, ip, timestamp: START - WHITEEXP - 10, expires: START + WHITEEXP };
      const removal = { type: `remove-${type}`, ip, timestamp: START - WHITEEXP - 5 } as const;
      await group.receive(long);
      await group.receive(removal);
      expect(await addresses(greylist)).toEqual([]);
      // It is remembered for as long as what it removed would have held.
      await group.receive(long);
      expect(await addresses(greylist)).toEqual([]);
      expect((await greylist.stats()).ignored.expired).toBe(0);
    },
  );

  it.each(['240.0.0.1', '1.0.0.0', '223.255.255.255'])('a WHITE of %s is applied', async (ip) => {
    const { greylist, group } = setUp();
    await group.receive({ ...white, ip });
    expect(await greylist.check({ ...ATTEMPT, ip })).toMatchObject({ reason: 'white' });
  });

  it.each([
    { ahead: 5, reason: 'white' },
    { ahead: 6, reason: 'trapped' },
    { ahead: 10 * DAY, reason: 'trapped' },
  ])('a WHITE from $ahead s ahead and a TRAPPED of 2 s later make the address $reason', async ({ ahead, reason }) => {
    const { greylist, group, clock } = setUp();
    await group.receive({ ...white, timestamp: START + ahead });
    clock.time += 2;
    await group.receive({ ...trapped, timestamp: clock.time });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('a WHITE with a timestamp of 0 is applied', async () => {
    const { greylist, group } = setUp();
    await group.receive({ ...white, timestamp: 0 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('trappedBy is what the newest trapped claim gives', async () => {
    const { greylist, group, clock } = setUp();
    clock.time += 10;
    await greylist.trap(ip);
    await group.receive(trapped);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ trappedBy: 'operator' });
    await group.receive({ ...trapped, timestamp: START + 10 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ trappedBy: 'group' });
  });
});
