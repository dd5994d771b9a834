import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring, SyncKey, SyncPeer } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { FakeTransport, NOW, openRig, turn, watch } from '../support/rig.ts';

describe('close', () => {
  it('sends what is queued first, then closes the transport, then emits close once', async () => {
    const { peer, transport, seen } = await openRig({ targets: ['mx'] });
    const report = peer.white('203.0.113.1', 5);
    await Promise.all([peer.close(), peer.close()]);
    expect((await report).targets).toMatchObject([{ sent: 1 }]);
    expect(transport.link().entries).toMatchObject([[{ type: 'white' }]]);
    await peer.close();
    expect(transport.closed).toBe(1);
    expect(seen.closes).toBe(1);
    expect(peer.stats().queued).toBe(0);
  });

  it('does not wait for lingerMs, and leaves no timer', async () => {
    const { peer, transport, clock } = await openRig({ targets: ['mx'], batch: { lingerMs: 60_000 } });
    void peer.white('203.0.113.1', 5);
    await turn();
    expect(transport.link().sent).toHaveLength(0);
    await peer.close();
    expect(transport.link().sent).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it('waits for what is on its way', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    let release = () => {};
    transport.link().gate = new Promise((resolve) => {
      release = resolve;
    });
    void peer.white('203.0.113.1', 5);
    await turn();
    const closing = peer.close();
    await turn();
    await turn();
    expect(transport.closed).toBe(0);
    release();
    await closing;
    expect(transport.link().sent).toHaveLength(1);
    expect(transport.closed).toBe(1);
  });

  it('refuses what comes after it', async () => {
    const { peer, transport } = await openRig({ targets: ['mx'] });
    const closing = peer.close();
    await expect(peer.white('203.0.113.1', 5)).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    await closing;
    await expect(peer.announce([])).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    expect(transport.link().sent).toEqual([]);
  });

  it('leaves health and stats readable', async () => {
    const { peer } = await openRig({ targets: ['mx'] });
    await peer.white('203.0.113.1', 5);
    await peer.close();
    expect(peer.stats().sent.datagrams).toBe(1);
    expect(peer.health().targets).toMatchObject([{ target: 'mx', sent: 1 }]);
  });

  it('is what await using does', async () => {
    const transport = new FakeTransport();
    {
      await using peer = await SyncPeer.open({ key: KEY, transport });
      expect(peer.address).toEqual({ address: '192.0.2.1', port: 8025 });
      expect(transport.closed).toBe(0);
    }
    expect(transport.closed).toBe(1);
  });
});

describe('signal', () => {
  it('aborted before opens nothing', async () => {
    const transport = new FakeTransport();
    const reason = new Error('too early');
    await expect(SyncPeer.open({ key: KEY, transport, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(transport.options).toBeUndefined();
  });

  it('aborted meanwhile gives back what was opened', async () => {
    const controller = new AbortController();
    const transport = new FakeTransport();
    const opening = SyncPeer.open({ key: KEY, transport, signal: controller.signal });
    const reason = new Error('too late');
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(transport.closed).toBe(1);
  });

  it('aborted afterwards closes the peer, which sends what is queued', async () => {
    const controller = new AbortController();
    const { peer, transport, seen } = await openRig({ targets: ['mx'], signal: controller.signal });
    void peer.white('203.0.113.1', 5);
    controller.abort();
    await expect(peer.white('203.0.113.1', 5)).rejects.toMatchObject({ code: 'ERR_SPAMD_CLOSED' });
    await peer.close();
    expect(transport.link().sent).toHaveLength(1);
    expect(transport.closed).toBe(1);
    expect(seen.closes).toBe(1);
  });

  it('aborted after close does nothing more', async () => {
    const controller = new AbortController();
    const { peer, transport, seen } = await openRig({ signal: controller.signal });
    await peer.close();
    controller.abort();
    await turn();
    expect(transport.closed).toBe(1);
    expect(seen.closes).toBe(1);
  });
});

describe('warnings of a doubtful key', () => {
  async function warnings(key: SyncKey | Keyring) {
    const peer = await SyncPeer.open({ key, transport: new FakeTransport(), clock: { now: () => NOW } });
    const seen = watch(peer);
    await turn();
    await turn();
    await peer.close();
    return seen.warnings;
  }

  it('reach a listener attached right after open', async () => {
    expect(await warnings(SyncKey.none())).toEqual([
      { code: 'WARN_SPAMD_KEY', message: expect.stringContaining('no key') },
    ]);
    expect(await warnings(SyncKey.fromBytes(Buffer.alloc(0)))).toEqual([
      { code: 'WARN_SPAMD_KEY', message: expect.stringContaining('a key that everybody knows') },
    ]);
    expect(await warnings(KEY)).toEqual([]);
  });

  it('are of every key of a ring', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spamd-sync-peer-'));
    try {
      const path = join(folder, 'key');
      await writeFile(path, 'secret');
      await chmod(path, 0o644);
      const open = await SyncKey.fromFile(path);
      expect((await warnings(new Keyring([KEY, open, SyncKey.none()]))).map(({ message }) => message)).toEqual([
        expect.stringContaining(path),
        expect.stringContaining('no key'),
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
