import { describe, expect, it } from 'vitest';
import { shiftedAddress } from '../../src/redis/shift.ts';
import { merged, mergedRecords, newAddress } from '../../src/rules/address.ts';
import { type Circumstances, evidenceOf, joinedEvidence } from '../../src/rules/evidence.ts';
import { addressBytes } from '../../src/store/heap-size.ts';

const trap = (at: number, circumstances: Circumstances) =>
  ({ type: 'trapped', at, expires: at + 500, local: true, trappedBy: 'spamtrap', circumstances }) as const;

describe('evidence', () => {
  it('evidence keeps what the client typed, controls as ? and each string cut to 255 bytes', () => {
    const long = 'X'.repeat(5000);
    const { tuple, connectedTo, source } = evidenceOf('spamtrap', 7, {
      tuple: { helo: 'M\u0000X\r\n', from: '', to: `<${long}@Example.NET>` },
      connectedTo: '192.0.2.25',
    });
    expect(tuple).toMatchObject({ helo: 'M?X??', from: '' });
    expect(tuple?.to).toMatch(/^<X+~[0-9a-f]{8}-5014$/);
    expect(Buffer.byteLength(tuple?.to ?? '')).toBe(255);
    expect({ connectedTo, source }).toEqual({ connectedTo: '192.0.2.25', source: undefined });
    expect(evidenceOf('operator', 7, { by: '\u{1f600}'.repeat(1000) }).by?.length).toBeLessThanOrEqual(255);
  });

  it('evidence of a local trap has the time that the trap took', () => {
    const white = merged(newAddress(1), { type: 'white', at: 105, expires: 900, local: true });
    expect(merged(white, trap(100, {})).evidence).toMatchObject([{ kind: 'spamtrap', time: 105 }]);
  });

  it('evidence that comes again alike counts once, so that who repeats itself pushes nobody else out', () => {
    const sources = ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1'];
    const record = sources.reduce((known, source, at) => merged(known, trap(at + 1, { source })), newAddress(1));
    expect(record.evidence.map(({ time, source }) => [time, source])).toEqual([
      [6, '192.0.2.1'],
      [2, '192.0.2.2'],
    ]);
  });

  it('evidence of a trap that a removal forgot is forgotten with it, also where it comes later', () => {
    const known = merged(merged(newAddress(1), trap(10, { source: 'a' })), trap(20, { source: 'b' }));
    const removal = { type: 'remove-trapped', at: 10, expires: 900, local: false } as const;
    const removed = merged(known, removal);
    expect(removed.evidence).toMatchObject([{ source: 'b' }]);
    expect(mergedRecords(removed, known).evidence).toEqual(removed.evidence);
    expect(mergedRecords(known, removed).evidence).toEqual(removed.evidence);
  });

  it('a claim of the group that is neither newer nor longer leaves its evidence all the same', () => {
    const known = merged(newAddress(1), trap(20, { source: 'a' }));
    const again = merged(known, { ...trap(10, { source: 'b' }), local: false });
    expect(again.trapped).toEqual(known.trapped);
    expect(again.evidence.map(({ source }) => source)).toEqual(['a', 'b']);
  });

  it('evidence of one time has one order, whichever record it comes from', () => {
    const [one, other] = ['a', 'b'].map((source) => [evidenceOf('group', 5, { source })]);
    expect(joinedEvidence(one ?? [], other ?? [], 0)).toEqual(joinedEvidence(other ?? [], one ?? [], 0));
  });

  it('evidence counts to what an address takes in memory, two bytes a character', () => {
    const known = merged(newAddress(1), trap(20, {}));
    const tuple = { helo: 'h'.repeat(10), from: 'f'.repeat(20), to: 't'.repeat(30) };
    const more = merged(newAddress(1), trap(20, { tuple, by: 'b'.repeat(5) }));
    expect(addressBytes(more) - addressBytes(known)).toBe(144 + 130);
    expect(addressBytes(known)).toBe(addressBytes({ ...known, evidence: [] }) + 160);
  });

  it("evidence goes by the store's clock as its claim does", () => {
    const record = merged(newAddress(1), trap(100, { received: 120, source: 'a' }));
    const [moved] = shiftedAddress(record, 30).evidence;
    expect(moved).toEqual({ ...record.evidence[0], time: 130, received: 150 });
    expect(shiftedAddress(merged(newAddress(1), trap(100, {})), 30).evidence).toMatchObject([{ received: undefined }]);
  });
});
