import fc from 'fast-check';
import { MemoryStore } from 'spamd-sync';
import { type Store, sweep } from 'spamd-sync/store';
import { describe, expect, it } from 'vitest';
import { Digest } from '../../src/exchange/digest.ts';
import { DigestedStore } from '../../src/exchange/digested-store.ts';
import { scan } from '../../src/exchange/scan.ts';
import { hashOfAddress, hashOfRecord, LEAVES } from '../../src/exchange/shared.ts';
import { MergeTupleStep } from '../../src/rules/change.ts';
import { address, attempt, change, keyOf, NOW, RULES, tuple } from '../support/records.ts';

const ip = fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.1', '2001:db8::/64');
const DAY = 86_400;
/** Days pass, so that claims are renewed and expire. */
const now = fc.nat(60 * 24).map((hours) => NOW + hours * 3600);

type Act = (store: Store) => unknown;

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ ip, now }).map(
      (one): Act =>
        (store) =>
          attempt(store, one),
    ),
  },
  fc.record({ ip, now }).map(
    ({ ip, now }): Act =>
      (store) => {
        attempt(store, { ip, now });
        attempt(store, { ip, now: now + RULES.passtime + 1 });
        return attempt(store, { ip, now: now + 4 * DAY });
      },
  ),
  fc
    .record({
      ip,
      now,
      type: fc.constantFrom('white', 'trapped', 'remove-white', 'remove-trapped'),
      local: fc.boolean(),
    })
    .map(
      ({ ip, now, type, local }): Act =>
        (store) => {
          const made = { type, at: now, expires: now + 5 * DAY, local, trappedBy: 'group' } as const;
          return change(store, ip, made, { now, announced: local });
        },
    ),
  fc.record({ ip, now }).map(
    ({ ip, now }): Act =>
      (store) => {
        return store.update(new MergeTupleStep(keyOf(ip), tuple({ first: now, expires: now + RULES.greyexp })), now);
      },
  ),
  now.map(
    (now): Act =>
      (store) =>
        sweep(store, now, false),
  ),
  fc.record({ ip, now }).map(
    ({ ip, now }): Act =>
      (store) =>
        store.load([
          { type: 'address', ip, record: address({ white: [{ at: now, expires: now + DAY }], trappedRemoved: now }) },
          { type: 'tuple', key: keyOf(ip), record: tuple({ first: now, expires: now + RULES.greyexp }) },
        ]),
  ),
);

async function anew(store: Store): Promise<Digest> {
  const digest = new Digest();
  for await (const record of store.records()) if (record.type !== 'spamtrap') digest.add(hashOfRecord(record));
  return digest;
}

function sums(digest: Digest): string[] {
  return Array.from({ length: 256 }, (_, bucket) => digest.leaves(bucket).toString('hex'));
}

describe('the digest', () => {
  it('is what it would be built anew, whatever the steps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const digest = new Digest();
        const store = new DigestedStore(new MemoryStore(), digest);
        for (const one of acts) await one(store);
        expect(sums(digest)).toEqual(sums(await anew(store)));
      }),
      { numRuns: 60 },
    );
  });

  it('has at each level the sums of the level below', () => {
    const digest = new Digest();
    for (let i = 0; i < 300; i++) digest.add(hashOfAddress(`10.0.${i >> 8}.${i & 255}`, address({ whiteRemoved: i })));
    const added = (bytes: Buffer): bigint[] =>
      [0, 4].map((lane) => {
        let sum = 0n;
        for (let at = lane; at < bytes.length; at += 8) sum += BigInt(bytes.readUInt32LE(at));
        return sum % 2n ** 32n;
      });
    const top = digest.top();
    for (let bucket = 0; bucket < 16; bucket++) {
      const one = top.subarray(8 * bucket, 8 * bucket + 8);
      expect(added(digest.middle(bucket))).toEqual(added(one));
      const below = Array.from({ length: 16 }, (_, at) => digest.leaves(16 * bucket + at));
      expect(added(Buffer.concat(below))).toEqual(added(one));
    }
  });

  it('is corrected by a look at the records, but not where they change meanwhile', async () => {
    const digest = new Digest();
    const inner = new MemoryStore({ maxAddresses: 16 });
    const store = new DigestedStore(inner, digest);
    const made = { type: 'trapped', at: NOW, expires: NOW + 1000, trappedBy: 'group', local: false } as const;
    for (let i = 0; i < 40; i++) change(store, `10.${i}.0.1`, made);
    // What made room is still in the sums.
    expect(sums(digest)).not.toEqual(sums(await anew(inner)));
    const all = new Set(Array(LEAVES).keys());
    await scan(store, digest, all, () => undefined);
    expect(sums(digest)).toEqual(sums(await anew(inner)));
    const lost = hashOfAddress('10.39.0.1', address({}));
    digest.add(lost);
    await scan(store, digest, all, (record) => {
      if (record.type === 'address' && record.ip === '10.39.0.1') change(store, record.ip, { ...made, at: NOW + 1 });
      return undefined;
    });
    expect(sums(digest)).not.toEqual(sums(await anew(inner)));
    digest.remove(lost);
    expect(sums(digest)).toEqual(sums(await anew(inner)));
  });

  it('takes no notice of what each peer keeps for itself, and of a renewal within three days', () => {
    const base = { white: [{ at: NOW, expires: 30 * DAY + 1 }] };
    const same = [
      { ...base, passed: 5, pass: NOW, first: 3 },
      { ...base, localWhite: NOW, announcedAt: NOW, announcedExpires: NOW + 1 },
      { white: [{ at: NOW, expires: 33 * DAY - 1 }] },
    ];
    for (const other of same)
      expect(hashOfAddress('192.0.2.1', address(other))).toEqual(hashOfAddress('192.0.2.1', address(base)));
    const others: Partial<ReturnType<typeof address>>[] = [
      { white: [{ at: NOW, expires: 33 * DAY }] },
      { white: [{ at: NOW + 1, expires: 30 * DAY + 1 }] },
      { ...base, whiteRemoved: 1 },
      { ...base, trapped: [{ at: NOW, expires: NOW + 1 }] },
      { trapped: base.white },
    ];
    const hashes = [base, ...others].map((one) => JSON.stringify(hashOfAddress('192.0.2.1', address(one))));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
