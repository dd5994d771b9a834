import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generator } from '../../src/transport/random.ts';
import { corpusOf } from './corpus.ts';
import { FAULTS } from './faults.ts';
import { mutated } from './mutate.ts';
import { TARGETS } from './targets/index.ts';

describe('the corpora of the fuzz loop', () => {
  it.each(TARGETS)('every input of the corpus of $name keeps the rules', async (target) => {
    const inputs = [...target.seeds, ...corpusOf(target.name)];
    expect(inputs.length).toBeGreaterThan(target.seeds.length);
    for (const input of inputs) await target.run(input);
  });
});

describe('the fuzz loop', () => {
  it('the same seed makes the same mutations', () => {
    const [target] = TARGETS;
    const made = [1, 1, 2].map((seed) => {
      const random = generator(seed);
      const material = { random, other: Buffer.from('other'), tokens: target?.tokens ?? [], maxLength: 64 };
      return Array.from({ length: 100 }, () => mutated(Buffer.from('an input'), material).toString('hex'));
    });
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).not.toEqual(made[0]);
    expect(Math.max(...(made[0] ?? []).map((hex) => hex.length))).toBeLessThanOrEqual(128);
  });

  it('every fault to be planted has its place once, and every target has one', () => {
    for (const { file, find, replace } of Object.values(FAULTS)) {
      const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
      expect(source.split(find), `${file}: ${find}`).toHaveLength(2);
      expect(replace).not.toBe(find);
    }
    const attacked = new Set(Object.values(FAULTS).map(({ target }) => target));
    expect([...attacked].sort()).toEqual(TARGETS.map(({ name }) => name).sort());
  });
});
