import { type Entry, Greylist, MemoryStore, type PolicyOptions } from 'spamd-sync';
import { describe, expect, it } from 'vitest';

const NOW = 1_800_000_000;
const attempt = { ip: '192.0.2.7', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>' };

function opened(policy: PolicyOptions) {
  const clock = { time: NOW };
  const announced: Entry[] = [];
  const group = { announce: async (entries: Iterable<Entry>) => void announced.push(...entries) };
  const greylist = new Greylist({ store: new MemoryStore(), group, policy, clock: { now: () => clock.time } });
  return { clock, announced, greylist };
}

describe('the mode learn', () => {
  it('passes what it would defer or reject, says so, and records and announces as always', async () => {
    const { clock, announced, greylist } = opened({ mode: 'learn' });
    await greylist.spamtraps.add('trap@example.net');
    expect(await greylist.check(attempt)).toEqual({ action: 'pass', reason: 'learn', would: 'first-sight' });
    clock.time += 1501;
    expect(await greylist.check(attempt)).toMatchObject({ action: 'pass', reason: 'retry' });
    const hit = { ...attempt, ip: '192.0.2.8', to: '<trap@example.net>' };
    expect(await greylist.check(hit)).toEqual({ action: 'pass', reason: 'learn', would: 'spamtrap' });
    expect(announced.map(({ type }) => type)).toEqual(['grey', 'white', 'trapped']);
    expect((await greylist.stats()).verdicts).toMatchObject({ 'first-sight': 1, retry: 1, spamtrap: 1 });
    expect(await greylist.checkAll(attempt, ['<b@example.net>', '<c@example.net>'])).toMatchObject({ reason: 'white' });
  });

  it('answers for several recipients by what enforcing answers, and records the same', async () => {
    const [enforcing, learning] = (['enforce', 'learn'] as const).map((mode) => opened({ mode }));
    const messages = [
      ['<b@example.net>'],
      ['<b@example.net>', '<c@example.net>'],
      ['<postmaster@example.net>', '<c@example.net>', '<b@example.net>'],
      ['<d@example.net>', '<trap@example.net>', '<e@example.net>'],
      ['<b@example.net>'],
    ];
    const answers = [enforcing, learning].map(async (each) => {
      if (each === undefined) throw new Error('not opened');
      await each.greylist.spamtraps.add('trap@example.net');
      const verdicts = [];
      for (const recipients of messages) {
        verdicts.push(await each.greylist.checkAll(attempt, recipients));
        each.clock.time += 600;
      }
      return { verdicts, tuples: (await each.greylist.stats()).store?.tuples };
    });
    const [enforced, learnt] = await Promise.all(answers);
    expect(enforced?.verdicts.map(({ reason }) => reason)).toEqual([
      'first-sight',
      'first-sight',
      'first-sight',
      'spamtrap',
      'trapped',
    ]);
    expect(learnt?.verdicts.map(({ would }) => would)).toEqual(enforced?.verdicts.map(({ reason }) => reason));
    expect(learnt?.tuples).toBe(enforced?.tuples);
  });

  it.each(['Learn', true, null])('is refused as %j', (mode) => {
    expect(() => new Greylist({ policy: { mode: mode as never } })).toThrow(/policy\.mode: not 'enforce' or 'learn'/);
  });
});

describe('exempt recipients and senders', () => {
  it.each([
    ['postmaster', '<Postmaster@any.example>'],
    ['abuse@example.net', 'abuse@EXAMPLE.net'],
    ['@example.net', '<b@example.net>'],
  ])('pass as %s lists them: %s, and nothing is recorded', async (listed, to) => {
    const { announced, greylist } = opened({ exemptRecipients: [listed] });
    await greylist.trap(attempt.ip);
    expect(await greylist.check({ ...attempt, to })).toEqual({ action: 'pass', reason: 'exempt' });
    expect((await greylist.stats()).store?.tuples).toBe(0);
    expect(announced).toHaveLength(1);
    const { greylist: bySender } = opened({ exemptSenders: [listed] });
    expect(await bySender.check({ ...attempt, from: to })).toEqual({ action: 'pass', reason: 'exempt' });
  });

  it.each([
    ['postmaster', '<postmaster-general@example.net>'],
    ['abuse@example.net', '<abuse@sub.example.net>'],
    ['@example.net', '<b@sub.example.net>'],
    ['@example.net', '<@example.net:b@example.org>'],
  ])('%s does not list %s', async (listed, to) => {
    const { greylist } = opened({ exemptRecipients: [listed], exemptSenders: [listed] });
    expect((await greylist.check({ ...attempt, to })).reason).toBe('first-sight');
  });

  it.each([[['']], [['@']], [['<>']], ['postmaster'], [[7]], [['x'.repeat(321)]], [new Array(65_537).fill('a')]])(
    'are refused as %j',
    (list) => {
      for (const name of ['exemptRecipients', 'exemptSenders']) {
        expect(() => new Greylist({ policy: { [name]: list } as never })).toThrow(
          expect.objectContaining({ code: 'ERR_SPAMD_OPTION', message: expect.stringContaining(`policy.${name}: `) }),
        );
      }
    },
  );
});
