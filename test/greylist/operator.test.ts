import { EntryError } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { ATTEMPT, GREYEXP, listed, PASSTIME, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;

describe('allow, trap and forget', () => {
  it('allow makes an address white for whiteexp or until the given expiry, and announces it', async () => {
    const { greylist, group } = setUp();
    await greylist.allow(ip);
    expect(group.drain()).toEqual([{ type: 'white', ip, timestamp: START, expires: START + WHITEEXP }]);
    await greylist.allow('198.51.100.8', { expires: START + 5 });
    expect(group.drain()).toEqual([{ type: 'white', ip: '198.51.100.8', timestamp: START, expires: START + 5 }]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('allow of a trapped address announces it once more when every spamd has scanned and forgotten the trap', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.trap(ip);
    await greylist.allow(ip);
    const white = { type: 'white', ip, timestamp: START + 1, expires: START + WHITEEXP };
    expect(group.drain().at(-1)).toEqual(white);
    for (const seconds of [0, 60, 119]) {
      clock.time = START + seconds;
      expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
    }
    clock.time = START + 120;
    expect(await greylist.sweep()).toMatchObject({ repaired: 1 });
    expect(group.drain()).toEqual([white]);
    clock.time = START + 600;
    expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
  });

  it('allow of an address whose trap every spamd has forgotten announces it once', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.trap(ip, { expires: START + 10 });
    clock.time = START + 130;
    await greylist.allow(ip);
    group.drain();
    clock.time = START + 600;
    expect(await greylist.sweep()).toMatchObject({ repaired: 0 });
  });

  it('allow and trap accept a Date, rounded down to seconds', async () => {
    const { greylist, group } = setUp();
    await greylist.allow(ip, { expires: new Date((START + 60) * 1000 + 999) });
    await greylist.trap(ip, { expires: new Date((START + 90) * 1000) });
    expect(group.drain()).toMatchObject([{ expires: START + 60 }, { expires: START + 90 }]);
    for (const expires of [new Date(Number.NaN), new Date(START * 1000), new Date(-1)]) {
      await expect(greylist.allow(ip, { expires })).rejects.toMatchObject({
        code: 'ERR_SPAMD_FIELD',
        field: 'expires',
      });
    }
    expect(group.drain()).toEqual([]);
  });

  it('the last of several decisions within one second counts, each announced with the time that makes it count', async () => {
    const { greylist, group } = setUp();
    const steps = [
      { does: () => greylist.trap(ip), reason: 'trapped', times: [START] },
      { does: () => greylist.allow(ip), reason: 'white', times: [START + 1] },
      { does: () => greylist.trap(ip), reason: 'trapped', times: [START + 1] },
      { does: () => greylist.forget(ip), reason: 'first-sight', times: [START + 1, START + 1] },
      { does: () => greylist.trap(ip), reason: 'trapped', times: [START + 2] },
      { does: () => greylist.forget(ip), reason: 'too-soon', times: [START, START + 2] },
      { does: () => greylist.allow(ip), reason: 'white', times: [START + 2] },
      { does: () => greylist.forget(ip), reason: 'too-soon', times: [START + 2, START] },
    ];
    for (const { does, reason, times } of steps) {
      await does();
      expect(group.drain().map(({ timestamp }) => timestamp)).toEqual(times);
      expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
      group.drain();
    }
  });

  it('another host that receives what was announced within one second agrees', async () => {
    const here = setUp();
    const there = setUp();
    await here.greylist.trap(ip);
    await here.greylist.allow(ip);
    await there.group.receive(...here.group.drain());
    expect(await there.greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
    await here.greylist.forget(ip);
    await here.greylist.trap(ip);
    await there.group.receive(...here.group.drain());
    expect(await there.greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('another host that receives a retry and a forget of one second agrees', async () => {
    const here = setUp();
    const there = setUp();
    await here.greylist.check(ATTEMPT);
    here.clock.time += PASSTIME + 1;
    there.clock.time += PASSTIME + 1;
    await here.greylist.forget(ip);
    expect(await here.greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
    await there.group.receive(...here.group.drain());
    expect(await there.greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('forget removes white and trapped, announces both removals, and leaves the tuples', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    await greylist.allow(ip);
    await greylist.trap(ip);
    clock.time += 10;
    group.drain();
    await greylist.forget(ip);
    expect(group.drain()).toEqual([
      { type: 'remove-white', ip, timestamp: clock.time },
      { type: 'remove-trapped', ip, timestamp: clock.time },
    ]);
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
  });

  it('a forgotten address comes back with a new entry, but not with an old one', async () => {
    const { greylist, group, clock } = setUp();
    const white = { type: 'white', ip, timestamp: START, expires: START + WHITEEXP } as const;
    await group.receive(white);
    clock.time += 10;
    await greylist.forget(ip);
    await greylist.sweep();
    await group.receive(white);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    await group.receive({ ...white, timestamp: START + 11 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('a removal of an unknown address is kept as long as what it removes could be received', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.forget(ip);
    clock.time = START + WHITEEXP - 1;
    await greylist.sweep();
    await group.receive({ type: 'trapped', ip, timestamp: START, expires: START + 2 * WHITEEXP });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    // And as long as that one could come again.
    clock.time = START + 2 * WHITEEXP - 1;
    await greylist.sweep();
    await group.receive({ type: 'trapped', ip, timestamp: START, expires: START + 2 * WHITEEXP });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
  });
});

describe('invalid arguments of a greylist', () => {
  const bad = (value: unknown) => value as string;

  it.each([
    { field: 'ip', attempt: { ...ATTEMPT, ip: 'mail.example.org' } },
    { field: 'ip', attempt: { ...ATTEMPT, ip: '198.51.100.0/24' } },
    { field: 'ip', attempt: { ...ATTEMPT, ip: '198.51.100.256' } },
    { field: 'ip', attempt: { ...ATTEMPT, ip: bad(undefined) } },
    { field: 'helo', attempt: { ...ATTEMPT, helo: bad(undefined) } },
    { field: 'from', attempt: { ...ATTEMPT, from: bad(null) } },
    { field: 'to', attempt: { ...ATTEMPT, to: bad(['<bob@example.net>']) } },
  ])(
    'check of an attempt with an invalid $field rejects with an EntryError that names it',
    async ({ field, attempt }) => {
      const { greylist, group, warnings } = setUp();
      const failure = await greylist.check(attempt).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(EntryError);
      expect(failure).toMatchObject({ code: 'ERR_SPAMD_FIELD', field });
      expect(group.announced).toEqual([]);
      expect(warnings).toEqual([]);
    },
  );

  it.each([
    { field: 'ip', ip: '', expires: START + 1 },
    { field: 'expires', ip, expires: START },
    { field: 'expires', ip, expires: START + 0.5 },
    { field: 'expires', ip, expires: 2 ** 32 },
    { field: 'expires', ip, expires: Number.NaN },
  ])(
    'allow and trap of "$ip" until $expires reject with an EntryError that names $field',
    async ({ field, ip, expires }) => {
      const { greylist, group } = setUp();
      for (const does of [() => greylist.allow(ip, { expires }), () => greylist.trap(ip, { expires })]) {
        const failure = await does().catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(EntryError);
        expect(failure).toMatchObject({ field });
      }
      expect(group.announced).toEqual([]);
    },
  );

  it('forget and spamtraps.add reject with an EntryError that names the argument', async () => {
    const { greylist } = setUp();
    await expect(greylist.forget('x')).rejects.toMatchObject({ field: 'ip' });
    await expect(greylist.spamtraps.add('<>')).rejects.toMatchObject({ field: 'address' });
    await expect(greylist.spamtraps.add(bad(7))).rejects.toMatchObject({ field: 'address' });
  });
});

describe('spamtraps.add', () => {
  it.each([
    'foo',
    'a@b,c@d',
    'a@b@c',
    'trap@example.net\n',
    ' trap@example.net',
    'trap@',
    '@example.net',
    '<trap@example.net',
    'trap @example.net',
    '"trap@example.net',
    '<>',
  ])('the spamtrap %j is refused, which no recipient ever is', async (address) => {
    const { greylist, store } = setUp();
    const failure = greylist.spamtraps.add(address);
    await expect(failure).rejects.toMatchObject({ name: 'EntryError', code: 'ERR_SPAMD_FIELD', field: 'address' });
    expect(store.stats()).toMatchObject({ spamtraps: 0 });
  });

  it.each([
    ['Trap@Example.NET', 'trap@example.net'],
    ['<trap@example.net>', 'trap@example.net'],
    ['"a b"@example.net', 'a b@example.net'],
    ['tr\u00e4p@b\u00fccher.example', 'tr\u00e4p@b\u00fccher.example'],
    ['trap@[192.0.2.1]', 'trap@[192.0.2.1]'],
    ['trap+tag@example.net', 'trap+tag@example.net'],
  ])('the spamtrap %j is listed as %j, and traps', async (address, kept) => {
    const { greylist } = setUp();
    await greylist.spamtraps.add(address);
    const listed: string[] = [];
    for await (const trap of greylist.spamtraps.list()) listed.push(trap);
    expect(listed).toEqual([kept]);
    const to = address.startsWith('<') ? address : `<${address}>`;
    expect(await greylist.check({ ...ATTEMPT, to })).toMatchObject({ action: 'reject', reason: 'spamtrap' });
  });
});

describe('a verdict', () => {
  it('every member of a verdict can be read whatever the action', async () => {
    const { greylist, clock } = setUp();
    const read = async () => {
      const { action, reply, retryAfter, expires, waited, trappedBy, error } = await greylist.check(ATTEMPT);
      return { action, reply: reply?.slice(0, 9), retryAfter, expires, waited, trappedBy, error };
    };
    const none = {
      retryAfter: undefined,
      expires: undefined,
      waited: undefined,
      trappedBy: undefined,
      error: undefined,
    };
    expect(await read()).toEqual({ ...none, action: 'defer', reply: '451 4.7.1', retryAfter: PASSTIME + 1 });
    clock.time += PASSTIME + 11;
    const expires = clock.time + WHITEEXP;
    expect(await read()).toEqual({ ...none, action: 'pass', reply: undefined, expires, waited: PASSTIME + 11 });
    await greylist.trap(ip);
    const trapped = { expires: clock.time + TRAPEXP, trappedBy: 'operator' };
    expect(await read()).toEqual({ ...none, action: 'reject', reply: '550 5.7.1', ...trapped });
  });
});

describe('export and import', () => {
  it('import of an export gives the same records', async () => {
    const here = setUp({ subnet: { ipv4: 24 } });
    await here.greylist.check({ ...ATTEMPT, from: 'Alice@example.org', helo: 'A "quoted" \\ helo' });
    await here.greylist.check({ ...ATTEMPT, ip: '2001:DB8::7', from: '' });
    await here.greylist.allow('203.0.113.9');
    await here.greylist.trap('203.0.113.9');
    await here.greylist.trap('203.0.113.10', { expires: START + 7 });
    await here.greylist.allow('203.0.114.11', { expires: START + 99 });
    await here.greylist.spamtraps.add('trap@example.net');
    const records = await listed(here.greylist);
    const there = setUp({ subnet: { ipv4: 24 } });
    expect(await there.greylist.import(records)).toEqual({
      grey: 2,
      white: 2,
      trapped: 2,
      spamtraps: 1,
      domains: 0,
      ignored: 0,
    });
    expect(new Set(await listed(there.greylist))).toEqual(new Set(records));
    expect(there.group.announced).toEqual([]);
    expect(await there.greylist.import(records)).toMatchObject({ ignored: 0 });
    expect(new Set(await listed(there.greylist))).toEqual(new Set(records));
  });

  it('export gives when an address became white, so that it ends an older trap where it is imported', async () => {
    const here = setUp();
    const there = setUp();
    await here.greylist.trap(ip);
    await there.group.receive(...here.group.drain());
    here.clock.time += 900;
    there.clock.time += 900;
    await here.greylist.allow(ip);
    const white = { first: START, pass: START + 900, expires: START + 900 + WHITEEXP, passed: 0 };
    expect(await listed(here.greylist)).toMatchObject([{ type: 'WHITE', ...white }]);
    await there.greylist.import(await listed(here.greylist));
    expect(await there.greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it.each([
    { first: START - 900, pass: START - 300 },
    { first: START - 300, pass: 0 },
  ])('import dates a white address by the later of first sight $first and last pass $pass', async (times) => {
    for (const [timestamp, reason] of [[START - 301, 'white'] as const, [START - 300, 'trapped'] as const]) {
      const { greylist, group } = setUp();
      await greylist.import([{ type: 'WHITE', ip, ...times, expires: START + 9, blocked: 1, passed: 1 }]);
      await group.receive({ type: 'trapped', ip, timestamp, expires: START + 9 });
      expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
    }
  });

  it('import accepts a name for an address only where identify is set', async () => {
    const white = {
      type: 'WHITE',
      ip: 'Example.org',
      first: 1,
      pass: 2,
      expires: START + 9,
      blocked: 3,
      passed: 4,
    } as const;
    const plain = setUp();
    expect(await plain.greylist.import([white])).toMatchObject({ white: 0, ignored: 1 });
    const pooled = setUp({ identify: () => 'example.org' });
    expect(await pooled.greylist.import([white])).toMatchObject({ white: 1, ignored: 0 });
    expect(await pooled.greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('import ignores records that have expired, and those of an invalid address', async () => {
    const { greylist } = setUp();
    const report = await greylist.import([
      { type: 'TRAPPED', ip, expires: START },
      { type: 'TRAPPED', ip: '198.51.100', expires: START + 1 },
      { type: 'TRAPPED', ip: '198.51.100.0/33', expires: START + 1 },
    ]);
    expect(report).toEqual({ grey: 0, white: 0, trapped: 0, spamtraps: 0, domains: 0, ignored: 3 });
    expect(await listed(greylist)).toEqual([]);
  });

  it('a retry of an imported tuple passes', async () => {
    const { greylist } = setUp();
    const first = START - PASSTIME - 1;
    const times = { first, pass: first + GREYEXP, expires: first + GREYEXP, blocked: 0, passed: 0 };
    await greylist.import([{ type: 'GREY', ...ATTEMPT, ...times }]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('import dates a trap trapexp before its expiry, so that a later WHITE ends it', async () => {
    const { greylist, group } = setUp();
    await greylist.import([{ type: 'TRAPPED', ip, expires: START + TRAPEXP - 100 }]);
    await group.receive({ type: 'white', ip, timestamp: START - 101, expires: START + 1 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped', trappedBy: 'import' });
    await group.receive({ type: 'white', ip, timestamp: START - 99, expires: START + 1 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });
});
