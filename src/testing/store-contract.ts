import type { Store } from '../store/store.ts';
import { AT_ONCE } from './contract/at-once.ts';
import { ATTEMPTS } from './contract/attempts.ts';
import { CHANGES } from './contract/changes.ts';
import { CONTENTS } from './contract/contents.ts';
import { RANDOM_STEPS } from './contract/random-steps.ts';
import type { Case } from './contract/steps.ts';
import { SWEEPS } from './contract/sweeps.ts';

/** A store to be tested. It is empty, and `close` removes the store and all that it needed. */
export interface TriedStore {
  /** Empty. */
  readonly store: Store;
  /** Called when the case is over, whether it passed or failed. */
  readonly close: () => Promise<void>;
}

/** One thing that every store has to do. */
export interface ContractCase {
  /** A sentence whose subject is the store. */
  readonly title: string;
  /** @throws {AssertionError} From node:assert, if the store does not do that. */
  readonly run: () => Promise<void>;
}

const CASES: readonly Case[] = [...ATTEMPTS, ...CHANGES, ...CONTENTS, ...SWEEPS, ...AT_ONCE, ...RANDOM_STEPS];

/**
 * What every store has to do, however it keeps its records: a list of cases for any test runner.
 *
 * @param open Called for each case, to open an empty store.
 * @example
 * for (const { title, run } of storeContract(async () => ({ store: new MyStore(), close: async () => {} }))) test(title, run);
 */
export function storeContract(open: () => Promise<TriedStore>): readonly ContractCase[] {
  return CASES.map(([title, run]) => ({
    title,
    run: async () => {
      const tried = await open();
      try {
        await run(tried.store);
      } finally {
        await tried.close();
      }
    },
  }));
}
