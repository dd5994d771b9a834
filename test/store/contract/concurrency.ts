import type { AttemptOutcome, Store, StoreRecord } from 'spamd-sync';
import { describe, expect, it } from 'vitest';
import { address, contents, keyOf, NOW, RULES, stepOf, tuple, tupleIn } from './steps.ts';

const IP = '192.0.2.1';
const RETRY = NOW + RULES.passtime + 1;

function countOf(outcomes: readonly AttemptOutcome[], step: AttemptOutcome['step']): number {
  return outcomes.filter((outcome) => outcome.step === step).length;
}

/** Steps at the same time, each of which must be atomic. */
export function concurrency(store: () => Store): void {
  describe('many at once', () => {
    const attemptAll = (steps: readonly Parameters<typeof stepOf>[0][]): Promise<AttemptOutcome[]> =>
      Promise.all(steps.map(async (step) => store().recordAttempt(stepOf(step))));

    it('see a tuple first exactly once, and count each', async () => {
      const outcomes = await attemptAll(Array.from({ length: 50 }, () => ({ ip: IP })));
      expect(countOf(outcomes, 'first')).toBe(1);
      expect(countOf(outcomes, 'early')).toBe(49);
      expect((await tupleIn(store(), keyOf(IP)))?.blocked).toBe(50);
      expect(await store().stats()).toMatchObject({ tuples: 1 });
    });

    it('promote a tuple exactly once', async () => {
      await attemptAll([{ ip: IP }]);
      const outcomes = await attemptAll(Array.from({ length: 50 }, () => ({ ip: IP, now: RETRY })));
      expect(countOf(outcomes, 'promoted')).toBe(1);
      expect(countOf(outcomes, 'white')).toBe(49);
      expect(outcomes.filter((outcome) => outcome.step === 'white' && outcome.announce)).toEqual([]);
      expect(await store().address(IP)).toMatchObject({ passed: 50 });
    });

    it('promote an address once for all of its tuples', async () => {
      const recipients = Array.from({ length: 20 }, (_, i) => `user${i}@example.net`);
      await attemptAll(recipients.map((to) => ({ ip: IP, to })));
      const outcomes = await attemptAll(recipients.map((to) => ({ ip: IP, to, now: RETRY })));
      expect(countOf(outcomes, 'promoted')).toBe(1);
      expect(countOf(outcomes, 'white')).toBe(19);
    });

    it('renew the group once', async () => {
      const until = NOW + RULES.whiteexp;
      const white = { type: 'white', ip: IP, at: NOW, until, own: true, by: '' } as const;
      await store().mergeAddress(white, { now: NOW, announced: true });
      const now = NOW + RULES.renewal;
      const outcomes = await attemptAll(Array.from({ length: 30 }, () => ({ ip: IP, now })));
      expect(outcomes.filter((outcome) => outcome.step === 'white' && outcome.announce)).toHaveLength(1);
    });

    it('merge every change', async () => {
      const changes = Array.from({ length: 20 }, (_, i) => {
        return { type: 'white', ip: IP, at: NOW + i, until: NOW + 1000 - i, own: false, by: '' } as const;
      });
      await Promise.all(changes.map(async (change) => store().mergeAddress(change, { now: NOW, announced: false })));
      expect((await store().address(IP))?.white).toHaveLength(20);
    });

    it('go on while it is swept, which takes nothing that lives', async () => {
      const old = Array.from({ length: 3000 }, (_, i): StoreRecord => {
        return { type: 'tuple', key: keyOf(`10.1.${i >>> 8}.${i & 255}`), record: tuple({ expires: NOW + 10 }) };
      });
      const gone = Array.from({ length: 500 }, (_, i): StoreRecord => {
        return { type: 'address', ip: `10.2.${i >>> 8}.${i & 255}`, record: address({ blocked: 1 }) };
      });
      await store().load([...old, ...gone]);
      const now = NOW + 10;
      const swept = store().sweep({ now, trapWins: false });
      // Every tenth tuple comes back as it expires.
      const back = Array.from({ length: 300 }, (_, i) => ({ ip: `10.1.${(i * 10) >>> 8}.${(i * 10) & 255}`, now }));
      const outcomes = await attemptAll(back);
      expect(countOf(outcomes, 'first')).toBe(300);
      const { removed } = await swept;
      expect(removed).toBeLessThanOrEqual(3500);
      expect(removed).toBeGreaterThanOrEqual(3200);
      await store().sweep({ now, trapWins: false });
      expect(await store().stats()).toMatchObject({ tuples: 300, addresses: 0 });
      const left = await contents(store());
      expect(left.map((item) => (item.type === 'tuple' ? item.record.blocked : 0))).toEqual(new Array(300).fill(1));
    });
  });
}
