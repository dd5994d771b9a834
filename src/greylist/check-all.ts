import { type Attempt, checkedRecipients } from './input.ts';
import { isRejection, type Verdict } from './verdict.ts';

/**
 * Checks each recipient of a message in turn, up to the first that is rejected or, in the mode `learn`, would be
 * rejected.
 *
 * @returns One answer for all: a rejection; else a pass, if a retry for one recipient made the client white, since the
 * client is now white for all of them; else the longest deferral; else a pass. In the mode `learn` the verdicts that
 * the mode `enforce` would give decide.
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
    if (isRejection(verdict)) return verdict;
    verdicts.push(verdict);
  }
  return verdicts.reduce((one, other) => (goesBefore(other, one) ? other : one));
}

function goesBefore(one: Verdict, other: Verdict): boolean {
  const difference = rank(one) - rank(other);
  return difference === 0 ? (one.retryAfter ?? 0) > (other.retryAfter ?? 0) : difference > 0;
}

/** A first sight waits longer than a tuple seen before. In the mode `learn` nothing else is known of the wait. */
function rank({ action, reason, would }: Verdict): number {
  if (reason === 'retry') return 4;
  if (action === 'pass' && would === undefined) return 0;
  const deferral = would ?? reason;
  return deferral === 'first-sight' ? 3 : deferral === 'too-soon' ? 2 : 1;
}
