import type { Store } from '../store/store.ts';
import { AT_ONCE } from './contract/at-once.ts';
import { ATTEMPTS } from './contract/attempts.ts';
import { CHANGES } from './contract/changes.ts';
import { CONTENTS } from './contract/contents.ts';
import { RANDOM_STEPS } from './contract/random-steps.ts';
import type { Case } from './contract/steps.ts';
import { SWEEPS } from './contract/sweeps.ts';

/** A store to be tried: empty, and gone with all that it needed when it is closed. */
export interface TriedStore {
  /** Empty. */
  readonly store: Store;
  /** Called when the case is over, whatever came of it. */
  readonly close: () => Promise<void>;
}

/** One thing that every store has to do. */
export interface ContractCase {
  /** A sentence whose subject is the store. */
  readonly title: string;
  /** @throws {AssertionError} Of node:assert, when the store does it not. */
  readonly run: () => Promise<void>;
}

const CASES: readonly Case[] = [...ATTEMPTS, ...CHANGES, ...CONTENTS, ...SWEEPS, ...AT_ONCE, ...RANDOM_STEPS];

/**
 * What every store has to do, however it keeps things: a list of cases for any test runner.
 *
 * @param open Called for each case.
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
