import { type Entry, type PeerWarning, SpamdSyncError } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it, vi } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, type Rig, turn, whites } from '../support/rig.ts';

const ENTRIES: readonly Entry[] = [
  { type: 'grey', ip: '203.0.113.1', helo: 'mx', from: '<a@example.org>', to: '<b@example.net>', timestamp: NOW },
  { type: 'white', ip: '203.0.113.2', timestamp: NOW, expires: 9 },
  { type: 'trapped', ip: '203.0.113.3', timestamp: NOW, expires: 9 },
];
const DATAGRAM = encodeDatagram(ENTRIES, { key: KEY, counter: 0 });
const thrown = new Error('a mistake of the program');
const fail = () => {
  throw thrown;
};

/** What was said of listeners. */
function reported({ seen }: Rig): PeerWarning[] {
  return seen.warnings.filter(({ code }) => code === 'WARN_SPAMD_LISTENER');
}

describe('a listener that throws', () => {
  it.each(['entry', 'grey', 'white', 'trapped'] as const)('at %s keeps no entry from anybody', async (name) => {
    const rig = await openRig();
    const later: unknown[] = [];
    rig.peer.prependListener(name, fail);
    rig.peer.on(name, (entry: Entry) => later.push(entry));
    const reader = rig.peer.received();
    rig.transport.receive(DATAGRAM);
    const mine = ENTRIES.filter(({ type }) => name === 'entry' || type === name);
    expect(rig.seen.entries).toEqual(ENTRIES);
    expect(later).toEqual(mine);
    for (const entry of ENTRIES) expect((await reader.next()).value).toMatchObject({ entry });
    const message = `a listener of ${name} threw: a mistake of the program`;
    expect(rig.seen.warnings).toEqual([{ code: 'WARN_SPAMD_LISTENER', message, error: thrown }]);
    expect(rig.peer.stats().listenerErrors).toBe(mine.length);
  });

  it('at drop does not stop what comes next', async () => {
    const rig = await openRig();
    rig.peer.prependListener('drop', fail);
    rig.transport.receive(Buffer.alloc(3));
    rig.transport.receive(DATAGRAM);
    expect(rig.seen.drops).toMatchObject([{ reason: 'short' }]);
    expect(rig.seen.entries).toEqual(ENTRIES);
    expect(reported(rig)).toHaveLength(1);
  });

  it('at warning keeps no announcement waiting, and is reported by the process itself', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rig = await openRig({ targets: ['bad', 'good'] });
    rig.peer.prependListener('warning', fail);
    rig.transport.link(0).refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'no route');
    const report = await rig.peer.announce(whites(2));
    expect(report.targets).toMatchObject([
      { sent: 0, failed: 2 },
      { sent: 2, failed: 0 },
    ]);
    expect(rig.seen.warnings).toMatchObject([{ code: 'WARN_SPAMD_TARGET' }]);
    const options = { code: 'WARN_SPAMD_LISTENER', detail: thrown.stack };
    expect(emitted.mock.calls).toEqual([['a listener of warning threw: a mistake of the program', options]]);
    emitted.mockRestore();
  });

  it('is reported by the process where nobody listens for warnings', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rig = await openRig();
    rig.peer.removeAllListeners('warning');
    rig.peer.on('entry', () => {
      throw 'no error at all';
    });
    rig.transport.receive(DATAGRAM);
    const options = { code: 'WARN_SPAMD_LISTENER', detail: '' };
    expect(emitted.mock.calls).toEqual([['a listener of entry threw: "no error at all"', options]]);
    emitted.mockRestore();
  });

  it('at error is a warning, and the other listeners have the error', async () => {
    const rig = await openRig();
    rig.peer.prependListener('error', fail);
    const failure = new Error('the socket failed');
    rig.transport.events.error(failure);
    expect(rig.seen.errors).toEqual([failure]);
    expect(reported(rig)).toMatchObject([{ error: thrown }]);
  });

  it('at close does not keep the peer from closing', async () => {
    const rig = await openRig();
    rig.peer.prependListener('close', fail);
    await rig.peer.close();
    expect(rig.transport.closed).toBe(1);
    expect(rig.seen.closes).toBe(1);
    expect(reported(rig)).toHaveLength(1);
  });

  it('is warned of once a minute for each event, and counted every time', async () => {
    const rig = await openRig();
    rig.peer.on('white', fail);
    rig.peer.on('drop', fail);
    for (const at of [0, 30, 59, 60, 61]) {
      await rig.clock.advance(at - rig.clock.monotonic());
      rig.transport.receive(
        encodeDatagram([{ ...whites(1)[0], timestamp: NOW + at } as Entry], { key: KEY, counter: at }),
      );
      rig.transport.receive(Buffer.alloc(3));
    }
    expect(reported(rig).map(({ message }) => message.split(' ')[3])).toEqual(['white', 'drop', 'white', 'drop']);
    expect(rig.peer.stats().listenerErrors).toBe(10);
  });

  it('that is called once is gone all the same', async () => {
    const rig = await openRig();
    rig.peer.once('white', fail);
    rig.transport.receive(DATAGRAM);
    expect(rig.peer.listenerCount('white')).toBe(0);
  });
});

it('a listener whose promise rejects is one that throws', async () => {
  const rig = await openRig();
  rig.peer.on('trapped', async () => fail());
  rig.transport.receive(DATAGRAM);
  await turn();
  expect(reported(rig)).toMatchObject([{ error: thrown }]);
});

it('an error that nobody listens for is thrown', async () => {
  const rig = await openRig();
  rig.peer.removeAllListeners('error');
  expect(() => rig.transport.events.error(thrown)).toThrow(thrown);
});
