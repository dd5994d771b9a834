import { type Due, SweepAddressStep, SweepTupleStep, type Swept } from '../rules/sweep.ts';
import type { Awaitable, Candidate, Store } from './store.ts';

/** The most addresses that one sweep gives to be announced again, and up to a slice more. The others stay due. */
const MAX_DUE = 20_000;

/** What a sweep did. */
export interface Sweep {
  /** How many records of which nothing holds any more were removed. */
  readonly removed: number;
  /** The addresses to be announced again. Each is given to only one caller. */
  readonly due: readonly Due[];
  /** The first error of the store. The records on which the store failed stay for the next sweep. */
  readonly failure?: {
    /** What was thrown. */
    readonly error: unknown;
  };
}

/**
 * Removes expired records, and finds the addresses to be announced again, slice by slice while traffic goes on. If the
 * store fails on a record, the other records are still swept. The sweep then rejects with the error of the store,
 * unless there are addresses to be announced: these are noted as announced already, so the caller must get them. Then
 * the error is the result's `failure`.
 *
 * @param maxDue How many addresses are wanted, give or take a slice; the others stay due. Default, and most, 20000.
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
