import type { Attempt, Verdict } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { generator, type Random } from '../../src/transport/random.ts';
import { ATTEMPT, DAY, GREYEXP, HOUR, listed, MINUTE, PASSTIME, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';
import { SCAN, type SpamdAnswer, SpamdModel, type SpamdPolicy } from './spamd-model.ts';

const { ip } = ATTEMPT;
const RULES = { passtime: PASSTIME, greyexp: GREYEXP, whiteexp: WHITEEXP, trapexp: TRAPEXP };
const TRAP = 'trap@example.net';
const MX2 = '203.0.113.2';

function policyOf(more: Partial<SpamdPolicy> = {}): SpamdPolicy {
  return { ...RULES, spamtraps: new Set([TRAP]), allowedDomains: undefined, lowPriorityMx: undefined, ...more };
}

/** Jumps that meet every bound, from before, at it, and from behind. */
const JUMPS = [
  ...[1, 30, MINUTE, 10 * MINUTE, PASSTIME - 1, PASSTIME, PASSTIME + 1, HOUR, GREYEXP - 1, GREYEXP, GREYEXP + 1],
  ...[TRAPEXP - 1, TRAPEXP, DAY + HOUR, WHITEEXP - 1, WHITEEXP],
];
/** How often each: short ones mostly, or nothing would ever live to be seen again. */
const WEIGHTS = [9, 9, 9, 9, 6, 6, 6, 4, 2, 2, 2, 1, 1, 1, 1, 1];
const WEIGHTED = JUMPS.flatMap((jump, index) => new Array<number>(WEIGHTS[index] ?? 1).fill(jump));

function someAttempt({ pick, chance }: Random, model: SpamdModel): Attempt {
  const ip = pick(['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4', '198.51.100.5']);
  // What is white or trapped is past spamd's trap check, but not past ours: a difference, see below.
  const to =
    chance(0.04) && !model.addresses.has(ip)
      ? '<Trap@Example.net>'
      : pick(['<a@example.net>', '<b@example.net>', chance(0.2) ? '<c@example.com>' : '<d@example.net>']);
  const from = pick(['<x@example.org>', '<>']);
  return { ip, helo: 'mx.example.org', from, to, connectedTo: chance(0.2) ? MX2 : '203.0.113.1' };
}

/** The reasons of a verdict where spamd answers so. It can only defer the retry that makes an address white. */
const ANSWERS: Readonly<Record<SpamdAnswer, readonly Verdict['reason'][]>> = {
  deferred: ['first-sight', 'too-soon'],
  ripe: ['retry'],
  trapped: ['trapped', 'spamtrap', 'domain', 'low-priority-mx'],
  through: ['white'],
};

describe('a greylist beside a model of spamd', () => {
  it.each([
    ...Array.from({ length: 10 }, (_, seed) => ({ seed, more: {} })),
    ...Array.from({ length: 5 }, (_, seed) => ({ seed: seed + 60, more: { lowPriorityMx: MX2 } })),
    ...Array.from({ length: 5 }, (_, seed) => ({ seed: seed + 90, more: { allowedDomains: ['@example.net'] } })),
  ])('250 attempts get the answers and records of spamd (seed $seed, $more)', async ({ seed, more }) => {
    const random = generator(seed + 1);
    const { greylist, clock } = setUp(more);
    await greylist.spamtraps.add(TRAP);
    const model = new SpamdModel(policyOf(more), START);
    const answers = new Map<SpamdAnswer, number>();
    for (let step = 0; step < 250; step++) {
      const attempt = someAttempt(random, model);
      const answer = model.attempt(attempt, clock.time);
      const verdict = await greylist.check(attempt);
      expect(ANSWERS[answer]).toContain(verdict.reason);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      // spamd may scan at any second of a minute: let it be this one and that of the next attempt.
      model.scan(clock.time);
      expect(await lists(greylist)).toEqual(modelLists(model));
      clock.time += random.pick(WEIGHTED);
      model.scan(clock.time);
      await greylist.sweep();
    }
    expect(answers.size).toBe(4);
    expect(clock.time - START).toBeGreaterThan(3 * DAY);
  });

  /** Of tuples those that are not past; of addresses all. In the words of spamdb(8), sorted. */
  async function lists(greylist: Parameters<typeof listed>[0]): Promise<string[]> {
    const lines = (await listed(greylist)).map((record) => {
      if (record.type === 'SPAMTRAP' || record.type === 'DOMAIN') return '';
      if (record.type === 'TRAPPED') return `TRAPPED ${record.ip} ${record.expires}`;
      const { type, ip, first, pass, expires, blocked, passed } = record;
      if (type === 'WHITE') return `WHITE ${ip} ${first} ${expires}`;
      const { helo, from, to } = record;
      return passed > 0 ? '' : `GREY ${SpamdModel.key({ ip, helo, from, to })} ${first} ${pass} ${expires} ${blocked}`;
    });
    return lines.filter((line) => line !== '').sort();
  }

  function modelLists({ tuples, addresses }: SpamdModel): string[] {
    const grey = [...tuples].map(
      ([key, { first, pass, expires, blocked }]) => `GREY ${key} ${first} ${pass} ${expires} ${blocked}`,
    );
    const others = [...addresses].map(([ip, { trapped, first, expires }]) =>
      trapped ? `TRAPPED ${ip} ${expires}` : `WHITE ${ip} ${first} ${expires}`,
    );
    return [...grey, ...others].sort();
  }
});

/** Each is listed in docs/greylist.md, by the words before the colon. */
describe('differences from spamd', () => {
  const model = (more: Partial<SpamdPolicy> = {}) => new SpamdModel(policyOf(more), START);

  it('pass at the retry: the retry itself passes here, and only an attempt after the scan at spamd', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    spamd.attempt(ATTEMPT, START);
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('ripe');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ action: 'pass', reason: 'retry' });
    clock.time += SCAN - 1;
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('ripe');
    spamd.scan(clock.time + 1);
    expect(spamd.attempt(ATTEMPT, clock.time + 1)).toBe('through');
  });

  it('expiry at its second: a trap ends here at its expiry, and at spamd at the next scan', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    spamd.trap(ip, START);
    await greylist.trap(ip);
    clock.time += TRAPEXP;
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('trapped');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
  });

  it('spamtraps for white addresses: a spamtrap traps a white address here, and not at spamd', async () => {
    const { greylist } = setUp();
    const spamd = model();
    spamd.white(ip, START, START + WHITEEXP);
    await greylist.allow(ip);
    await greylist.spamtraps.add(TRAP);
    expect(spamd.attempt({ ...ATTEMPT, to: TRAP }, START)).toBe('through');
    expect(await greylist.check({ ...ATTEMPT, to: TRAP })).toMatchObject({ reason: 'spamtrap' });
  });

  it('a trap hit again lasts longer: here it expires trapexp after the last hit, and at spamd after the first', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    await greylist.spamtraps.add(TRAP);
    for (const time of [START, START + 100]) {
      clock.time = time;
      expect(spamd.attempt({ ...ATTEMPT, to: TRAP }, time)).toBe('trapped');
      await greylist.check({ ...ATTEMPT, to: TRAP });
    }
    expect(spamd.addresses.get(ip)?.expires).toBe(START + TRAPEXP);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ expires: START + 100 + TRAPEXP });
  });

  it('the newest claim wins: here it decides by its timestamp, and at spamd the last received decides', async () => {
    const { greylist, group, clock } = setUp();
    const spamd = model();
    clock.time += 10;
    const trap = { type: 'trapped', ip, timestamp: START + 5, expires: START + DAY } as const;
    const white = { type: 'white', ip, timestamp: START, expires: START + DAY } as const;
    spamd.trap(ip, clock.time, trap.expires);
    spamd.white(ip, clock.time, white.expires);
    await group.receive(trap, white);
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('through');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('the later expiry counts: a second WHITE extends the first here, and not at spamd', async () => {
    const { greylist, group, clock } = setUp();
    const spamd = model();
    for (const expires of [START + HOUR, START + DAY]) {
      spamd.white(ip, START, expires);
      await group.receive({ type: 'white', ip, timestamp: START, expires });
    }
    clock.time += HOUR;
    spamd.scan(clock.time);
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('deferred');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('each kind has its own expiry: a trap over a white address ends by its own here, and not at spamd', async () => {
    const { greylist, group, clock } = setUp();
    const spamd = model();
    spamd.white(ip, START, START + WHITEEXP);
    spamd.trap(ip, START);
    await group.receive({ type: 'white', ip, timestamp: START, expires: START + WHITEEXP });
    await group.receive({ type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP });
    clock.time += TRAPEXP;
    spamd.scan(clock.time);
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('trapped');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('one tuple in every spelling: brackets make no other tuple here, and do at spamd', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    const asGreyd = { ...ATTEMPT, from: 'alice@example.org', to: 'bob@example.net' };
    spamd.attempt(ATTEMPT, START);
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(spamd.attempt(asGreyd, clock.time)).toBe('deferred');
    expect(await greylist.check(asGreyd)).toMatchObject({ reason: 'retry' });
  });

  it('a tuple that passed stays: its retry passes after a removal here, and is deferred at spamd', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    spamd.attempt(ATTEMPT, START);
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    spamd.attempt(ATTEMPT, clock.time);
    spamd.scan(clock.time);
    await greylist.check(ATTEMPT);
    // As by spamdb -d.
    spamd.addresses.delete(ip);
    await greylist.forget(ip);
    clock.time += 1;
    expect(spamd.attempt(ATTEMPT, clock.time)).toBe('deferred');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry' });
  });

  it('the retry that passes is not blocked: it counts as passed here, and as blocked at spamd', async () => {
    const { greylist, clock } = setUp();
    const spamd = model();
    for (const time of [START, START + PASSTIME + 1]) {
      clock.time = time;
      spamd.attempt(ATTEMPT, time);
      await greylist.check(ATTEMPT);
    }
    expect(spamd.tuples.get(SpamdModel.key(ATTEMPT))?.blocked).toBe(2);
    expect(await listed(greylist)).toMatchObject([
      { blocked: 1, passed: 1 },
      { type: 'WHITE', passed: 1 },
    ]);
  });

  it('IPv6 clients: they are greylisted here', async () => {
    const { greylist } = setUp();
    const six = { ...ATTEMPT, ip: '2001:db8::7' };
    expect(await greylist.check(six)).toMatchObject({ reason: 'first-sight' });
    expect(await greylist.check(six)).toMatchObject({ reason: 'too-soon' });
  });
});
