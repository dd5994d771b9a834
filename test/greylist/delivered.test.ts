import { type Entry, Greylist, MemoryStore, type PolicyOptions } from 'spamd-sync';
import { describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const DAY = 86_400;
const attempt = { ip: '192.0.2.7', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

function opened(policy: PolicyOptions = {}) {
  const clock = { time: NOW };
  const announced: Entry[] = [];
  const group = { announce: async (entries: Iterable<Entry>) => void announced.push(...entries) };
  const store = new MemoryStore();
  const greylist = new Greylist({ store, group, policy, clock: { now: () => clock.time } });
  return { clock, announced, greylist };
}

describe('delivered', () => {
  it('makes an address white for whiteexp, and announces that', async () => {
    const { announced, greylist } = opened();
    expect(await greylist.delivered('192.0.2.7')).toBe(true);
    expect(announced).toEqual([{ type: 'white', ip: '192.0.2.7', timestamp: NOW, expires: NOW + 36 * DAY }]);
    expect(await greylist.check(attempt)).toMatchObject({ reason: 'white', expires: NOW + 36 * DAY });
  });

  it('announces once in a tenth of whiteexp, however much mail passes, and stays white from the last', async () => {
    const { clock, announced, greylist } = opened();
    // Each hour for ten days: on the first, and each 3.6 days later.
    for (let hour = 0; hour < 240; hour++) {
      clock.time = NOW + hour * 3600;
      await greylist.delivered('192.0.2.7');
    }
    expect(announced.map(({ timestamp }) => (timestamp - NOW) / 3600)).toEqual([0, 87, 174]);
    expect(await greylist.check(attempt)).toMatchObject({ expires: clock.time + 36 * DAY });
  });

  it('leaves a trap alone, unless it is told otherwise', async () => {
    const { announced, greylist } = opened();
    await greylist.trap('192.0.2.7');
    expect(await greylist.delivered('192.0.2.7')).toBe(false);
    expect((await greylist.check(attempt)).reason).toBe('trapped');
    expect(announced).toHaveLength(1);
    expect(await greylist.delivered('192.0.2.7', { endsTrap: true })).toBe(true);
    expect((await greylist.check(attempt)).reason).toBe('white');
    expect(announced.at(-1)).toMatchObject({ type: 'white', ip: '192.0.2.7' });
  });

  it('makes the network of a pool white, unless the client itself is trapped', async () => {
    const { greylist } = opened({ subnet: { ipv4: 24 } });
    await greylist.trap('192.0.2.8');
    expect(await greylist.delivered('192.0.2.8')).toBe(false);
    expect((await greylist.check(attempt)).reason).toBe('first-sight');
    expect(await greylist.delivered('192.0.2.9')).toBe(true);
    expect((await greylist.check(attempt)).reason).toBe('white');
    expect((await greylist.check({ ...attempt, ip: '192.0.2.8' })).reason).toBe('trapped');
  });

  it('announces nothing of an IPv6 address, and makes its /64 white', async () => {
    const { announced, greylist } = opened();
    expect(await greylist.delivered('2001:db8::1')).toBe(true);
    expect((await greylist.check({ ...attempt, ip: '2001:db8::2' })).reason).toBe('white');
    expect(announced).toEqual([]);
  });

  it('refuses what is no address, and an option that there is not', async () => {
    const { greylist } = opened();
    await expect(greylist.delivered('unknown')).rejects.toMatchObject({ code: 'ERR_SPAMD_FIELD' });
    await expect(greylist.delivered('192.0.2.7', { endsTrap: 1 as never })).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
    });
    await expect(greylist.delivered('192.0.2.7', { endTrap: true } as never)).rejects.toMatchObject({
      code: 'ERR_SPAMD_OPTION',
    });
  });
});
