import { SyncPeer } from 'spamd-sync';
import { MemoryNetwork } from 'spamd-sync/testing';
import { DecodeError, decodeDatagram, encodeDatagram } from 'spamd-sync/wire';
import { describe, expect, it } from 'vitest';
import { watch } from '../support/rig.ts';
import { captured, decodedEntry, hostile, keyOf, wireEntry } from '../support/vectors.ts';

describe('datagrams captured from spamd and greyd', () => {
  it('are all here', () => {
    expect(captured).toHaveLength(35);
  });

  it.each(captured)('$name: encoded byte for byte', (vector) => {
    const bytes = encodeDatagram([wireEntry(vector.entry)], { key: keyOf(vector), counter: vector.counter });
    expect(Buffer.from(bytes).toString('hex')).toBe(vector.datagramHex);
  });

  it.each(captured)('$name: decoded', (vector) => {
    const datagram = decodeDatagram(Buffer.from(vector.datagramHex, 'hex'), { key: keyOf(vector) });
    expect(datagram).toStrictEqual({
      counter: vector.counter,
      entries: [decodedEntry(vector.entry)],
      unknownTlvs: 0,
    });
  });
});

describe('hostile datagrams', () => {
  it('are all here', () => {
    expect(hostile).toHaveLength(153);
  });

  it.each(hostile)('$name: in the codec', (vector) => {
    const bytes = Buffer.from(vector.datagramHex, 'hex');
    const decode = () => decodeDatagram(bytes, { key: keyOf(vector) });
    if ('reject' in vector.expect) {
      const error = caught(decode);
      expect(error).toBeInstanceOf(DecodeError);
      expect(error).toMatchObject({ code: 'ERR_SPAMD_DECODE', reason: vector.expect.reject });
    } else {
      const { entries, unknownTlvs } = decode();
      expect(entries).toStrictEqual(vector.expect.entries.map(decodedEntry));
      expect(unknownTlvs).toBe(vector.expect.unknownTlvs ?? 0);
    }
  });

  it.each(hostile)('$name: through a peer', async (vector) => {
    const network = new MemoryNetwork();
    await using peer = await SyncPeer.open({
      maxDigests: 4096,
      key: keyOf(vector),
      listen: '192.0.2.1',
      transport: network.transport('192.0.2.1'),
      clock: network.clock,
      maxSkew: false,
    });
    const seen = watch(peer);
    const source = { address: '192.0.2.66', port: 8025 };
    const bytes = Buffer.from(vector.datagramHex, 'hex');
    network.inject(bytes, source, { address: '192.0.2.1', port: 8025 });
    await network.settle();

    expect(seen.errors).toEqual([]);
    if ('reject' in vector.expect) {
      expect(seen.entries).toEqual([]);
      expect(seen.drops).toMatchObject([{ reason: vector.expect.reject, source, size: bytes.length }]);
      expect(peer.stats().drops[vector.expect.reject]).toBe(1);
      expect(peer.stats().received.accepted).toBe(0);
    } else {
      expect(seen.drops).toEqual([]);
      expect(seen.entries).toStrictEqual(vector.expect.entries.map(decodedEntry));
      expect(peer.stats().received).toMatchObject({ accepted: 1, unknownTlvs: vector.expect.unknownTlvs ?? 0 });
    }
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
