import { deepStrictEqual } from 'node:assert/strict';
import { MemoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { sweep } from '../../store/sweep.ts';
import { generator, type Random } from '../../transport/random.ts';
import { attempt, type Case, change, contents, has, NOW, settled } from './steps.ts';

/** A store answers any steps as the store in memory does. */
export const RANDOM_STEPS: readonly Case[] = [
  [
    'answers a thousand random steps as the store in memory does',
    async (store) => {
      const random = generator(20_080_101);
      const model = new MemoryStore();
      let now = NOW;
      for (let i = 0; i < 1000; i++) {
        now += random.below(40);
        const step = randomStep(random);
        deepStrictEqual(await step(store, now), await step(model, now));
      }
      for (const host of [1, 2, 3]) {
        deepStrictEqual(await settled(store, `192.0.2.${host}`), await settled(model, `192.0.2.${host}`));
      }
      deepStrictEqual(await contents(store), await contents(model));
      const { tuples, addresses, spamtraps } = model.stats();
      has(await store.stats(), { tuples, addresses, spamtraps });
    },
  ],
];

/** A random step. Two stores that get the same steps give the same answers. */
function randomStep(random: Random): (store: Store, now: number) => unknown {
  const ip = `192.0.2.${1 + random.below(3)}`;
  const to = random.pick(['<bob@example.net>', '<carol@example.net>']);
  const rules = { passtime: 20, greyexp: 100, whiteexp: 150, renewal: 15 };
  const kind = random.below(11);
  if (kind < 6) {
    const late = random.below(31);
    const remote = random.below(2) === 0;
    const record = random.pick(['always', 'known', 'no'] as const);
    return (store, now) =>
      attempt(store, { ip, to, now, rules, record, ...(remote ? { remoteAt: now - late } : undefined) });
  }
  if (kind < 9) {
    const type = random.pick(['white', 'trapped', 'remove-white', 'remove-trapped'] as const);
    const age = random.below(200);
    const lifetime = 1 + random.below(200);
    const local = random.below(2) === 0;
    const announced = random.below(2) === 0;
    return (store, now) => {
      const common = { at: now - age, expires: now + lifetime, local };
      const made = type === 'trapped' ? { type, ...common, trappedBy: 'operator' } : { type, ...common };
      return change(store, ip, made, { now, announced });
    };
  }
  if (kind < 10) {
    const trapWins = random.below(2) === 0;
    return async (store, now) => {
      const { removed, due } = await sweep(store, now, trapWins);
      return { removed, due: [...due].sort((a, b) => (a.ip < b.ip ? -1 : 1)) };
    };
  }
  const trap = to.slice(1, -1);
  const add = random.below(2) === 0;
  return async (store) => (add ? store.spamtraps.add(trap) : store.spamtraps.delete(trap));
}
