import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GreylistPolicy } from 'spamd-sync';
import { formatSpamdb, parseSpamdb } from 'spamd-sync/spamdb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATTEMPT, addresses, listed, PASSTIME, START, setUp, WHITEEXP } from './setup.ts';

describe('subnet', () => {
  const one = { ...ATTEMPT, ip: '198.51.100.0' };
  const other = { ...ATTEMPT, ip: '198.51.100.255' };

  it.each([
    { subnet: { ipv4: 24 }, ip: '198.51.100.255', same: true },
    { subnet: { ipv4: 24 }, ip: '198.51.101.0', same: false },
    { subnet: { ipv4: 23 }, ip: '198.51.101.255', same: true },
    { subnet: { ipv4: 32 }, ip: '198.51.100.1', same: false },
    { subnet: { ipv4: 8 }, ip: '198.0.0.1', same: true },
    { subnet: { ipv6: 64 }, ip: '198.51.100.1', same: false },
    { subnet: undefined, ip: '198.51.100.1', same: false },
  ])('198.51.100.0 and $ip are one client under the subnet $subnet: $same', async ({ subnet, ip, same }) => {
    const { greylist, clock } = setUp({ subnet });
    await greylist.check(one);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ip })).toMatchObject({ reason: same ? 'retry' : 'first-sight' });
  });

  it.each([
    { prefix: 64, ip: '2001:db8:0:1:ffff:ffff:ffff:ffff', same: true },
    { prefix: 64, ip: '2001:db8:0:2::', same: false },
    { prefix: 50, ip: '2001:db8:0:3fff::', same: true },
    { prefix: 50, ip: '2001:db8:0:4000::', same: false },
    { prefix: 128, ip: '2001:db8:0:1::8', same: false },
    { prefix: 128, ip: '2001:0DB8::1:0:0:0:7', same: true },
  ])('2001:db8:0:1::7 and $ip are one client under an IPv6 subnet of $prefix: $same', async ({ prefix, ip, same }) => {
    const { greylist, clock } = setUp({ subnet: { ipv6: prefix } });
    await greylist.check({ ...ATTEMPT, ip: '2001:db8:0:1::7' });
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ip })).toMatchObject({ reason: same ? 'retry' : 'first-sight' });
  });

  it('an IPv6 client is its /64: grey, white, trapped and forgotten by whichever address it has', async () => {
    const { greylist, clock } = setUp({ subnet: undefined });
    await greylist.spamtraps.add('trap@example.net');
    const at = (host: string, to = ATTEMPT.to) => greylist.check({ ...ATTEMPT, to, ip: `2001:db8:0:1:${host}` });
    expect(await at(':1')).toMatchObject({ reason: 'first-sight' });
    clock.time += PASSTIME + 1;
    expect(await at(':2')).toMatchObject({ reason: 'retry' });
    expect(await at('f:e:d:c')).toMatchObject({ reason: 'white' });
    clock.time += 1;
    expect(await at(':3', 'trap@example.net')).toMatchObject({ reason: 'spamtrap' });
    expect(await at('a:b:c:d')).toMatchObject({ reason: 'trapped', trappedBy: 'spamtrap' });
    clock.time += 1;
    await greylist.allow('2001:db8:0:1::4');
    expect(await at(':5')).toMatchObject({ reason: 'white' });
    clock.time += 1;
    await greylist.trap('2001:db8:0:1::6');
    expect(await at(':7')).toMatchObject({ reason: 'trapped', trappedBy: 'operator' });
    clock.time += 1;
    await greylist.forget('2001:db8:0:1::8');
    expect(await at(':9')).toMatchObject({ reason: 'retry' });
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:db8:0:2::1' })).toMatchObject({ reason: 'first-sight' });
    const clients = (await listed(greylist)).flatMap((record) => ('ip' in record ? [record.ip] : []));
    expect(new Set(clients)).toEqual(new Set(['2001:db8:0:1::/64', '2001:db8:0:2::/64']));
  });

  it.each([
    { prefix: 48, other: '2001:db8:0:1::2', trapped: true },
    { prefix: 48, other: '2001:db8:0:2::1', trapped: false },
    { prefix: 128, other: '2001:db8:0:1::2', trapped: false },
  ])('a trap of 2001:db8:0:1::1 holds for $other under an IPv6 subnet of $prefix: $trapped', async (each) => {
    const { greylist } = setUp({ subnet: { ipv6: each.prefix } });
    await greylist.trap('2001:db8:0:1::1');
    expect(await greylist.check({ ...ATTEMPT, ip: each.other })).toMatchObject({
      reason: each.trapped ? 'trapped' : 'first-sight',
    });
    await greylist.forget(each.other);
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:db8:0:1::1' })).toMatchObject({
      reason: each.trapped ? 'first-sight' : 'trapped',
    });
  });

  it('spamtrap hits from many addresses of a /64 are one trap', async () => {
    const { greylist } = setUp();
    await greylist.spamtraps.add('trap@example.net');
    for (let i = 0; i < 200; i++) {
      await greylist.check({ ...ATTEMPT, ip: `2001:db8:0:1::${i.toString(16)}`, to: 'trap@example.net' });
    }
    expect((await greylist.stats()).store).toMatchObject({ addresses: 1 });
  });

  it('the address of the client is announced, and its network is exported', async () => {
    const { greylist, group, clock } = setUp({ subnet: { ipv4: 24 } });
    await greylist.check(one);
    clock.time += PASSTIME + 1;
    await greylist.check(other);
    expect(group.drain()).toEqual([
      { type: 'grey', ...one, timestamp: START },
      { type: 'white', ip: other.ip, timestamp: clock.time, expires: clock.time + WHITEEXP },
    ]);
    expect(await addresses(greylist)).toMatchObject([{ type: 'WHITE', ip: '198.51.100.0/24' }]);
  });

  it('a WHITE of the group makes the whole network white, and a removal of the group forgets it', async () => {
    const { greylist, group, clock } = setUp({ subnet: { ipv4: 24 } });
    await group.receive({ type: 'white', ip: '198.51.100.9', timestamp: START, expires: START + 10 });
    expect(await greylist.check(one)).toMatchObject({ reason: 'white' });
    clock.time += 1;
    await group.receive({ type: 'remove-white', ip: '198.51.100.10', timestamp: clock.time });
    expect(await greylist.check(one)).toMatchObject({ reason: 'first-sight' });
    await group.receive({ type: 'grey', ...other, timestamp: clock.time });
    expect(await listed(greylist)).toMatchObject([{ type: 'GREY', ip: '198.51.100.0/24', blocked: 2 }]);
  });

  it('a trap holds for an address alone, even for the first of its network', async () => {
    const { greylist, group } = setUp({ subnet: { ipv4: 24 } });
    await greylist.spamtraps.add('trap@example.net');
    await greylist.allow(other.ip);
    expect(await greylist.check({ ...one, to: 'trap@example.net' })).toMatchObject({ reason: 'spamtrap' });
    expect(await greylist.check(one)).toMatchObject({ reason: 'trapped', trappedBy: 'spamtrap' });
    expect(await greylist.check(other)).toMatchObject({ reason: 'white' });
    await group.receive({ type: 'trapped', ip: other.ip, timestamp: START, expires: START + 10 });
    expect(await greylist.check(other)).toMatchObject({ reason: 'trapped', trappedBy: 'group' });
    expect(await greylist.check({ ...ATTEMPT, ip: '198.51.100.8' })).toMatchObject({ reason: 'white' });
  });

  it('a sweep announces no network again, but a trap in it', async () => {
    const { greylist, group, clock } = setUp({ subnet: { ipv4: 24 } });
    await greylist.allow(one.ip, { expires: START + 100 });
    await greylist.trap(one.ip, { expires: START + 100 });
    await group.receive(
      { type: 'white', ip: one.ip, timestamp: START, expires: START + 1000 },
      { type: 'trapped', ip: one.ip, timestamp: START, expires: START + 1000 },
    );
    group.drain();
    clock.time += 300;
    expect(await greylist.sweep()).toMatchObject({ repaired: 1 });
    expect(group.drain()).toMatchObject([{ type: 'trapped', ip: one.ip, expires: START + 1000 }]);
  });
});

describe('exempt', () => {
  it.each([
    { exempt: ['198.51.100.7'], passes: true },
    { exempt: ['::ffff:198.51.100.7'], passes: true },
    { exempt: ['198.51.100.8'], passes: false },
    { exempt: ['198.51.100.0/29'], passes: true },
    { exempt: ['198.51.100.8/29'], passes: false },
    { exempt: ['203.0.113.0/24', '198.51.0.0/16'], passes: true },
    { exempt: ['0.0.0.0/0'], passes: true },
    { exempt: ['2001:db8::/32'], passes: false },
    { exempt: [], passes: false },
  ])('198.51.100.7 passes without a record where exempt is $exempt: $passes', async ({ exempt, passes }) => {
    const { greylist, group } = setUp({ exempt });
    await greylist.trap(ATTEMPT.ip);
    group.drain();
    for (let again = 0; again < 2; again++) {
      const verdict = await greylist.check({ ...ATTEMPT, ip: again === 0 ? ATTEMPT.ip : `::ffff:${ATTEMPT.ip}` });
      if (passes) expect(verdict).toEqual({ action: 'pass', reason: 'exempt' });
      else expect(verdict).toMatchObject({ reason: 'trapped' });
    }
    expect(group.announced).toEqual([]);
  });

  it('exempt may be an IPv6 prefix', async () => {
    const { greylist } = setUp({ exempt: ['2001:db8:1::/48'] });
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:DB8:1::9' })).toMatchObject({ reason: 'exempt' });
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:db8:2::9' })).toMatchObject({ reason: 'first-sight' });
  });

  it('exempt may be a file of addresses and prefixes, and a line that is neither is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nospamd-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'nospamd');
    await writeFile(path, '# pools\n198.51.100.0/24 # example\n\n  2001:db8::1\r\n');
    const { greylist } = setUp({ exempt: ['203.0.113.1', path] });
    for (const ip of ['198.51.100.7', '2001:db8::1', '203.0.113.1']) {
      expect(await greylist.check({ ...ATTEMPT, ip })).toMatchObject({ reason: 'exempt' });
    }
    expect(await greylist.check({ ...ATTEMPT, ip: '203.0.113.2' })).toMatchObject({ reason: 'first-sight' });
    await writeFile(path, '198.51.100.0/24\nmail.example.org\n');
    expect(() => setUp({ exempt: [path] })).toThrow(`${path}:2: not an address or prefix: "mail.example.org"`);
    expect(() => setUp({ exempt: [`${path}.not`] })).toThrow(/cannot be read: ENOENT/);
  });
});

describe('identify', () => {
  const byDomain: Partial<GreylistPolicy> = {
    identify: ({ from }) => (from.endsWith('@example.org>') ? 'Example.ORG' : undefined),
  };

  it('servers that identify gives one name are one client', async () => {
    const { greylist, group, clock } = setUp(byDomain);
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    const ip = '203.0.113.99';
    expect(await greylist.check({ ...ATTEMPT, ip })).toMatchObject({ reason: 'retry' });
    expect(group.drain()).toMatchObject([
      { type: 'grey', ip: ATTEMPT.ip },
      { type: 'white', ip },
    ]);
    expect(await greylist.check({ ...ATTEMPT, ip: '192.0.2.1' })).toMatchObject({ reason: 'white' });
    expect(await addresses(greylist)).toMatchObject([{ type: 'WHITE', ip: 'example.org' }]);
  });

  it.each([undefined, ''])('a client for which identify gives %j is its address or network', async (identity) => {
    const { greylist, clock } = setUp({ identify: async () => identity, subnet: { ipv4: 24 } });
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    expect(await greylist.check({ ...ATTEMPT, ip: '198.51.101.7' })).toMatchObject({ reason: 'first-sight' });
    expect(await greylist.check({ ...ATTEMPT, ip: '198.51.100.8' })).toMatchObject({ reason: 'retry' });
  });

  it.each([
    { of: 'a |', name: 'a|b.example', ip: 'a?b.example' },
    { of: 'a line', name: 'a\nWHITE|192.0.2.9|||1|2|3|4|5', ip: 'a?white?192.0.2.9???1?2?3?4?5' },
    { of: 'controls', name: 'a\0\x7f.example', ip: 'a??.example' },
    { of: 'half a character', name: '\ud800.example', ip: '\ufffd.example' },
    { of: '255 octets', name: 'b'.repeat(255), ip: 'b'.repeat(255) },
    { of: '256 octets', name: 'b'.repeat(256), ip: ATTEMPT.ip },
    { of: '4000 octets', name: 'b'.repeat(4000), ip: ATTEMPT.ip },
    { of: '128 characters and 256 octets', name: 'ü'.repeat(128), ip: ATTEMPT.ip },
    { of: 'brackets alone', name: '<>', ip: ATTEMPT.ip },
  ])('a client whose name by identify is of $of is listed in a line that can be read', async ({ name, ip }) => {
    const { greylist, clock } = setUp({ identify: () => name });
    await greylist.check(ATTEMPT);
    clock.time += PASSTIME + 1;
    await greylist.check(ATTEMPT);
    expect(await listed(greylist)).toMatchObject([
      { type: 'GREY', ip },
      { type: 'WHITE', ip },
    ]);
    const text = formatSpamdb(greylist.export());
    const other = setUp({ identify: () => name }, { clock: { now: () => clock.time } });
    expect(await other.greylist.import(parseSpamdb(text, { pools: true }))).toMatchObject({ grey: 1, white: 1 });
    expect(await listed(other.greylist)).toEqual(await listed(greylist));
  });

  it('an identify that gives no string is trouble with a name, not another client', async () => {
    const { greylist, warnings } = setUp({ identify: () => 7 as never });
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toMatchObject({ reason: 'error', error: { message: 'policy.identify: gave no string: 7' } });
    expect(warnings).toMatchObject([{ code: 'WARN_SPAMD_STORE' }]);
  });

  it('a trap holds for the address alone, not for what identify gives', async () => {
    const { greylist } = setUp(byDomain);
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.check({ ...ATTEMPT, to: 'trap@example.net' })).toMatchObject({ reason: 'spamtrap' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
    expect(await greylist.check({ ...ATTEMPT, ip: '192.0.2.1' })).toMatchObject({ reason: 'first-sight' });
  });

  it('an address that is white itself passes under identify, but not to a spamtrap', async () => {
    const { greylist } = setUp(byDomain);
    await greylist.allow(ATTEMPT.ip);
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
    expect(await greylist.check({ ...ATTEMPT, to: 'trap@example.net' })).toMatchObject({ reason: 'spamtrap' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('identify is not called for an exempt address', async () => {
    let asked = 0;
    const identify = () => {
      asked++;
      return undefined;
    };
    const { greylist } = setUp({ identify, exempt: [ATTEMPT.ip] });
    await greylist.check(ATTEMPT);
    expect(asked).toBe(0);
    await greylist.check({ ...ATTEMPT, ip: '192.0.2.1' });
    expect(asked).toBe(1);
  });

  it('an address of a pool is freed by itself: allow ends its trap, and forget leaves it to its network', async () => {
    const { greylist, group } = setUp({ subnet: { ipv4: 24 } });
    const { ip } = ATTEMPT;
    const reason = async () => (await greylist.check(ATTEMPT)).reason;
    await greylist.trap(ip);
    expect(await reason()).toBe('trapped');
    await greylist.allow(ip);
    expect(await reason()).toBe('white');
    await greylist.trap(ip);
    expect(await reason()).toBe('trapped');
    await greylist.forget(ip);
    expect(await reason()).toBe('first-sight');
    await greylist.trap(ip);
    const last = group.drain().at(-1);
    await group.receive({ type: 'white', ip, timestamp: (last?.timestamp ?? 0) + 1, expires: START + 1000 });
    expect(await reason()).toBe('white');
  });
});
