/** Times are Unix seconds. `reply` is a complete SMTP reply that the caller may send or replace; passing needs none. */
export type Verdict =
  /** Never seen before: the client is to come back. */
  | { readonly action: 'defer'; readonly reason: 'first-sight'; readonly secondsLeft: number; readonly reply: string }
  /** Seen before, but not long enough ago. */
  | { readonly action: 'defer'; readonly reason: 'too-soon'; readonly secondsLeft: number; readonly reply: string }
  /** It came back after passtime: white from now on. */
  | { readonly action: 'pass'; readonly reason: 'retry'; readonly until: number }
  | { readonly action: 'pass'; readonly reason: 'white'; readonly until: number }
  /** In `policy.exempt`: never greylisted. */
  | { readonly action: 'pass'; readonly reason: 'exempt' }
  /**
   * `spamtrap`: this recipient is one. `domain`: not a recipient of ours. `low-priority-mx`: came there first.
   * `trapped`: an earlier trap holds, and `by` says what sprang it (`group`: at another host).
   */
  | {
      readonly action: 'trapped';
      readonly reason: 'spamtrap' | 'domain' | 'low-priority-mx' | 'trapped';
      readonly until: number;
      readonly by: string;
      readonly reply: string;
    }
  /** The store failed or was too slow, and `policy.onError` answered. */
  | { readonly action: 'pass'; readonly reason: 'error'; readonly error: Error }
  | { readonly action: 'defer'; readonly reason: 'error'; readonly error: Error; readonly reply: string };

export function deferred(reason: 'first-sight' | 'too-soon', secondsLeft: number): Verdict {
  const reply = `451 4.7.1 Greylisted, please try again in ${secondsLeft} seconds`;
  return { action: 'defer', reason, secondsLeft, reply };
}

export function trapped(
  reason: 'spamtrap' | 'domain' | 'low-priority-mx' | 'trapped',
  until: number,
  by: string,
): Verdict {
  const date = new Date(until * 1000).toISOString();
  return { action: 'trapped', reason, until, by, reply: `550 5.7.1 Refused: your address is trapped until ${date}` };
}

export function failed(onError: 'pass' | 'defer', error: Error): Verdict {
  if (onError === 'pass') return { action: 'pass', reason: 'error', error };
  return {
    action: 'defer',
    reason: 'error',
    error,
    reply: '451 4.3.0 Temporary local problem, please try again later',
  };
}
