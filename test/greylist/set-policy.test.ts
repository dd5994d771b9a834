import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATTEMPT, PASSTIME, START, setUp, storeWith, turn } from './setup.ts';

const { ip } = ATTEMPT;

describe('setPolicy', () => {
  it('a policy that is set decides from then on, also about a tuple that waits', async () => {
    const { greylist, group, clock } = setUp({ whiteexp: 1000 });
    await greylist.check(ATTEMPT);
    clock.time += 61;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'too-soon' });
    greylist.setPolicy({ passtime: 60, whiteexp: 5000 });
    const expires = clock.time + 5000;
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'retry', expires });
    greylist.setPolicy({ trapWins: true, allowedDomains: ['@example.net'] });
    await group.receive({ type: 'grey', ...ATTEMPT, ip: '198.51.100.9', to: '<x@else.example>', timestamp: START });
    expect(await greylist.why('198.51.100.9')).toMatchObject({ state: 'trapped', trappedBy: 'domain' });
  });

  it('a policy that is set replaces all of the one before', async () => {
    const { greylist } = setUp({ exempt: [ip], mode: 'learn' });
    greylist.setPolicy({});
    expect(await greylist.check(ATTEMPT)).toMatchObject({
      action: 'defer',
      reason: 'first-sight',
      retryAfter: PASSTIME + 1,
    });
  });

  it('files of exempt are read again, and a policy of which anything is invalid changes nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spamd-sync-policy-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'nospamd');
    await writeFile(file, `${ip}\n`);
    const { greylist } = setUp({ exempt: [file] });
    const other = { ...ATTEMPT, ip: '198.51.100.8' };
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'exempt' });
    await writeFile(file, `${other.ip}\n`);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'exempt' });
    expect(() => greylist.setPolicy({ exempt: [file, join(folder, 'none')], passtime: 1 })).toThrow(/cannot be read/);
    expect(() => greylist.setPolicy({ exempt: [file], passtime: 2 ** 40 })).toThrow(/passtime/);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'exempt' });
    greylist.setPolicy({ exempt: [file] });
    expect(await greylist.check(other)).toMatchObject({ reason: 'exempt' });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight', retryAfter: PASSTIME + 1 });
  });

  it('what is in flight ends by the policy that it began with', async () => {
    let fail = (_: Error): void => {};
    const store = storeWith({ update: () => new Promise((_, reject) => (fail = reject)) });
    const { greylist } = setUp({ onError: 'defer' }, { store });
    const asked = greylist.check(ATTEMPT);
    await turn();
    greylist.setPolicy({ onError: 'pass', mode: 'learn' });
    fail(new Error('broken'));
    expect(await asked).toMatchObject({ action: 'defer', reason: 'error' });
    const again = greylist.check(ATTEMPT);
    await turn();
    fail(new Error('broken'));
    expect(await again).toMatchObject({ action: 'pass', reason: 'error' });
  });

  it('an IPv6 client is its /64 unless the policy says otherwise', async () => {
    const { greylist } = setUp({ subnet: { ipv4: 24 } });
    await greylist.check({ ...ATTEMPT, ip: '2001:db8:1:2::1' });
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:db8:1:2:ffff::9' })).toMatchObject({ reason: 'too-soon' });
    expect(await greylist.check({ ...ATTEMPT, ip: '2001:db8:1:3::1' })).toMatchObject({ reason: 'first-sight' });
  });
});
