import { describe, expect, it, vi } from 'vitest';
import { ATTEMPT, ListGroup, START, setUp, storeWith, TRAPEXP, turn } from './setup.ts';

const BROKEN = new Error('the disk is gone');
const thrown = new Error('a mistake of the program');
const throws = () => {
  throw BROKEN;
};
const fail = () => {
  throw thrown;
};

describe('a listener of a greylist that throws at warning', () => {
  it('does not keep check from answering, nor the warning from others, and the process reports it', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { greylist, warnings } = setUp({}, { store: storeWith({ update: throws }) });
    greylist.prependListener('warning', fail);
    expect(await greylist.check(ATTEMPT)).toEqual({ action: 'pass', reason: 'error', error: BROKEN });
    expect(warnings).toMatchObject([{ code: 'WARN_SPAMD_STORE' }]);
    const options = { code: 'WARN_SPAMD_LISTENER', detail: thrown.stack };
    expect(emitted.mock.calls).toEqual([['a listener of warning threw: a mistake of the program', options]]);
    expect((await greylist.stats()).listenerErrors).toBe(1);
    emitted.mockRestore();
  });

  it('costs neither an announcement nor what the group announced', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const group = new ListGroup();
    group.refuse = new Error('no network');
    const { greylist } = setUp({}, { store: storeWith({ update: async () => throws() }), group });
    greylist.prependListener('warning', fail);
    await group.receive({ type: 'trapped', ip: ATTEMPT.ip, timestamp: START, expires: START + TRAPEXP });
    await greylist.check(ATTEMPT);
    await turn();
    expect((await greylist.stats()).ignored.store).toBe(1);
    await greylist.close();
    emitted.mockRestore();
  });
});
