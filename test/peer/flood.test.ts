import { type Entry, SyncKey } from 'spamd-sync';
import { encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { KEY } from '../support/frame.ts';
import { NOW, openRig, SOURCE } from '../support/rig.ts';

describe('a flood of 20000 forged datagrams', () => {
  it('lets in the valid ones between them and nothing else, and leaves nothing behind', async () => {
    const { peer, transport, seen } = await openRig({ maxDigests: 100 });
    const entry = (expires: number): Entry => ({ type: 'white', ip: '203.0.113.1', timestamp: NOW, expires });
    const other = SyncKey.fromBytes(Buffer.from('other'));
    const known = encodeDatagram([entry(1_000_000)], { key: KEY, counter: 0 });
    transport.receive(known);
    const sound = encodeDatagram([entry(0)], { key: KEY, counter: 1 });
    const expected: Entry[] = [entry(1_000_000)];
    for (let at = 0; at < 20_000; at++) {
      const bytes = at % 2 === 0 ? Buffer.from(sound) : encodeDatagram([entry(at)], { key: other, counter: at });
      const place = 8 + (at % 44);
      if (at % 2 === 0) bytes[place] = (bytes[place] ?? 0) ^ (1 + (at % 255));
      transport.receive(bytes, { address: `10.${at >> 8}.${at & 255}.1`, port: at });
      if (at % 1000 === 500) {
        transport.receive(encodeDatagram([entry(at)], { key: KEY, counter: at }));
        expected.push(entry(at));
      }
    }
    expect(seen.entries).toEqual(expected);
    expect(seen.errors).toEqual([]);
    expect(peer.stats().drops.auth).toBe(20_000);
    expect(seen.drops).toHaveLength(20_000);
    expect(peer.stats().received).toMatchObject({ datagrams: 20_021, accepted: 21 });
    expect(peer.stats().digests).toEqual({ held: 21, forgotten: 0 });
    const { sources, sourcesForgotten } = peer.health();
    expect(sources).toHaveLength(257);
    expect(sourcesForgotten).toBe(20_000 - 256);
    expect(sources.find(({ address }) => address === SOURCE.address)?.accepted).toBe(21);

    transport.receive(known);
    expect(peer.stats().drops.duplicate).toBe(1);
  });
});
