import { Greylist, type GreylistOptions, type PolicyOptions, SpamdSyncError } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { setUp } from './setup.ts';

const policy = (value: Record<string, unknown>) => value as PolicyOptions;

describe('the policy of a greylist', () => {
  it.each([
    ['passtime', -1],
    ['passtime', 1.5],
    ['passtime', 2 ** 31 + 1],
    ['passtime', '25'],
    ['greyexp', 0],
    ['greyexp', Number.NaN],
    ['whiteexp', 0],
    ['whiteexp', 2 ** 31 + 1],
    ['trapexp', 0],
    ['trapexp', null],
    ['trapWins', 1],
    ['onError', 'reject'],
    ['timeout', 5],
    ['sweepInterval', 60],
    ['allowedDomains', 'example.net'],
    ['allowedDomains', [7]],
    ['allowedDomains', ['@example.net', '@']],
    ['allowedDomains', ['']],
    ['allowedDomains', ['<>']],
    ['allowedDomains', ['<@>']],
    ['lowPriorityMx', 'mx2'],
    ['lowPriorityMx', 7],
    ['exempt', '198.51.100.7'],
    ['exempt', [7]],
    ['exempt', ['mail.example.org']],
    ['exempt', ['198.51.100.0/33']],
    ['exempt', ['198.51.100.0/']],
    ['exempt', ['198.51.100.0/24/24']],
    ['exempt', ['2001:db8::/129']],
    ['identify', 'example.org'],
    ['subnet', 24],
    ['subnet', { ipv4: 7 }],
    ['subnet', { ipv4: 33 }],
    ['subnet', { ipv6: 31 }],
    ['subnet', { ipv6: 129 }],
    ['subnet', { ipv4: 23.5 }],
    ['subnet', null],
    ['subnet.ip', { ip: 24 }],
    ['lowPriorityMx', Symbol('mx')],
    ['passTime', 60],
    ['toString', 60],
  ])('a policy with %s: %j is refused, and the error names it', (name, value) => {
    let failure: unknown;
    try {
      setUp(policy({ [name.split('.', 1)[0] ?? '']: value }));
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(SpamdSyncError);
    expect(failure).toMatchObject({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining(`policy.${name}`) });
  });

  it.each([
    { passtime: 10, greyexp: 10 },
    { passtime: 10, greyexp: 11 },
    { passtime: 20, greyexp: 10 },
  ])('a policy of %j is refused, under which no retry could ever pass', (bounds) => {
    expect(() => setUp(bounds)).toThrow(/policy.passtime/);
  });

  it('a retry can pass under the tightest bounds that are accepted', async () => {
    const { greylist, clock } = setUp({ passtime: 10, greyexp: 12 });
    const attempt = { ip: '198.51.100.7', helo: 'h', from: 'f', to: 't' };
    await greylist.check(attempt);
    clock.time += 11;
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'retry' });
  });

  it.each<PolicyOptions>([
    {},
    { passtime: 0, greyexp: 2 },
    { passtime: 2 ** 31 - 2, greyexp: 2 ** 31, whiteexp: 2 ** 31, trapexp: 2 ** 31 },
    { subnet: {} },
    { subnet: { ipv4: 8, ipv6: 32 } },
    { subnet: { ipv4: 32, ipv6: 128 } },
    { lowPriorityMx: '2001:db8::1', allowedDomains: [] },
    policy({ passtime: undefined, subnet: undefined, exempt: undefined }),
  ])('a policy of %j is accepted', async (given) => {
    const { greylist } = setUp(given);
    expect((await greylist.stats()).announced).toBe(0);
  });
});

describe('the options of a greylist', () => {
  it.each([
    ['timeout', 0],
    ['timeout', 600.5],
    ['timeout', '5'],
    ['timeoutMs', 5000],
    ['sweepInterval', 0],
    ['sweepInterval', 86_401],
    ['sweepInterval', 1.5],
  ])('a greylist with %s: %j is refused, and the error names it', (name, value) => {
    const make = () => new Greylist({ [name]: value } as GreylistOptions);
    expect(make).toThrow(SpamdSyncError);
    expect(make).toThrow(new RegExp(`^${name}: `));
  });

  it.each([
    {},
    { timeout: 600, sweepInterval: 86_400 },
    { timeout: 0.001, sweepInterval: 1 },
    {
      store: undefined,
      group: undefined,
      policy: undefined,
      clock: undefined,
      timeout: undefined,
      sweepInterval: undefined,
    },
  ])('a greylist with %j is accepted', async (options) => {
    await using greylist = new Greylist(options);
    expect((await greylist.stats()).announced).toBe(0);
  });
});
