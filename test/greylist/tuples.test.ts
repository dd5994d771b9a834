import { describe, expect, it } from 'vitest';
import { ATTEMPT, GREYEXP, listed, PASSTIME, RENEWAL, START, setUp, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;

describe('check of a new tuple', () => {
  it('the first attempt is deferred, recorded and announced', async () => {
    const { greylist, group } = setUp();
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toEqual({
      action: 'defer',
      reason: 'first-sight',
      retryAfter: PASSTIME + 1,
      reply: '451 4.7.1 Greylisted, please try again in 1501 seconds',
    });
    expect(group.announced).toEqual([
      { entries: [{ type: 'grey', ...ATTEMPT, timestamp: START }], options: { backdated: false } },
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

  it('an attempt is recorded in whole seconds', async () => {
    const { greylist, group, clock } = setUp();
    clock.time = START + 0.9;
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([{ type: 'grey', ...ATTEMPT, timestamp: START }]);
  });
});

describe('check of a known tuple', () => {
  it.each([
    { after: 1, reason: 'too-soon', retryAfter: PASSTIME },
    { after: PASSTIME - 1, reason: 'too-soon', retryAfter: 2 },
    { after: PASSTIME, reason: 'too-soon', retryAfter: 1 },
    { after: PASSTIME + 1, reason: 'retry', retryAfter: undefined },
    { after: GREYEXP - 1, reason: 'retry', retryAfter: undefined },
    { after: GREYEXP, reason: 'first-sight', retryAfter: PASSTIME + 1 },
    { after: GREYEXP + 1, reason: 'first-sight', retryAfter: PASSTIME + 1 },
  ])('an attempt $after s after the first is $reason', async ({ after, reason, retryAfter }) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += after;
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toMatchObject({ reason, action: reason === 'retry' ? 'pass' : 'defer' });
    expect(verdict.retryAfter).toBe(retryAfter);
  });

  it('a retry that is too soon is counted and announced, and moves no expiry', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += 10;
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([
      { type: 'grey', ...ATTEMPT, timestamp: START },
      { type: 'grey', ...ATTEMPT, timestamp: START + 10 },
    ]);
    expect(await listed(greylist)).toMatchObject([
      { first: START, pass: START + GREYEXP, expires: START + GREYEXP, blocked: 2, passed: 0 },
    ]);
  });

  it('a retry after passtime makes the address white, announced once', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    group.drain();
    const expires = clock.time + WHITEEXP;
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'retry', expires, waited: PASSTIME + 1 });
    expect(group.drain()).toEqual([{ type: 'white', ip, timestamp: clock.time, expires: expires }]);
    const times = { first: START, pass: clock.time };
    expect(await listed(greylist)).toEqual([
      { type: 'GREY', ...ATTEMPT, ...times, expires: START + GREYEXP, blocked: 1, passed: 1 },
      { type: 'WHITE', ip, ...times, expires: expires, blocked: 0, passed: 1 },
    ]);
  });

  it('an attempt with another HELO, sender or recipient is another tuple', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    for (const other of [{ helo: 'x.example' }, { from: '<x@example.org>' }, { to: '<x@example.net>' }]) {
      expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'first-sight' });
    }
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('passtime counts from the first attempt, not from the last', async () => {
    const { greylist, clock } = setUp();
    for (let minute = 0; minute <= 25; minute++) {
      expect(await greylist.check(ATTEMPT)).toMatchObject({ action: 'defer' });
      clock.time += 60;
    }
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('exactly one of several simultaneous attempts is the retry that makes the address white', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    group.drain();
    const verdicts = await Promise.all([1, 2, 3].map(() => greylist.check(ATTEMPT)));
    expect(verdicts.map(({ reason }) => reason)).toEqual(['retry', 'white', 'white']);
    expect(group.drain()).toHaveLength(1);
  });
});

describe('check of a white address', () => {
  async function whiteSetup() {
    const setup = setUp();
    await setup.greylist.check(ATTEMPT);
    setup.clock.time += PASSTIME + 1;
    await setup.greylist.check(ATTEMPT);
    setup.group.drain();
    return { ...setup, passed: setup.clock.time };
  }

  it('a white address passes with any HELO, sender and recipient, and each pass renews it', async () => {
    const { greylist, clock } = await whiteSetup();
    clock.time += 5;
    const other = { ip, helo: 'other.example', from: '', to: 'carol@example.net' };
    expect(await greylist.check(other)).toEqual({ action: 'pass', reason: 'white', expires: clock.time + WHITEEXP });
    expect(await listed(greylist)).toContainEqual({
      type: 'WHITE',
      ip,
      first: START,
      pass: clock.time,
      expires: clock.time + WHITEEXP,
      blocked: 0,
      passed: 2,
    });
  });

  it.each([
    { after: WHITEEXP - 1, reason: 'white' },
    { after: WHITEEXP, reason: 'first-sight' },
  ])('an attempt of a white address $after s after its last pass is $reason', async ({ after, reason }) => {
    const { greylist, clock } = await whiteSetup();
    clock.time += after;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('a white address is announced again at most once per tenth of whiteexp', async () => {
    const { greylist, group, clock, passed } = await whiteSetup();
    clock.time = passed + RENEWAL - 1;
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([]);
    clock.time = passed + RENEWAL;
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([{ type: 'white', ip, timestamp: clock.time, expires: clock.time + WHITEEXP }]);
    clock.time += RENEWAL - 1;
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([]);
  });

  it('a white address that only other hosts announced is announced at its first pass here', async () => {
    const { greylist, group, clock } = setUp();
    await group.receive({ type: 'white', ip, timestamp: START, expires: START + 100 });
    clock.time += 50;
    await greylist.check(ATTEMPT);
    await greylist.check(ATTEMPT);
    expect(group.drain()).toEqual([{ type: 'white', ip, timestamp: START + 50, expires: START + 50 + WHITEEXP }]);
  });

  it('a white address keeps an expiry that is later than a renewal', async () => {
    const { greylist, clock } = setUp();
    await greylist.allow(ip, { expires: START + 2 * WHITEEXP });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'white', expires: START + 2 * WHITEEXP });
  });

  it('a renewal that was not announced does not count against what the group announces meanwhile', async () => {
    const { greylist, group, clock, passed } = await whiteSetup();
    clock.time = passed + 100;
    await greylist.check(ATTEMPT);
    await group.receive({ type: 'trapped', ip, timestamp: passed + 50, expires: passed + 500 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });
});

describe('check of a tuple in several forms', () => {
  it.each([
    { helo: 'MAIL.Example.org' },
    { from: 'alice@example.org' },
    { from: 'Alice@EXAMPLE.org', to: '<BOB@example.net>' },
    { from: '<"alice"@example.org>' },
    { from: '<ali\\ce@example.org>', to: 'bob@example.net' },
    { ip: '::ffff:198.51.100.7' },
  ])('an attempt that differs in %j alone is the same tuple', async (other) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { from: '<alice@example.org>', to: '<bob@example.net.>' },
    { helo: '"mail.example.org"' },
    { from: '' },
    { from: 'alice@example.org bob' },
    { ip: '198.51.100.8' },
  ])('an attempt that differs in %j is another tuple', async (other) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'first-sight' });
  });

  it('the null sender is one sender as "" and as <>', async () => {
    const { greylist, clock } = setUp();
    await greylist.check({ ...ATTEMPT, from: '' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, from: '<>' })).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { helo: 'quotes " and \\' },
    { helo: '' },
    { helo: 'nul \0 nl \n cr \r tab \t del \x7f', listedAs: 'nul ? nl ? cr ? tab ? del ?' },
    { helo: 'bücher.example é 日本 🐡' },
    { helo: 'X'.repeat(600) },
    { helo: 'Y'.repeat(100_000), listedAs: expect.stringMatching(/^y{239}~[\da-f]{8}-100000$/) },
    { helo: 'é'.repeat(5000), listedAs: expect.stringMatching(/^é{120}~[\da-f]{8}-10000$/) },
    { helo: 'half of a pair \ud83d', listedAs: 'half of a pair \ufffd' },
  ])('a HELO that no client should send is recorded: $helo', async ({ helo, listedAs }) => {
    const { greylist, clock } = setUp();
    const attempt = { ...ATTEMPT, helo, from: `<${helo}@example.org>` };
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'first-sight' });
    expect(await listed(greylist)).toMatchObject([{ helo: listedAs ?? helo, to: ATTEMPT.to }]);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...attempt })).toMatchObject({ reason: 'retry' });
  });
});
