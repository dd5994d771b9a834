import { Greylist, MemoryStore } from 'spamd-sync';
import { describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const MESSAGE = { ip: '192.0.2.1', helo: 'mx', from: '<a@example.org>' };

function opened() {
  const clock = { time: NOW };
  const greylist = new Greylist({ store: new MemoryStore(), clock: { now: () => clock.time } });
  return { clock, greylist };
}

async function tuples(greylist: Greylist): Promise<number | undefined> {
  return (await greylist.stats()).store?.tuples;
}

describe('checkAll', () => {
  it('defers for as long as the recipient that has to wait longest', async () => {
    const { clock, greylist } = opened();
    await greylist.checkAll(MESSAGE, ['<b@example.net>']);
    clock.time += 1000;
    const verdict = await greylist.checkAll(MESSAGE, ['<b@example.net>', '<c@example.net>']);
    expect(verdict).toMatchObject({ action: 'defer', reason: 'first-sight', retryAfter: 1501 });
    expect(await tuples(greylist)).toBe(2);
  });

  it('passes all recipients when one of them was tried before', async () => {
    const { clock, greylist } = opened();
    await greylist.checkAll(MESSAGE, ['<b@example.net>']);
    clock.time += 1501;
    // Also those that are asked about before it.
    const verdict = await greylist.checkAll(MESSAGE, ['<c@example.net>', '<b@example.net>', '<d@example.net>']);
    expect(verdict).toMatchObject({ action: 'pass', reason: 'retry' });
  });

  it('rejects where one recipient is a spamtrap, and looks at none after it', async () => {
    const { greylist } = opened();
    await greylist.spamtraps.add('trap@example.net');
    const recipients = ['<b@example.net>', '<trap@example.net>', '<c@example.net>'];
    expect(await greylist.checkAll(MESSAGE, recipients)).toMatchObject({ action: 'reject', reason: 'spamtrap' });
    expect(await tuples(greylist)).toBe(1);
    expect(await greylist.checkAll(MESSAGE, ['<b@example.net>'])).toMatchObject({ reason: 'trapped' });
  });

  it.each([[[]], [undefined], ['<b@example.net>'], [7]])('refuses recipients that are %j', async (recipients) => {
    const { greylist } = opened();
    await expect(greylist.checkAll(MESSAGE, recipients as never)).rejects.toMatchObject({
      code: 'ERR_SPAMD_FIELD',
      message: expect.stringMatching(/^recipients is not a list of at least one/),
    });
  });
});
