import { describe, expect, it } from 'vitest';
import { ATTEMPT, addresses, listed, PASSTIME, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;
const REPLY = '550 5.7.1 Refused: your address is trapped until 2027-01-16T08:00:00.000Z';

describe('spamtraps', () => {
  it('a mail to a spamtrap traps its client, and the trap is announced', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.spamtraps.add('<Trap@Example.NET>');
    const verdict = await greylist.check({ ...ATTEMPT, to: 'trap@example.net' });
    const expires = START + TRAPEXP;
    expect(verdict).toEqual({ action: 'reject', reason: 'spamtrap', expires, trappedBy: 'spamtrap', reply: REPLY });
    expect(group.drain()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: expires }]);
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

  it('a spamtrap traps a white address too, which is white again when the trap has expired', async () => {
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

  it('a spamtrap hit again while the trap holds extends the trap', async () => {
    const { greylist, clock } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' });
    clock.time += 100;
    await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ expires: START + 100 + TRAPEXP });
  });

  it('a deleted spamtrap traps nobody', async () => {
    const { greylist } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.spamtraps.has('<TRAP@example.net>')).toBe(true);
    expect(await greylist.spamtraps.delete('<trap@EXAMPLE.net>')).toBe(true);
    expect(await greylist.spamtraps.delete('trap@example.net')).toBe(false);
    expect(await greylist.spamtraps.has('trap@example.net')).toBe(false);
    expect(await greylist.check({ ...ATTEMPT, to: '<trap@example.net>' })).toMatchObject({ reason: 'first-sight' });
  });
});

describe('check with trapsOnly', () => {
  const trapsOnly = { trapsOnly: true };

  it('trapsOnly passes who is not trapped, records and announces nothing of it, and counts the verdict', async () => {
    const { greylist, group } = setUp({ allowedDomains: ['@elsewhere.example'], lowPriorityMx: '203.0.113.2' });
    expect(await greylist.check(ATTEMPT, trapsOnly)).toEqual({ action: 'pass', reason: 'not-trapped' });
    expect(await greylist.check({ ...ATTEMPT, connectedTo: '203.0.113.2' }, trapsOnly)).toMatchObject({
      action: 'pass',
    });
    expect(await listed(greylist)).toEqual([]);
    expect(group.drain()).toEqual([]);
    expect((await greylist.stats()).verdicts).toMatchObject({ 'not-trapped': 2, 'first-sight': 0 });
  });

  it('trapsOnly does not take a retry for one, and leaves the tuple that waits', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check(ATTEMPT, trapsOnly)).toMatchObject({ reason: 'not-trapped' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
    expect(await greylist.check(ATTEMPT, trapsOnly)).toMatchObject({ reason: 'white' });
  });

  it('trapsOnly rejects a mail to a spamtrap, which traps, and then its client', async () => {
    const { greylist, group } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    const to = '<trap@example.net>';
    expect(await greylist.checkAll(ATTEMPT, [ATTEMPT.to, to], trapsOnly)).toMatchObject({ reason: 'spamtrap' });
    expect(group.drain()).toMatchObject([{ type: 'trapped', ip }]);
    expect(await greylist.check(ATTEMPT, trapsOnly)).toMatchObject({ action: 'reject', reason: 'trapped' });
    expect(await greylist.checkAll({ ...ATTEMPT, ip: '192.0.2.9' }, [ATTEMPT.to], trapsOnly)).toMatchObject({
      reason: 'not-trapped',
    });
  });
});

describe('trap', () => {
  it.each([
    { after: TRAPEXP - 1, reason: 'trapped' },
    { after: TRAPEXP, reason: 'first-sight' },
  ])('an attempt $after s after a trap for trapexp is $reason', async ({ after, reason }) => {
    const { greylist, clock } = setUp();
    await greylist.trap(ip);
    clock.time += after;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('a trap of the operator holds until the expiry that he gives', async () => {
    const { greylist, group } = setUp();
    await greylist.trap(ip, { expires: START + 5 });
    expect(group.drain()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: START + 5 }]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({
      reason: 'trapped',
      expires: START + 5,
      trappedBy: 'operator',
    });
  });

  it('a tuple passes only when the trap of its address has expired', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    await greylist.trap(ip, { expires: START + PASSTIME + 10 });
    clock.time = START + PASSTIME + 9;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('an attempt of a trapped address neither extends nor announces the trap, and records no tuple', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.trap(ip);
    group.drain();
    clock.time += 100;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ expires: START + TRAPEXP });
    expect(group.drain()).toEqual([]);
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
  ])('an attempt to "$to" is $reason where example.net and sub.example.com are allowed', async ({ to, reason }) => {
    const { greylist } = setUp(policy);
    expect(await greylist.check({ ...ATTEMPT, to })).toMatchObject({ reason });
  });

  it.each([
    { suffix: '@BÜCHER.example', bytes: '40 42 c39c 43484552 2e6578616d706c65', allowed: true },
    { suffix: '@bücher.example', bytes: '40 42 c3bc 43484552 2e4558414d504c45', allowed: true },
    { suffix: '@bücher.example', bytes: '40 62 c39c 63686572 2e6578616d706c65', allowed: false },
    { suffix: '@\u212aey.example', bytes: '40 6b 6579 2e6578616d706c65', allowed: false },
    { suffix: '<bücher.example>', bytes: '62 c3bc 63686572 2e6578616d706c65', allowed: true },
  ])(
    'the recipient "bob" and the bytes "$bytes" is allowed by "$suffix": $allowed',
    async ({ suffix, bytes, allowed }) => {
      const here = setUp({ allowedDomains: [suffix] });
      const to = `<bob${Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString('utf8')}>`;
      expect(await here.greylist.check({ ...ATTEMPT, to })).toMatchObject({
        reason: allowed ? 'first-sight' : 'domain',
      });
      const there = setUp({ allowedDomains: [suffix] });
      await there.group.receive({ type: 'grey', ...ATTEMPT, to, timestamp: START });
      expect(await listed(there.greylist)).toMatchObject([{ type: allowed ? 'GREY' : 'TRAPPED' }]);
    },
  );

  it('an attempt outside the allowed domains traps for trapexp, records no tuple, and is announced', async () => {
    const { greylist, group } = setUp(policy);
    const expires = START + TRAPEXP;
    expect(await greylist.check({ ...ATTEMPT, to: '<x@else.example>' })).toEqual({
      action: 'reject',
      reason: 'domain',
      expires,
      trappedBy: 'domain',
      reply: REPLY,
    });
    expect(group.drain()).toEqual([{ type: 'trapped', ip, timestamp: START, expires: expires }]);
    expect(await listed(greylist)).toEqual([{ type: 'TRAPPED', ip, expires: expires }]);
  });

  it('a white address passes outside the allowed domains too', async () => {
    const { greylist } = setUp(policy);
    await greylist.allow(ip);
    expect(await greylist.check({ ...ATTEMPT, to: '<x@else.example>' })).toMatchObject({ reason: 'white' });
  });
});

describe('lowPriorityMx', () => {
  const policy = { lowPriorityMx: '203.0.113.2' };
  const there = { ...ATTEMPT, connectedTo: '203.0.113.2' };

  it.each([
    { after: 0, reason: 'first-sight' },
    { after: 60, reason: 'first-sight' },
    { after: 61, reason: 'low-priority-mx' },
  ])('a new tuple at the low-priority MX $after s after the start is $reason', async ({ after, reason }) => {
    const { greylist, clock } = setUp(policy);
    clock.time += after;
    expect(await greylist.check(there)).toMatchObject({ reason });
  });

  it('a new tuple at the low-priority MX traps for trapexp, and the trap is announced', async () => {
    const { greylist, group, clock } = setUp(policy);
    clock.time += 61;
    const expires = clock.time + TRAPEXP;
    expect(await greylist.check(there)).toMatchObject({ action: 'reject', trappedBy: 'low-priority-mx', expires });
    expect(group.drain()).toEqual([{ type: 'trapped', ip, timestamp: clock.time, expires: expires }]);
  });

  it('the low-priority MX accepts a tuple that is known, and one whose address is white', async () => {
    const { greylist, clock } = setUp(policy);
    clock.time += 61;
    await greylist.check({ ...ATTEMPT, connectedTo: '203.0.113.1' });
    expect(await greylist.check(there)).toMatchObject({ reason: 'too-soon' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check(there)).toMatchObject({ reason: 'retry' });
    expect(await greylist.check({ ...there, from: '<new@example.org>' })).toMatchObject({ reason: 'white' });
  });

  it('a tuple that has expired is new at the low-priority MX', async () => {
    const { greylist, clock } = setUp({ ...policy, greyexp: 4000 });
    await greylist.check(ATTEMPT);
    clock.time += 4000;
    expect(await greylist.check(there)).toMatchObject({ reason: 'low-priority-mx' });
  });

  it('the low-priority MX is known by any form of its address, and an attempt without connectedTo is not there', async () => {
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
  ])(
    'a trap and a later WHITE of the group make the address $reason where trapWins is $trapWins',
    async ({ trapWins, reason }) => {
      const { greylist, group, clock } = setUp({ trapWins });
      clock.time += 20;
      await group.receive(trapped, white);
      expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
    },
  );

  it('a WHITE of this host ends a trap under trapWins', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.receive(trapped);
    clock.time += 20;
    await greylist.allow(ip);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
    clock.time += 20;
    await group.receive({ ...trapped, timestamp: clock.time });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('a removal forgets under trapWins that the white claim was local', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.receive(trapped);
    clock.time += 20;
    await greylist.allow(ip);
    clock.time += 20;
    await group.receive({ type: 'remove-white', ip, timestamp: clock.time });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    await group.receive({ ...white, timestamp: clock.time + 1 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('trapWins ends when the trap expires', async () => {
    const { greylist, group, clock } = setUp({ trapWins: true });
    await group.receive(trapped, white);
    clock.time = START + TRAPEXP;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });
});
