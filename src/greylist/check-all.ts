import { type Attempt, checkedRecipients } from './input.ts';
import { isRejection, type Verdict } from './verdict.ts';

/**
 * Checks each recipient of a message in turn, up to the first that is rejected, or would be in the mode `learn`.
 *
 * @returns The one answer: a rejection; else a pass, if one of them was tried before and made the client white, since it is
 * white for all of them now; else the longest deferral; else a pass. In the mode `learn` what it would be decides.
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

/** A first sight has to wait longer than what was seen before; in the mode `learn` that is all that is known of its wait. */
function rank({ action, reason, would }: Verdict): number {
  if (reason === 'retry') return 4;
  if (action === 'pass' && would === undefined) return 0;
  const deferral = would ?? reason;
  return deferral === 'first-sight' ? 3 : deferral === 'too-soon' ? 2 : 1;
}
