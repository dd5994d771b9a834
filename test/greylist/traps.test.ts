import { describe, expect, it } from 'vitest';
import { ATTEMPT, addresses, listed, PASSTIME, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;
const REPLY = '550 5.7.1 Refused: your address is trapped until 2027-01-16T08:00:00.000Z';

describe('a spamtrap', () => {
  it('traps whoever writes to it, and the group is told', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.spamtraps.add('<Trap@Example.NET>');
    const verdict = await greylist.check({ ...ATTEMPT, to: 'trap@example.net' });
    const expires = START + TRAPEXP;
    expect(verdict).toEqual({ action: 'reject', reason: 'spamtrap', expires, trappedBy: 'spamtrap', reply: REPLY });
    expect(group.take()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: expires }]);
    clock.time += 10;
    expect(await greylist.check(ATTEMPT)).toEqual({
      action: 'reject',
      reason: 'trapped',
      expires,
      trappedBy: 'spamtrap',
      reply: REPLY,
    });
    expect(await listed(greylist)).toEqual([
      { type: 'TRAPPED', ip, expires: expires },
      { type: 'SPAMTRAP', address: 'trap@example.net' },
    ]);
  });

  it('traps a white address too, which is white again when the trap is over', async () => {
    const { greylist, clock } = setUp();
    await greylist.allow(ip);
    await greylist.spamtraps.add('trap@example.net');
    clock.time += 10;
    expect(await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' })).toMatchObject({ reason: 'spamtrap' });
    clock.time += TRAPEXP - 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
    expect(await addresses(greylist)).toMatchObject([
      { type: 'WHITE', ip, blocked: 1, passed: 1 },
      { type: 'SPAMTRAP' },
    ]);
  });

  it('that is hit again while the trap holds extends it', async () => {
    const { greylist, clock } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' });
    clock.time += 100;
    await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ expires: START + 100 + TRAPEXP });
  });

  it('that was deleted traps nobody', async () => {
    const { greylist } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.spamtraps.has('<TRAP@example.net>')).toBe(true);
    expect(await greylist.spamtraps.delete('<trap@EXAMPLE.net>')).toBe(true);
    expect(await greylist.spamtraps.delete('trap@example.net')).toBe(false);
    expect(await greylist.spamtraps.has('trap@example.net')).toBe(false);
    expect(await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' })).toMatchObject({ reason: 'first-sight' });
  });
});

describe('a trap', () => {
  it.each([
    { after: TRAPEXP - 1, reason: 'trapped' },
    { after: TRAPEXP, reason: 'first-sight' },
  ])('after $after s is $reason', async ({ after, reason }) => {
    const { greylist, clock } = setUp();
    await greylist.trap(ip);
    clock.time += after;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('is sprung by the operator until when he says', async () => {
    const { greylist, group } = setUp();
    await greylist.trap(ip, { expires: START + 5 });
    expect(group.take()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: START + 5 }]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({
      reason: 'trapped',
      expires: START + 5,
      trappedBy: 'operator',
    });
  });

  it('stops a tuple from passing, which passes when it is over if it still lives', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    await greylist.trap(ip, { expires: START + PASSTIME + 10 });
    clock.time = START + PASSTIME + 9;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('is not lengthened, counted or announced by being run into', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.trap(ip);
    group.take();
    clock.time += 100;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ expires: START + TRAPEXP });
    expect(group.take()).toEqual([]);
    expect((await greylist.stats()).store?.tuples).toBe(0);
  });
});

describe('allowedDomains', () => {
  const policy = { allowedDomains: ['@Example.net', 'sub.example.com'] };

  it.each([
    { to: '<bob@example.net>', reason: 'first-sight' },
    { to: 'BOB@EXAMPLE.NET', reason: 'first-sight' },
    { to: '<bob@deep.sub.example.com>', reason: 'first-sight' },
    { to: '<bob@notsub.example.com>', reason: 'first-sight' },
    { to: '<bob@example.com>', reason: 'domain' },
    { to: '<bob@an.example.net>', reason: 'domain' },
    { to: '<bob@example.net.evil.example>', reason: 'domain' },
    { to: '', reason: 'domain' },
  ])('$to is $reason', async ({ to, reason }) => {
    const { greylist } = setUp(policy);
    expect(await greylist.check({ ...ATTEMPT, to })).toMatchObject({ reason });
  });

  it('traps for trapexp, records no tuple, and tells the group', async () => {
    const { greylist, group } = setUp(policy);
    const expires = START + TRAPEXP;
    expect(await greylist.check({ ...ATTEMPT, to: '<x@else.example>' })).toEqual({
      action: 'reject',
      reason: 'domain',
      expires,
      trappedBy: 'domain',
      reply: REPLY,
    });
    expect(group.take()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: expires }]);
    expect(await listed(greylist)).toEqual([{ type: 'TRAPPED', ip, expires: expires }]);
  });

  it('lets a white address pass: the mail program refuses what is not its own', async () => {
    const { greylist } = setUp(policy);
    await greylist.allow(ip);
    expect(await greylist.check({ ...ATTEMPT, to: '<x@else.example>' })).toMatchObject({ reason: 'white' });
  });
});

describe('the low-priority MX', () => {
  const policy = { lowPriorityMx: '203.0.113.2' };
  const there = { ...ATTEMPT, connectedTo: '203.0.113.2' };

  it.each([
    { after: 0, reason: 'first-sight' },
    { after: 60, reason: 'first-sight' },
    { after: 61, reason: 'low-priority-mx' },
  ])('traps an unseen tuple, but not $after s after the start: $reason', async ({ after, reason }) => {
    const { greylist, clock } = setUp(policy);
    clock.time += after;
    expect(await greylist.check(there)).toMatchObject({ reason });
  });

  it('traps for trapexp and tells the group', async () => {
    const { greylist, group, clock } = setUp(policy);
    clock.time += 61;
    const expires = clock.time + TRAPEXP;
    expect(await greylist.check(there)).toMatchObject({ action: 'reject', trappedBy: 'low-priority-mx', expires });
    expect(group.take()).toEqual([{ type: 'trapped', ip, timestamp: clock.time, expires: expires }]);
  });

  it('takes a tuple that was seen elsewhere, and one whose address is white', async () => {
    const { greylist, clock } = setUp(policy);
    clock.time += 61;
    await greylist.check({ ...ATTEMPT, connectedTo: '203.0.113.1' });
    expect(await greylist.check(there)).toMatchObject({ reason: 'too-soon' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check(there)).toMatchObject({ reason: 'retry' });
    expect(await greylist.check({ ...there, from: '<new@example.org>' })).toMatchObject({ reason: 'white' });
  });

  it('traps a tuple that has expired since', async () => {
    const { greylist, clock } = setUp({ ...policy, greyexp: 4000 });
    await greylist.check(ATTEMPT);
    clock.time += 4000;
    expect(await greylist.check(there)).toMatchObject({ reason: 'low-priority-mx' });
  });

  it('is told in whatever spelling of the address, and by nothing else', async () => {
    const { greylist, clock } = setUp(policy);
    clock.time += 61;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    const mapped = { ...ATTEMPT, ip: '198.51.100.8', connectedTo: '::ffff:203.0.113.2' };
    expect(await greylist.check(mapped)).toMatchObject({ reason: 'low-priority-mx' });
  });
});

describe('trapWins', () => {
  const trapped = { type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP } as const;
  const white = { type: 'white', ip, timestamp: START + 10, expires: START + WHITEEXP } as const;

  it.each([
    { trapWins: false, reason: 'white' },
    { trapWins: true, reason: 'trapped' },
  ])('$trapWins: a later WHITE of the group over a trap is $reason', async ({ trapWins, reason }) => {
    const { greylist, group, clock } = setUp({ trapWins });
    clock.time += 20;
    await group.say(trapped, white);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('lets what this host says itself end a trap', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.say(trapped);
    clock.time += 20;
    await greylist.allow(ip);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
    clock.time += 20;
    await group.say({ ...trapped, timestamp: clock.time });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('forgets with a removal that this host had said so', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.say(trapped);
    clock.time += 20;
    await greylist.allow(ip);
    clock.time += 20;
    await group.say({ type: 'remove-white', ip, timestamp: clock.time });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    await group.say({ ...white, timestamp: clock.time + 1 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('ends with the trap', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.say(trapped, white);
    clock.time = START + TRAPEXP;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });
});
