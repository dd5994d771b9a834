import { type Attempt, checkedRecipients } from './input.ts';
import type { Verdict } from './verdict.ts';

/**
 * Checks each recipient of a message in turn, up to the first that is rejected.
 *
 * @returns The one answer: a rejection; else a pass, if one of them was tried before and made the client white, since it is
 * white for all of them now; else the longest deferral; else a pass, `learn` before others.
 * @throws {EntryError} `ERR_SPAMD_FIELD` for no recipients.
 */
export async function checkAll(
  check: (attempt: Attempt) => Promise<Verdict>,
  attempt: Omit<Attempt, 'to'>,
  recipients: Iterable<string>,
): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const to of checkedRecipients(recipients)) {
    const verdict = await check({ ...attempt, to });
    if (verdict.action === 'reject') return verdict;
    verdicts.push(verdict);
  }
  return verdicts.reduce((one, other) => (rank(other) > rank(one) ? other : one));
}

function rank({ action, reason, retryAfter = 0 }: Verdict): number {
  if (reason === 'retry') return Number.POSITIVE_INFINITY;
  if (action === 'defer') return 2 + retryAfter;
  return reason === 'learn' ? 1 : 0;
}
