import { type Due, SweepAddressStep, SweepTupleStep, type Swept } from '../rules/sweep.ts';
import type { Awaitable, Candidate, Store } from './store.ts';

/** How many addresses one sweep brings to be announced again, give or take a slice; the others stay due for the next. */
const MAX_DUE = 20_000;

/** What a sweep did. */
export interface Sweep {
  /** How many records of which nothing holds any more were removed. */
  readonly removed: number;
  /** The addresses to be announced again. Each is given to one caller alone. */
  readonly due: readonly Due[];
  /** What the store failed with first: the records that it failed on stay for the next sweep. */
  readonly failure?: {
    /** What was thrown. */
    readonly error: unknown;
  };
}

/**
 * Removes what has expired, and finds the addresses to be announced again, slice by slice while traffic goes on. A record
 * that the store fails on costs itself alone. It rejects with what the store failed with, unless there is something to be
 * announced: that is noted as announced, and must be.
 *
 * @param maxDue How many addresses are wanted, give or take a slice; the others stay due. Default 20000, and at most.
 */
export async function sweep(store: Store, now: number, trapWins: boolean, maxDue = MAX_DUE): Promise<Sweep> {
  let removed = 0;
  const due: Due[] = [];
  let failure: Sweep['failure'];
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  const count = (swept: Swept): void => {
    if (swept === 'removed') removed++;
    else if (swept !== 'kept') due.push(swept);
  };
  try {
    for await (const slice of store.sweepCandidates(now)) {
      const pending: Promise<void>[] = [];
      const announces = due.length < Math.min(maxDue, MAX_DUE);
      for (const candidate of slice) {
        try {
          const swept = sweepOne(store, candidate, now, trapWins, announces);
          if (swept instanceof Promise) pending.push(swept.then(count, fail));
          else count(swept);
        } catch (error) {
          fail(error);
        }
      }
      await Promise.all(pending);
    }
  } catch (error) {
    fail(error);
  }
  if (failure === undefined) return { removed, due };
  if (due.length === 0) throw failure.error;
  return { removed, due, failure };
}

function sweepOne(
  store: Store,
  candidate: Candidate,
  now: number,
  trapWins: boolean,
  announces: boolean,
): Awaitable<Swept> {
  return candidate.type === 'tuple'
    ? store.update(new SweepTupleStep(candidate.key), now)
    : store.update(new SweepAddressStep(candidate.ip, trapWins, announces), now);
}
