import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivalOrder } from '../../src/store/arrival-order.ts';

describe('the order of arrival', () => {
  it('is that of a map, also while some come and go', () => {
    const change = fc.record({ at: fc.nat(10), which: fc.nat(), comes: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(change), (count, changes) => {
        const order = new ArrivalOrder();
        const map = new Map<number, true>();
        const make = (number: number, comes: boolean): void => {
          if (comes === map.has(number)) return;
          if (comes) {
            order.append(number);
            map.set(number, true);
          } else {
            order.remove(number);
            map.delete(number);
          }
        };
        for (let number = 0; number < count; number++) make(number, true);
        const walked: number[] = [];
        const expected: number[] = [];
        const walk = order[Symbol.iterator]();
        const keys = map.keys();
        for (let step = 0; step < count; step++) {
          walked.push(walk.next().value ?? -1);
          expected.push(keys.next().value ?? -1);
          for (const { at, which, comes } of changes) if (at === step) make(which % count, comes);
        }
        expect(walked).toEqual(expected);
        expect([...order]).toEqual([...map.keys()]);
      }),
      { numRuns: 300 },
    );
  });
});
