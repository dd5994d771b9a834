import { describe, expect, it } from 'vitest';
import { ATTEMPT, GREYEXP, listed, START, setUp, WHITEEXP } from './setup.ts';

const { ip } = ATTEMPT;

describe('release', () => {
  it.each([
    { what: 'the address', waiting: ip },
    { what: 'the tuple', waiting: { ...ATTEMPT, from: 'ALICE@example.org' } },
  ])('release of $what of a client that waits lets it pass, here and in the group', async ({ waiting }) => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    group.drain();
    clock.time += 10;
    expect(await greylist.release(waiting)).toBe('released');
    const expires = START + 10 + WHITEEXP;
    expect(group.drain()).toEqual([{ type: 'white', ip, timestamp: START + 10, expires }]);
    expect(await greylist.check({ ...ATTEMPT, to: '<carol@example.net>' })).toMatchObject({ reason: 'white', expires });
    expect(await listed(greylist)).toMatchObject([
      { type: 'GREY', pass: START + 10, passed: 0 },
      { type: 'WHITE', first: START, pass: START + 10, passed: 1 },
    ]);
    expect(await greylist.release(waiting)).toBe('white');
    expect(group.drain()).toEqual([]);
  });

  it('release of a tuple or an address that does not wait changes nothing', async () => {
    const { greylist, group, clock } = setUp();
    await greylist.check(ATTEMPT);
    group.drain();
    expect(await greylist.release({ ...ATTEMPT, helo: 'other' })).toBe('unknown');
    expect(await greylist.release('198.51.100.70')).toBe('unknown');
    clock.time += GREYEXP;
    expect(await greylist.release(ip)).toBe('unknown');
    expect(await greylist.release(ATTEMPT)).toBe('unknown');
    expect(group.drain()).toEqual([]);
    expect(await listed(greylist)).toEqual([]);
  });

  it('release ends no trap unless it is told to, and then as allow does', async () => {
    const { greylist, group } = setUp();
    await greylist.check(ATTEMPT);
    await greylist.trap(ip);
    group.drain();
    for (const waiting of [ip, ATTEMPT]) expect(await greylist.release(waiting)).toBe('trapped');
    expect(group.drain()).toEqual([]);
    expect(await greylist.release(ATTEMPT, { endsTrap: true })).toBe('released');
    expect(group.drain()).toMatchObject([{ type: 'white', ip }]);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'white' });
  });

  it('release lets the whole pool of a client pass, by the tuple of any of it, and announces the one address', async () => {
    const { greylist, group } = setUp({ subnet: { ipv4: 24 } });
    await greylist.check({ ...ATTEMPT, ip: '198.51.100.70' });
    group.drain();
    expect(await greylist.release(ip)).toBe('released');
    expect(group.drain()).toMatchObject([{ type: 'white', ip }]);
    expect(await greylist.check({ ...ATTEMPT, ip: '198.51.100.99' })).toMatchObject({ reason: 'white' });
    await greylist.trap('198.51.100.5');
    expect(await greylist.release('198.51.100.5')).toBe('trapped');
  });

  it('release of a tuple finds the name that identify gives to its client', async () => {
    const { greylist } = setUp({ identify: () => 'big.example' });
    await greylist.check(ATTEMPT);
    expect(await greylist.release({ ...ATTEMPT, ip: '192.0.2.99' })).toBe('released');
    expect(await greylist.check({ ...ATTEMPT, ip: '192.0.2.98' })).toMatchObject({ reason: 'white' });
  });

  it('release of what is no address, and of a tuple with a string missing, is refused', async () => {
    const { greylist } = setUp();
    const bad = (value: unknown) => value as string;
    for (const waiting of ['x', bad(undefined), bad({ ip }), bad({ ...ATTEMPT, ip: 'x' })]) {
      await expect(greylist.release(waiting)).rejects.toMatchObject({ name: 'EntryError', code: 'ERR_SPAMD_FIELD' });
    }
  });
});
