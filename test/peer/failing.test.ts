import { type Entry, EntryError, SpamdSyncError } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { NOW, openRig, TUPLE, turn, whites } from '../support/rig.ts';

describe('a target that fails', () => {
  it('holds back no other, and is reported in its own place', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['a', 'b', 'c'] });
    const refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'no route to b');
    transport.link(1).refuse = refuse;
    const report = await peer.announce(whites(86));
    expect(report.targets).toEqual([
      { target: 'a', dialect: 'spamd', sent: 86, failed: 0, error: undefined },
      { target: 'b', dialect: 'spamd', sent: 0, failed: 86, error: refuse },
      { target: 'c', dialect: 'spamd', sent: 86, failed: 0, error: undefined },
    ]);
    expect(transport.link(0).sent).toEqual(transport.link(2).sent);
    expect(peer.stats().sent).toMatchObject({ datagrams: 4, entries: 172, failed: 2 });
    expect(seen.warnings).toEqual([{ code: 'WARN_SPAMD_TARGET', message: 'no route to b', error: refuse }]);
    expect(seen.errors).toEqual([]);
    expect(peer.health().targets).toMatchObject([
      { target: 'a', sent: 2, failed: 0, lastError: undefined },
      { target: 'b', sent: 0, failed: 2, lastError: refuse },
      { target: 'c', sent: 2, failed: 0, lastError: undefined },
    ]);
  });

  it('is warned of once until it works again', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['a'] });
    const link = transport.link();
    const say = () => peer.white('203.0.113.1', 5);
    link.refuse = new SpamdSyncError('ERR_SPAMD_SEND', 'down');
    await say();
    await say();
    expect(seen.warnings).toHaveLength(1);
    link.refuse = undefined;
    await say();
    expect(peer.health().targets[0]?.lastError).toBeUndefined();
    link.refuse = new Error('down again');
    const report = await say();
    expect(seen.warnings).toHaveLength(2);
    expect(report.targets[0]?.error).toMatchObject({ code: 'ERR_SPAMD_SEND', cause: link.refuse });
    expect(peer.health().targets).toMatchObject([{ sent: 1, failed: 3 }]);
  });

  it('does not keep the entries of other targets waiting', async () => {
    const { peer, transport } = await openRig({ targets: ['slow', 'fast'] });
    let release = () => {};
    transport.link(0).gate = new Promise((resolve) => {
      release = resolve;
    });
    const first = peer.white('203.0.113.1', 5);
    await turn();
    const second = peer.white('203.0.113.2', 5);
    await turn();
    expect(transport.link(1).sent).toHaveLength(2);
    expect(transport.link(0).sent).toHaveLength(0);
    release();
    await Promise.all([first, second]);
    expect(transport.link(0).sent).toEqual(transport.link(1).sent);
  });
});

describe('mistakes of the caller', () => {
  const sound = whites(1)[0] as Entry;
  const wrong: [string, object][] = [
    ['type', { ...sound, type: 'black' }],
    ['type', { ...sound, type: 'toString' }],
    ['ip', { ...sound, ip: 'mx.example.org' }],
    ['ip', { ...sound, ip: '' }],
    ['ip', { ...sound, ip: 5 }],
    ['ip', { ...sound, ip: '01.2.3.4' }],
    ['timestamp', { ...sound, timestamp: Number.NaN }],
    ['timestamp', { ...sound, timestamp: -1 }],
    ['timestamp', { ...sound, timestamp: 2 ** 32 }],
    ['timestamp', { ...sound, timestamp: 1.5 }],
    ['expires', { ...sound, expires: Number.NaN }],
    ['expires', { ...sound, expires: 2 ** 32 }],
    ['expires', { ...sound, type: 'trapped', expires: -1 }],
    ['expires', { ...sound, expires: undefined }],
    ['timestamp', { type: 'remove-white', ip: '203.0.113.1', timestamp: 0.5 }],
    ['helo', { type: 'grey', ...TUPLE, timestamp: NOW, helo: undefined }],
    ['from', { type: 'grey', ...TUPLE, timestamp: NOW, from: 5 }],
    ['to', { type: 'grey', ...TUPLE, timestamp: NOW, to: null }],
  ];

  it.each(wrong)('reject naming %s, and nothing is sent: %j', async (field, entry) => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const error = await peer.announce([sound, entry as Entry, sound]).catch((caught) => caught);
    expect(error).toBeInstanceOf(EntryError);
    expect(error).toMatchObject({ code: 'ERR_SPAMD_FIELD', field, index: 1 });
    await turn();
    await turn();
    expect(transport.link().sent).toEqual([]);
    expect(peer.stats().queued).toBe(0);
  });

  it('reject from each of the calls', async () => {
    const { peer } = await openRig({ targets: ['mx'] });
    await expect(peer.white('nonsense', 5)).rejects.toMatchObject({ field: 'ip', index: undefined });
    await expect(peer.white('203.0.113.1', Number.NaN)).rejects.toMatchObject({ field: 'expires' });
    await expect(peer.trapped('203.0.113.1', -1)).rejects.toMatchObject({ field: 'expires' });
    await expect(peer.grey({ ...TUPLE, ip: 'mx' })).rejects.toMatchObject({ field: 'ip' });
  });

  it('are none at the bounds of a time', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const entries: Entry[] = [0, 1, 2 ** 32 - 1].map((time) => ({
      ...sound,
      type: 'white',
      timestamp: time,
      expires: time,
    }));
    await peer.announce(entries);
    expect(transport.link().entries).toEqual([entries]);
  });
});
