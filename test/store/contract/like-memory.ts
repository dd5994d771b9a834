import fc from 'fast-check';
import { MemoryStore, type Store } from 'spamd-sync';
import { expect, it } from 'vitest';
import { contents, NOW, stepOf } from './steps.ts';
import type { Tried } from './store.ts';

const ip = fc.integer({ min: 1, max: 3 }).map((host) => `192.0.2.${host}`);
const to = fc.constantFrom('bob@example.net', 'carol@example.net');
const at = fc.integer({ min: 0, max: 400 }).map((seconds) => NOW + seconds);
const rules = { passtime: 20, greyexp: 100, whiteexp: 150, renewal: 15 };

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('attempt' as const),
      ip,
      to,
      late: fc.integer({ min: 0, max: 30 }),
      own: fc.boolean(),
      record: fc.constantFrom('always' as const, 'known' as const, 'no' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('merge' as const),
      type: fc.constantFrom('white' as const, 'trapped' as const, 'remove-white' as const, 'remove-trapped' as const),
      ip,
      at,
      lasts: fc.integer({ min: 1, max: 200 }),
      own: fc.boolean(),
      announced: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const), trapWins: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trap' as const), to, add: fc.boolean() }) },
);

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

async function obey(store: Store, now: number, given: Command): Promise<unknown> {
  switch (given.do) {
    case 'attempt':
      return store.recordAttempt(stepOf({ ...given, at: now - given.late, now, rules }));
    case 'merge': {
      const { type, own, announced, lasts } = given;
      const change = { type, ip: given.ip, at: Math.min(given.at, now), until: now + lasts, own, by: 'operator' };
      return store.mergeAddress(change, { now, announced });
    }
    case 'sweep': {
      const { removed, due } = await store.sweep({ now, trapWins: given.trapWins });
      return { removed, due: [...due].sort((a, b) => (a.ip < b.ip ? -1 : 1)) };
    }
    default:
      return given.add ? store.spamtraps.add(given.to) : store.spamtraps.delete(given.to);
  }
}

/** Whatever is asked of it, the answers are those of the store in memory, and so is what is left in the end. */
export function likeMemory(open: () => Promise<Tried>): void {
  it('answers as the store in memory does', async () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 40 }), command });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const { store, close } = await open();
        try {
          const model = new MemoryStore({ maxTuples: 100, maxAddresses: 100 });
          let now = NOW;
          for (const { wait, command: given } of steps) {
            now += wait;
            expect(await obey(store, now, given)).toEqual(await obey(model, now, given));
          }
          expect(await contents(store)).toEqual(await contents(model));
          const { tuples, addresses, spamtraps } = await store.stats();
          expect(model.stats()).toMatchObject({ tuples, addresses, spamtraps });
        } finally {
          await close();
        }
      }),
      { numRuns: 30 },
    );
  });
}
