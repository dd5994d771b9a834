import { Greylist, MemoryStore, type Store } from 'spamd-sync';
import { ChangeStep, ReadStep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { ATTEMPT, ListGroup, START, setUp, storeWith, TRAPEXP, turn } from './setup.ts';

const { ip } = ATTEMPT;
const BROKEN = new Error('the disk is gone');

const never = <T>() => new Promise<T>(() => {});
const throws = () => {
  throw BROKEN;
};

describe('check of a greylist whose store, identify or group fails', () => {
  it.each([
    { name: 'throws', update: throws },
    { name: 'rejects', update: () => Promise.reject(BROKEN) },
  ])('check passes, warns and counts when the store $name', async ({ update }) => {
    const { greylist, group, warnings } = setUp({}, { store: storeWith({ update }) });
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'error', error: BROKEN });
    expect(warnings).toEqual([
      { code: 'WARN_SPAMD_STORE', message: 'the greylist could not decide: the disk is gone', error: BROKEN },
    ]);
    expect((await greylist.stats()).verdicts.error).toBe(1);
    expect(group.announced).toEqual([]);
  });

  it('check defers when the store fails and onError is defer', async () => {
    const { greylist } = setUp({ onError: 'defer' }, { store: storeWith({ update: throws }) });
    expect(await greylist.check(ATTEMPT)).toEqual({
      action: 'defer',
      reason: 'error',
      error: BROKEN,
      reply: '451 4.3.0 Temporary local problem, please try again later',
    });
  });

  it('check passes after timeout when the store never answers', async () => {
    const store = storeWith({ update: () => never() });
    const { greylist, warnings } = setUp({}, { timeout: 0.02, store });
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    expect(warnings).toMatchObject([{ message: 'the greylist could not decide: no answer from the store in 0.02 s' }]);
  });

  it('check passes without waiting when too much waits for the store, and asks it again when that is over', async () => {
    const answers: (() => void)[] = [];
    const update: Store['update'] = () => new Promise((_, reject) => answers.push(() => reject(BROKEN)));
    const { greylist, warnings } = setUp({}, { timeout: 5, store: storeWith({ update }) });
    const attempt = { ...ATTEMPT, helo: 'x'.repeat(2 ** 20) };
    const checks = Array.from({ length: 20 }, () => greylist.check(attempt));
    expect(answers).toHaveLength(7);
    const message = expect.stringContaining('16 MiB wait for it');
    expect(await checks[19]).toMatchObject({ action: 'pass', reason: 'error', error: { message } });
    expect(warnings).toHaveLength(13);
    for (const answer of answers.splice(0)) answer();
    await Promise.all(checks);
    const again = greylist.check(attempt);
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await again;
    expect((await greylist.stats()).verdicts.error).toBe(21);
  });

  it('check passes when only the reading of an address fails, and rejects by a trap that cannot be recorded', async () => {
    const inner = new MemoryStore();
    const update: Store['update'] = (step, now) =>
      step instanceof ChangeStep || step instanceof ReadStep ? throws() : inner.update(step, now);
    const store = storeWith({ update });
    const { greylist } = setUp({ allowedDomains: ['@example.com'] }, { store });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ action: 'reject', reason: 'domain' });
    expect((await greylist.stats()).unrecorded).toBe(1);
    const pooled = setUp({ subnet: { ipv4: 24 } }, { store });
    expect(await pooled.greylist.check(ATTEMPT)).toMatchObject({ reason: 'error', error: BROKEN });
  });

  it.each([
    { name: 'throws', identify: throws, message: 'the disk is gone' },
    { name: 'rejects', identify: () => Promise.reject('no such name'), message: 'no such name' },
    { name: 'never answers', identify: () => never<string>(), message: 'no answer from the store in 0.02 s' },
  ])('check passes when identify $name', async ({ identify, message }) => {
    const { greylist } = setUp({ identify }, { timeout: 0.02 });
    const verdict = await greylist.check(ATTEMPT);
    expect(verdict).toMatchObject({ action: 'pass', reason: 'error' });
    expect(verdict.error?.message).toBe(message);
  });

  it.each([
    { name: 'rejects', announce: () => Promise.reject(BROKEN) },
    { name: 'throws', announce: throws },
  ])('check decides as ever, and warns, when the announcement $name', async ({ announce }) => {
    const { greylist, warnings } = setUp({}, { group: { announce } });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    await turn();
    expect(warnings).toEqual([
      { code: 'WARN_SPAMD_ANNOUNCE', message: 'not announced to the group: the disk is gone', error: BROKEN },
    ]);
    expect(await greylist.stats()).toMatchObject({ announced: 1, unannounced: 1 });
  });

  it('entries that the peer skipped because it was closed or overloaded are counted as unannounced', async () => {
    const trap = { type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP } as const;
    const other = { ...trap, ip: '198.51.100.8' };
    const skipped = [
      { entry: trap, dialect: 'spamd', why: 'closed' },
      { entry: trap, dialect: 'greyd', why: 'closed' },
      { entry: other, dialect: 'spamd', why: 'overload' },
      { entry: { ...trap, ip: '198.51.100.9' }, dialect: 'spamd', why: 'address' },
    ];
    const { greylist, warnings } = setUp({}, { group: { announce: async () => ({ targets: [], skipped }) } });
    await greylist.trap(ip);
    await turn();
    expect(await greylist.stats()).toMatchObject({ announced: 1, unannounced: 2 });
    expect(warnings).toMatchObject([{ code: 'WARN_SPAMD_ANNOUNCE', message: expect.stringContaining('2 entries') }]);
  });

  it('check decides as ever when the announcement never ends', async () => {
    const { greylist } = setUp({}, { group: { announce: () => never() } });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    await greylist.trap(ip);
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'trapped' });
  });

  it('check decides without a group', async () => {
    const { greylist } = setUp({}, { group: { announce: () => Promise.resolve() } });
    expect(await greylist.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    await using alone = new Greylist({ clock: { now: () => START } });
    expect(await alone.check(ATTEMPT)).toMatchObject({ reason: 'first-sight' });
    expect(await alone.stats()).toMatchObject({ announced: 0 });
  });
});

describe('a greylist whose store fails', () => {
  it('an entry of the group that cannot be applied is lost with a warning and a count', async () => {
    const { greylist, group, warnings } = setUp({}, { store: storeWith({ update: () => Promise.reject(BROKEN) }) });
    await group.receive({ type: 'white', ip, timestamp: START, expires: START + 10 });
    expect((await greylist.stats()).ignored).toEqual({ address: 0, expired: 0, store: 1, overload: 0 });
    expect(warnings).toMatchObject([
      { code: 'WARN_SPAMD_STORE', message: 'white of 198.51.100.7 from the group is lost: the disk is gone' },
    ]);
  });

  it('entries of the group for which the store is too slow are lost with one warning and a count', async () => {
    const answers: (() => void)[] = [];
    const update: Store['update'] = () => new Promise((_, reject) => answers.push(() => reject(BROKEN)));
    const { greylist, group, warnings } = setUp({}, { timeout: 0.02, store: storeWith({ update }) });
    const entry = { ...ATTEMPT, type: 'grey', helo: 'x'.repeat(2 ** 20), timestamp: START } as const;
    await group.receive(...Array.from({ length: 20 }, () => entry));
    expect(answers).toHaveLength(7);
    expect((await greylist.stats()).ignored).toMatchObject({ store: 0, overload: 13 });
    expect(warnings).toMatchObject([
      {
        code: 'WARN_SPAMD_STORE',
        message: expect.stringMatching(/^grey of 198.51.100.7 from the group, and more, is lost: /),
      },
    ]);
    for (const answer of answers.splice(0)) answer();
    await turn();
    await group.receive(...Array.from({ length: 20 }, () => entry));
    expect(answers).toHaveLength(7);
    expect((await greylist.stats()).ignored).toMatchObject({ store: 7, overload: 26 });
    expect(warnings).toHaveLength(9);
  });

  it('allow, trap, forget and sweep reject with the error of the store, and announce nothing', async () => {
    const { greylist, group } = setUp({}, { store: storeWith({ update: throws, sweepCandidates: throws }) });
    for (const does of [greylist.allow(ip), greylist.trap(ip), greylist.forget(ip), greylist.sweep()]) {
      await expect(does).rejects.toBe(BROKEN);
    }
    expect(group.announced).toEqual([]);
  });

  it.each([
    { name: 'throws', stats: throws },
    { name: 'never answers', stats: () => never<never>() },
  ])('the statistics leave the store out when it $name', async ({ stats }) => {
    const { greylist } = setUp({}, { timeout: 0.02, store: storeWith({ stats }) });
    await greylist.check(ATTEMPT);
    expect(await greylist.stats()).toMatchObject({ store: undefined, verdicts: { 'first-sight': 1 } });
  });
});

describe('close of a greylist', () => {
  it('a closed greylist applies nothing more of the group, and may be closed again', async () => {
    const { greylist, group, store } = setUp();
    const white = { type: 'white', ip, timestamp: START, expires: START + 10 } as const;
    const closing = greylist.close();
    expect(group.listenerCount('entry')).toBe(0);
    await closing;
    await group.receive(white);
    await greylist.close();
    await greylist[Symbol.asyncDispose]();
    expect(store.update(new ReadStep(ip), START)).toBeUndefined();
  });

  it('close waits until what was received before is applied', async () => {
    const group = new ListGroup();
    let finish = () => {};
    const merging = new Promise<never>((resolve) => {
      finish = () => resolve(undefined as never);
    });
    const { greylist } = setUp({}, { store: storeWith({ update: () => merging }), group });
    await group.receive({ type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP });
    const order: string[] = [];
    const closed = greylist.close().then(() => order.push('closed'));
    await turn();
    order.push('applied');
    finish();
    await closed;
    expect(order).toEqual(['applied', 'closed']);
    expect((await greylist.stats()).applied).toBe(1);
  });

  it('close neither waits for a store that never answers nor closes a store that it was given', async () => {
    let closed = 0;
    const group = new ListGroup();
    const close = () => {
      closed++;
    };
    const store = storeWith({ update: () => never(), close });
    const { greylist } = setUp({}, { timeout: 0.02, store, group });
    await group.receive({ type: 'trapped', ip, timestamp: START, expires: START + TRAPEXP });
    await greylist.close();
    expect(closed).toBe(0);
    expect((await greylist.stats()).applied).toBe(0);
  });
});
