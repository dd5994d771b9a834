/** Why an attempt is deferred. */
export type DeferReason = 'first-sight' | 'too-soon' | 'error';
/** Why an attempt passes. */
export type PassReason = 'retry' | 'white' | 'exempt' | 'not-trapped' | 'learn' | 'error';
/** Why an attempt is rejected. */
export type RejectReason = 'spamtrap' | 'domain' | 'low-priority-mx' | 'trapped';

/**
 * Why a verdict is what it is:
 * - `first-sight`: the tuple was never seen before, the client is to come back;
 * - `too-soon`: the tuple was seen before, but passtime is not over;
 * - `retry`: the client came back after passtime, and is white from now on;
 * - `white`: the address, or its pool, is white;
 * - `exempt`: the address, the recipient or the sender is in `policy.exempt`, `exemptRecipients`, `exemptSenders`;
 * - `not-trapped`: the caller asked with `trapsOnly`, and the address is neither trapped nor white;
 * - `learn`: the attempt passes because `policy.mode` is `learn`; `would` is the reason that it would have had;
 * - `spamtrap`: the recipient is a spamtrap, so the address is trapped;
 * - `domain`: the recipient is not in `policy.allowedDomains`, so the address is trapped;
 * - `low-priority-mx`: the tuple came to `policy.lowPriorityMx` first, so the address is trapped;
 * - `trapped`: an earlier trap holds;
 * - `error`: the store failed or was too slow, and `policy.onError` answered.
 */
export type VerdictReason = DeferReason | PassReason | RejectReason;

interface VerdictMembers {
  /**
   * A complete SMTP reply, which begins with the code and enhanced code (RFC 3463). The caller may send or replace it.
   * Every verdict but `pass` has one.
   */
  readonly reply?: string | undefined;
  /** How many seconds from now a retry passes, at least 1; when the reason is `first-sight` or `too-soon`. */
  readonly retryAfter?: number | undefined;
  /** Until when the address is white, or trapped, Unix seconds; when the reason is `retry`, `white`, or a trap's. */
  readonly expires?: number | undefined;
  /** How many seconds the client waited, from the first attempt to this one; when the reason is `retry`. */
  readonly waited?: number | undefined;
  /**
   * What trapped the address, if it is trapped: `spamtrap`, `domain`, `low-priority-mx`, `operator`, `import`, or
   * `group` for another host.
   */
  readonly trappedBy?: string | undefined;
  /** The reason that the verdict would have had, when the reason is `learn`. */
  readonly would?: DeferReason | RejectReason | undefined;
  /** What went wrong, when the reason is `error`. */
  readonly error?: Error | undefined;
}

/** A verdict with this action and reason, and the members that such a verdict always has. */
type VerdictOf<Action, Reason, Members = object> = VerdictMembers & {
  readonly action: Action;
  readonly reason: Reason;
} & Readonly<Members>;

/** What to do with an attempt. Each member can be read whatever the action; it is `undefined` if it has no meaning. */
export type Verdict =
  | VerdictOf<'pass', 'retry', { expires: number; waited: number }>
  | VerdictOf<'pass', 'white', { expires: number }>
  | VerdictOf<'pass', 'exempt' | 'not-trapped'>
  | VerdictOf<'pass', 'learn', { would: DeferReason | RejectReason }>
  | VerdictOf<'pass', 'error', { error: Error }>
  | VerdictOf<'defer', 'first-sight' | 'too-soon', { reply: string; retryAfter: number }>
  | VerdictOf<'defer', 'error', { reply: string; error: Error }>
  | VerdictOf<'reject', RejectReason, { reply: string; expires: number; trappedBy: string }>;

export function deferred(reason: 'first-sight' | 'too-soon', retryAfter: number): Verdict {
  const reply = `451 4.7.1 Greylisted, please try again in ${retryAfter} seconds`;
  return { action: 'defer', reason, retryAfter, reply };
}

export function rejected(reason: RejectReason, expires: number, trappedBy: string): Verdict {
  const date = new Date(expires * 1000).toISOString();
  const reply = `550 5.7.1 Refused: your address is trapped until ${date}`;
  return { action: 'reject', reason, expires, trappedBy, reply };
}

/** Whether it rejects, or would if the mode were not `learn`. */
export function isRejection({ reason, would }: Pick<Verdict, 'reason' | 'would'>): boolean {
  switch (would ?? reason) {
    case 'spamtrap':
    case 'domain':
    case 'low-priority-mx':
    case 'trapped':
      return true;
    default:
      return false;
  }
}

/** The verdict when the greylist cannot decide, as `policy.onError` says. */
export function undecided(onError: 'pass' | 'defer', error: Error): Verdict {
  if (onError === 'pass') return { action: 'pass', reason: 'error', error };
  const reply = '451 4.3.0 Temporary local problem, please try again later';
  return { action: 'defer', reason: 'error', error, reply };
}

/** The verdict in the mode `learn`: an attempt that would not pass passes all the same. */
export function learnt(verdict: Verdict): Verdict {
  return verdict.action === 'pass' ? verdict : { action: 'pass', reason: 'learn', would: verdict.reason };
}
