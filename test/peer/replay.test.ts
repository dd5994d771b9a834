import { SyncKey } from 'spamd-sync';
import { encodeDatagram, type WireEntry } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { END, frame, KEY, tlv } from '../support/frame.ts';
import { NOW, openRig, reasons } from '../support/rig.ts';

let nextCounter = 0;

/** A datagram that tells of these times. */
function sentAt(...times: number[]): Uint8Array {
  const entries = times.map(
    (timestamp): WireEntry => ({ type: 'white', ip: '192.0.2.1', timestamp, expires: 0xffff_ffff }),
  );
  return encodeDatagram(entries, { key: KEY, counter: nextCounter++ });
}

describe('freshness at a peer', () => {
  it.each([
    [NOW - 601, 'stale'],
    [NOW - 600, undefined],
    [NOW - 599, undefined],
    [NOW + 599, undefined],
    [NOW + 600, undefined],
    [NOW + 601, 'stale'],
    [0, 'stale'],
  ])('by default takes 600 s either way: %d', async (time, reason) => {
    const { transport, seen, peer } = await openRig();
    transport.receive(sentAt(time));
    expect(reasons(seen)).toEqual(reason === undefined ? [] : [reason]);
    expect(seen.entries).toHaveLength(reason === undefined ? 1 : 0);
    expect(peer.stats().digests.held).toBe(reason === undefined ? 1 : 0);
  });

  it.each([1, 60, 86_400])('takes maxSkew %i exactly', async (maxSkew) => {
    const { transport, seen } = await openRig({ maxSkew });
    for (const offset of [-maxSkew - 1, -maxSkew, -maxSkew + 1, maxSkew - 1, maxSkew, maxSkew + 1]) {
      transport.receive(sentAt(NOW + offset));
    }
    expect(seen.entries).toHaveLength(4);
    expect(reasons(seen)).toEqual(['stale', 'stale']);
  });

  it('goes by fractions of a second too', async () => {
    const { transport, seen, clock } = await openRig();
    clock.time = NOW + 600.5;
    transport.receive(sentAt(NOW));
    transport.receive(sentAt(NOW + 1));
    expect(reasons(seen)).toEqual(['stale']);
  });

  it('goes by the newest timestamp of a batch, wherever it stands', async () => {
    const { transport, seen } = await openRig();
    transport.receive(sentAt(0, NOW - 600, 5));
    expect(seen.entries).toHaveLength(3);
    transport.receive(sentAt(NOW - 601, 0, NOW - 700));
    transport.receive(sentAt(NOW, NOW + 601));
    expect(reasons(seen)).toEqual(['stale', 'stale']);
    expect(seen.drops[0]?.detail).toContain('-601 s');
    expect(seen.drops[1]?.detail).toContain('601 s');
  });

  it('is not asked when turned off', async () => {
    const { transport, seen } = await openRig({ maxSkew: false });
    for (const time of [0, NOW, 0xffff_ffff]) transport.receive(sentAt(time));
    expect(seen.entries).toHaveLength(3);
  });

  it('is never what a datagram without entries has: it leaves no trace but its drop', async () => {
    const { transport, seen, peer, clock } = await openRig();
    const bytes = frame([tlv(9), END]);
    for (const later of [0, 1, 86_400]) {
      clock.time = NOW + later;
      transport.receive(bytes);
    }
    expect(reasons(seen)).toEqual(['stale', 'stale', 'stale']);
    expect(seen.drops[0]?.detail).toBe('it has no entry, and so no timestamp');
    expect(peer.stats()).toMatchObject({ received: { accepted: 0, unknownTlvs: 0 }, digests: { held: 0 } });
    expect(peer.health().sources).toMatchObject([{ lastReceived: undefined, accepted: 0, lost: 0, skew: undefined }]);
  });

  it('is not asked of a datagram without entries when turned off: it is told apart from its copy all the same', async () => {
    const { transport, seen, peer } = await openRig({ maxSkew: false });
    const bytes = frame([tlv(9), END]);
    transport.receive(bytes);
    transport.receive(bytes);
    expect(peer.stats().received).toMatchObject({ accepted: 1, unknownTlvs: 1 });
    expect(reasons(seen)).toEqual(['duplicate']);
  });
});

describe('a copy of a datagram', () => {
  it('never gets in: a duplicate while it could be fresh, stale from then on', async () => {
    const { transport, seen, clock } = await openRig();
    const bytes = sentAt(NOW);
    transport.receive(bytes);
    for (const later of [0, 1, 599, 599.9, 600, 600.1, 601, 3600]) {
      clock.time = NOW + later;
      transport.receive(bytes, { address: '198.51.100.7', port: 4000 });
    }
    expect(seen.entries).toHaveLength(1);
    expect(reasons(seen)).toEqual([...Array(5).fill('duplicate'), ...Array(3).fill('stale')]);
  });

  it('of one dated ahead is a duplicate until its own time and the skew have passed', async () => {
    const { transport, seen, clock } = await openRig();
    const bytes = sentAt(NOW + 600);
    transport.receive(bytes);
    for (const later of [600, 601, 1199, 1200, 1201]) {
      clock.time = NOW + later;
      transport.receive(bytes);
    }
    expect(seen.entries).toHaveLength(1);
    expect(reasons(seen)).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate', 'stale']);
  });

  it('is a duplicate for ever when freshness is turned off', async () => {
    const { transport, seen, clock } = await openRig({ maxSkew: false });
    const bytes = sentAt(NOW);
    transport.receive(bytes);
    clock.time = NOW + 1e9;
    transport.receive(bytes);
    expect(reasons(seen)).toEqual(['duplicate']);
  });

  it('with another counter is another datagram', async () => {
    const { transport, seen } = await openRig();
    transport.receive(sentAt(NOW));
    transport.receive(sentAt(NOW));
    expect(seen.entries).toHaveLength(2);
  });
});

describe('what leaves a digest', () => {
  it('is nothing that was stale, forged, malformed or from elsewhere', async () => {
    const { transport, seen, peer } = await openRig({ allow: ['192.0.2.200'] });
    const other = SyncKey.fromBytes(Buffer.from('other'));
    transport.receive(sentAt(NOW - 601));
    transport.receive(encodeDatagram([], { key: other, counter: 0 }));
    transport.receive(frame([tlv(2), END]));
    transport.receive(sentAt(NOW), { address: '192.0.2.201', port: 8025 });
    expect(reasons(seen)).toEqual(['stale', 'auth', 'malformed', 'source']);
    expect(peer.stats().digests).toEqual({ held: 0, forgotten: 0 });
  });

  it('lets a stale datagram in once its time has come', async () => {
    const { transport, seen, clock } = await openRig();
    const bytes = sentAt(NOW + 700);
    transport.receive(bytes);
    clock.time = NOW + 100;
    transport.receive(bytes);
    expect(reasons(seen)).toEqual(['stale']);
    expect(seen.entries).toHaveLength(1);
  });
});

describe('maxDigests', () => {
  it('forgets the oldest, counts it and warns once', async () => {
    const { transport, seen, peer } = await openRig({ maxDigests: 3 });
    const all = Array.from({ length: 3 }, () => sentAt(NOW));
    for (const bytes of all) transport.receive(bytes);
    expect(peer.stats().digests).toEqual({ held: 3, forgotten: 0 });
    expect(seen.warnings).toEqual([]);

    transport.receive(sentAt(NOW));
    expect(peer.stats().digests).toEqual({ held: 3, forgotten: 1 });
    expect(seen.warnings).toMatchObject([{ code: 'WARN_SPAMD_REPLAY' }]);
    expect(seen.warnings[0]?.message).toContain('maxDigests (3)');

    transport.receive(sentAt(NOW));
    expect(peer.stats().digests.forgotten).toBe(2);
    expect(seen.warnings).toHaveLength(1);
    transport.receive(all[2] ?? Buffer.alloc(0));
    expect(reasons(seen)).toEqual(['duplicate']);
  });

  it('does not count digests whose time has passed', async () => {
    const { transport, seen, peer, clock } = await openRig({ maxDigests: 2 });
    for (let at = 0; at < 10; at++) {
      transport.receive(sentAt(clock.time));
      clock.time += 301;
    }
    expect(peer.stats().digests).toEqual({ held: 2, forgotten: 0 });
    expect(seen.warnings).toEqual([]);
    expect(seen.entries).toHaveLength(10);
  });

  it('counts one pushed out in its last second', async () => {
    const { transport, peer, clock } = await openRig({ maxDigests: 1 });
    transport.receive(sentAt(NOW));
    clock.time = NOW + 600;
    transport.receive(sentAt(NOW + 600));
    expect(peer.stats().digests.forgotten).toBe(1);
    clock.time = NOW + 1201;
    transport.receive(sentAt(NOW + 1201));
    expect(peer.stats().digests.forgotten).toBe(1);
  });
});
