import { describe, expect, it } from 'vitest';
import { ATTEMPT, GREYEXP, listed, PASSTIME, RENEWAL, START, setUp, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;

describe('the first sight of a tuple', () => {
  it('is deferred, recorded and announced', async () => {
    const { greylist, group } = setUp();
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toEqual({
      action: 'defer',
      reason: 'first-sight',
      retryAfter: PASSTIME + 1,
      reply: '451 4.7.1 Greylisted, please try again in 1501 seconds',
    });
    expect(group.told).toEqual([
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

  it('knows whole seconds only', async () => {
    const { greylist, group, clock } = setUp();
    clock.time = START + 0.9;
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([{ type: 'grey', ...ATTEMPT, timestamp: START }]);
  });
});

describe('a retry', () => {
  it.each([
    { after: 1, reason: 'too-soon', retryAfter: PASSTIME },
    { after: PASSTIME - 1, reason: 'too-soon', retryAfter: 2 },
    { after: PASSTIME, reason: 'too-soon', retryAfter: 1 },
    { after: PASSTIME + 1, reason: 'retry', retryAfter: undefined },
    { after: GREYEXP - 1, reason: 'retry', retryAfter: undefined },
    { after: GREYEXP, reason: 'first-sight', retryAfter: PASSTIME + 1 },
    { after: GREYEXP + 1, reason: 'first-sight', retryAfter: PASSTIME + 1 },
  ])('after $after s is $reason', async ({ after, reason, retryAfter }) => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += after;
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toMatchObject({ reason, action: reason === 'retry' ? 'pass' : 'defer' });
    expect(verdict.retryAfter).toBe(retryAfter);
  });

  it('that is too soon counts, is announced, and moves no expiry', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += 10;
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([
      { type: 'grey', ...ATTEMPT, timestamp: START },
      { type: 'grey', ...ATTEMPT, timestamp: START + 10 },
    ]);
    expect(await listed(greylist)).toMatchObject([
      { first: START, pass: START + GREYEXP, expires: START + GREYEXP, blocked: 2, passed: 0 },
    ]);
  });

  it('after passtime makes the address white, announced once', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    group.take();
    const expires = clock.time + WHITEEXP;
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'retry', expires, waited: PASSTIME + 1 });
    expect(group.take()).toEqual([{ type: 'white', ip, timestamp: clock.time, expires: expires }]);
    const times = { first: START, pass: clock.time };
    expect(await listed(greylist)).toEqual([
      { type: 'GREY', ...ATTEMPT, ...times, expires: START + GREYEXP, blocked: 1, passed: 1 },
      { type: 'WHITE', ip, ...times, expires: expires, blocked: 0, passed: 1 },
    ]);
  });

  it('with another helo, sender or recipient is another tuple', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    for (const other of [{ helo: 'x.example' }, { from: '<x@example.org>' }, { to: '<x@example.net>' }]) {
      expect(await greylist.check({ ...ATTEMPT, ...other })).toMatchObject({ reason: 'first-sight' });
    }
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('counts from the first sight, not from the last', async () => {
    const { greylist, clock } = setUp();
    for (let minute = 0; minute <= 25; minute++) {
      expect(await greylist.check(ATTEMPT)).toMatchObject({ action: 'defer' });
      clock.time += 60;
    }
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('passes exactly once of several at once', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    group.take();
    const verdicts = await Promise.all([1, 2, 3].map(() => greylist.check(ATTEMPT)));
    expect(verdicts.map(({ reason }) => reason)).toEqual(['retry', 'white', 'white']);
    expect(group.take()).toHaveLength(1);
  });
});

describe('a white address', () => {
  async function whiteSetup() {
    const setup = setUp();
    await setup.greylist.check(ATTEMPT);
    setup.clock.time += PASSTIME + 1;
    await setup.greylist.check(ATTEMPT);
    setup.group.take();
    return { ...setup, passed: setup.clock.time };
  }

  it('passes with whatever it brings, and each pass renews it', async () => {
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
  ])('$after s after its last delivery is $reason', async ({ after, reason }) => {
    const { greylist, clock } = await whiteSetup();
    clock.time += after;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason });
  });

  it('is announced again at most once per tenth of whiteexp', async () => {
    const { greylist, group, clock, passed } = await whiteSetup();
    clock.time = passed + RENEWAL - 1;
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([]);
    clock.time = passed + RENEWAL;
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([{ type: 'white', ip, timestamp: clock.time, expires: clock.time + WHITEEXP }]);
    clock.time += RENEWAL - 1;
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([]);
  });

  it('that only others told of is announced at its first pass here', async () => {
    const { greylist, group, clock } = setUp();
    await group.say({ type: 'white', ip, timestamp: START, expires: START + 100 });
    clock.time += 50;
    await greylist.check(ATTEMPT);
    await greylist.check(ATTEMPT);
    expect(group.take()).toEqual([{ type: 'white', ip, timestamp: START + 50, expires: START + 50 + WHITEEXP }]);
  });

  it('keeps an expiry that is later than a renewal', async () => {
    const { greylist, clock } = setUp();
    await greylist.allow(ip, { expires: START + 2 * WHITEEXP });
    clock.time += 1;
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'white', expires: START + 2 * WHITEEXP });
  });

  it('does not count a renewal that was not announced against what the group says meanwhile', async () => {
    const { greylist, group, clock, passed } = await whiteSetup();
    clock.time = passed + 100;
    await greylist.check(ATTEMPT);
    await group.say({ type: 'trapped', ip, timestamp: passed + 50, expires: passed + 500 });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });
});
