import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SplitMap } from '../../src/store/split-map.ts';

const key = fc.oneof(
  fc.nat(20),
  fc.integer({ min: -(2 ** 48), max: -1 }),
  fc.nat(20).map((i) => `192.0.2.${i}`),
  fc.string({ maxLength: 300 }),
);

describe('a map in parts', () => {
  it('holds what one map holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(fc.nat()))), (changes) => {
        const parts = new SplitMap<string | number, number>();
        const map = new Map<string | number, number>();
        for (const [key, value] of changes) {
          if (value === null) {
            parts.delete(key);
            map.delete(key);
          } else {
            parts.set(key, value);
            map.set(key, value);
          }
          expect(parts.size).toBe(map.size);
        }
        for (const [key] of changes) expect(parts.get(key)).toBe(map.get(key));
      }),
    );
  });
});
