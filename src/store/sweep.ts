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
}

/**
 * Removes what has expired, and finds the addresses to be announced again, slice by slice while traffic goes on.
 *
 * @param maxDue How many addresses are wanted, give or take a slice; the others stay due. Default 20000, and at most.
 */
export async function sweep(store: Store, now: number, trapWins: boolean, maxDue = MAX_DUE): Promise<Sweep> {
  let removed = 0;
  const due: Due[] = [];
  const count = (swept: Swept): void => {
    if (swept === 'removed') removed++;
    else if (swept !== 'kept') due.push(swept);
  };
  for await (const slice of store.sweepCandidates(now)) {
    const pending: Promise<void>[] = [];
    const announces = due.length < Math.min(maxDue, MAX_DUE);
    for (const candidate of slice) {
      const swept = sweepOne(store, candidate, now, trapWins, announces);
      if (swept instanceof Promise) pending.push(swept.then(count));
      else count(swept);
    }
    await Promise.all(pending);
  }
  return { removed, due };
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
