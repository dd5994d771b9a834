import { describe, expect, it } from 'vitest';
import { ATTEMPT, GREYEXP, PASSTIME, SOURCE, START, setUp, TRAPEXP, WHITEEXP } from './setup.ts';

const { ip, helo, from, to } = ATTEMPT;
const NONE = { received: undefined, source: undefined, tuple: undefined, connectedTo: undefined, by: undefined };

describe('why', () => {
  it('why of an address that nothing is known of says just that', async () => {
    const { greylist } = setUp();
    expect(await greylist.why(ip)).toEqual({
      ip,
      time: START,
      state: 'none',
      exempt: false,
      records: [],
      tuples: [],
      moreTuples: 0,
      evidence: [],
    });
  });

  it.each(['mail.example.org', '198.51.100.0/24', ''])('why of "%s", which is no address, is refused', async (bad) => {
    const { greylist } = setUp();
    await expect(greylist.why(bad)).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD', field: 'ip' });
  });

  it('why of a client that waits lists its tuples as typed, and when a retry passes', async () => {
    const { greylist, clock } = setUp();
    await greylist.check({ ...ATTEMPT, from: 'Alice@example.org' });
    clock.time += 5;
    await greylist.check({ ...ATTEMPT, to: '<carol@example.net>' });
    await greylist.check({ ...ATTEMPT, ip: '198.51.100.70' });
    const times = (first: number) => ({ first, passes: first + PASSTIME + 1, expires: first + GREYEXP });
    const why = await greylist.why('::ffff:198.51.100.7');
    expect(why).toMatchObject({ ip, state: 'grey', records: [], moreTuples: 0 });
    expect(why.tuples).toEqual([
      { helo, from, to: '<carol@example.net>', ...times(START + 5), blocked: 1, passed: 0 },
      { helo, from: 'Alice@example.org', to, ...times(START), blocked: 1, passed: 0 },
    ]);
    clock.time = START + GREYEXP;
    expect((await greylist.why(ip)).tuples).toHaveLength(1);
  });

  it('why lists a hundred tuples at most, the newest, and counts the others', async () => {
    const { greylist, clock } = setUp();
    for (let at = 0; at < 250; at++) {
      clock.time += 1;
      await greylist.check({ ...ATTEMPT, to: `<user${at}@example.net>` });
    }
    const { tuples, moreTuples } = await greylist.why(ip);
    expect(tuples.map(({ first }) => first)).toEqual(Array.from({ length: 100 }, (_, at) => START + 250 - at));
    expect(moreTuples).toBe(150);
  });

  it('why of a client that came back tells since when it is white, by whom, and what was announced', async () => {
    const { greylist, clock } = setUp();
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    await greylist.check(ATTEMPT);
    const expires = clock.time + WHITEEXP;
    const claim = { at: clock.time, expires, local: true };
    const why = await greylist.why(ip);
    expect(why).toMatchObject({ state: 'white', since: clock.time, expires });
    expect(why.trappedBy).toBeUndefined();
    expect(why.records).toEqual([
      {
        of: ip,
        white: [claim],
        trapped: [],
        whiteRemoved: 0,
        trappedRemoved: 0,
        first: START,
        pass: clock.time,
        blocked: 0,
        passed: 1,
        announcedAt: clock.time,
        announcedExpires: expires,
      },
    ]);
  });

  it('why of a client that hit a spamtrap shows the attempt and where it connected to', async () => {
    const { greylist } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    await greylist.check({ ...ATTEMPT, to: 'Trap@example.net', connectedTo: '::ffff:203.0.113.2' });
    const why = await greylist.why(ip);
    expect(why).toMatchObject({ state: 'trapped', since: START, expires: START + TRAPEXP, trappedBy: 'spamtrap' });
    const tuple = { helo, from, to: 'Trap@example.net' };
    expect(why.evidence).toEqual([{ ...NONE, kind: 'spamtrap', time: START, tuple, connectedTo: '203.0.113.2' }]);
    expect(why.records).toMatchObject([{ trapped: [{ at: START, local: true }] }]);
  });

  it('why names the host of the group that trapped a client, and when that was received', async () => {
    const { greylist, group } = setUp();
    await group.receive({ type: 'trapped', ip, timestamp: START - 9, expires: START + 500 });
    const why = await greylist.why(ip);
    expect(why).toMatchObject({ state: 'trapped', trappedBy: 'group' });
    expect(why.evidence).toEqual([
      { ...NONE, kind: 'group', time: START - 9, received: START, source: SOURCE.address },
    ]);
    expect(why.records).toMatchObject([{ trapped: [{ at: START - 9, local: false }], announcedAt: 0 }]);
  });

  it('why shows the attempt at another host that hit a spamtrap of this one', async () => {
    const { greylist, group } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    await group.receive({ type: 'grey', ...ATTEMPT, to: '<trap@example.net>', timestamp: START - 3 });
    const tuple = { helo, from, to: '<trap@example.net>' };
    expect((await greylist.why(ip)).evidence).toEqual([
      { ...NONE, kind: 'spamtrap', time: START - 3, received: START, source: SOURCE.address, tuple },
    ]);
  });

  it('why tells who trapped an address by hand, and that it was imported', async () => {
    const { greylist } = setUp();
    await greylist.import([{ type: 'TRAPPED', ip, expires: START + 50 }]);
    await greylist.trap(ip, { by: 'alice: abuse report 17' });
    expect((await greylist.why(ip)).evidence).toMatchObject([
      { kind: 'operator', time: START, by: 'alice: abuse report 17' },
      { kind: 'import', by: undefined },
    ]);
  });

  it('why keeps the newest four pieces of evidence, each of its own, and forgets them with forget', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    for (const user of ['a', 'b', 'b', 'c', 'd', 'b', 'e']) {
      clock.time += 1;
      await greylist.check({ ...ATTEMPT, from: user, to: '<trap@example.net>' });
    }
    const { evidence } = await greylist.why(ip);
    expect(evidence.map(({ time, tuple }) => [time - START, tuple?.from])).toEqual([
      [7, 'e'],
      [6, 'b'],
      [5, 'd'],
      [4, 'c'],
    ]);
    await greylist.forget(ip);
    expect(await greylist.why(ip)).toMatchObject({
      state: 'none',
      evidence: [],
      records: [{ trappedRemoved: clock.time, whiteRemoved: clock.time }],
    });
    await group.receive({ type: 'trapped', ip, timestamp: clock.time, expires: clock.time + 9 });
    expect((await greylist.why(ip)).evidence).toEqual([]);
  });

  it('why keeps the evidence of a trap that allow ended', async () => {
    const { greylist } = setUp();
    await greylist.trap(ip);
    await greylist.allow(ip);
    expect(await greylist.why(ip)).toMatchObject({ state: 'white', evidence: [{ kind: 'operator' }] });
  });

  it('why of a client in a pool tells of both, and what is its own decides', async () => {
    const { greylist } = setUp({ subnet: { ipv4: 24 } });
    await greylist.check({ ...ATTEMPT, ip: '198.51.100.70' });
    expect(await greylist.why(ip)).toMatchObject({ state: 'grey', tuples: [{ helo }] });
    await greylist.allow('198.51.100.70');
    expect(await greylist.why(ip)).toMatchObject({ state: 'white', records: [{ of: '198.51.100.0/24' }] });
    await greylist.trap(ip);
    const why = await greylist.why(ip);
    expect(why).toMatchObject({ state: 'trapped', evidence: [{ kind: 'operator' }] });
    expect(why.records.map(({ of }) => of)).toEqual([ip, '198.51.100.0/24']);
  });

  it('why says that an address is exempt beside what is known of it', async () => {
    const { greylist } = setUp({ exempt: ['198.51.100.0/24'] });
    await greylist.trap(ip);
    expect(await greylist.why(ip)).toMatchObject({ state: 'trapped', exempt: true });
    expect(await greylist.why('2001:db8::1')).toMatchObject({ ip: '2001:db8::1', exempt: false });
  });

  it('what why returns is a copy, which nothing changes any more', async () => {
    const { greylist } = setUp();
    await greylist.trap(ip);
    const before = await greylist.why(ip);
    const copy = structuredClone(before);
    await greylist.check(ATTEMPT);
    await greylist.trap(ip, { by: 'bob' });
    expect(before).toEqual(copy);
  });

  it('evidence is in a snapshot, and in the store that it is restored into', async () => {
    const here = setUp();
    const there = setUp();
    await here.greylist.trap(ip, { by: 'alice' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of here.greylist.snapshot()) chunks.push(chunk);
    await there.greylist.restore(() => chunks);
    expect((await there.greylist.why(ip)).evidence).toEqual((await here.greylist.why(ip)).evidence);
  });
});
