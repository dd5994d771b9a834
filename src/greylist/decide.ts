import type { Entry } from '../entry.ts';
import { stateOf } from '../rules/address-record.ts';
import { canonicalAddress, canonicalMailbox } from '../rules/canonical.ts';
import type { AttemptOutcome, AttemptStep, Awaitable, Rules, Store } from '../store/store.ts';
import type { Attempt } from './attempt.ts';
import { Exemptions } from './exempt.ts';
import type { GreylistPolicy } from './policy.ts';
import { isAllowed, poolOf } from './received.ts';
import { Step } from './step.ts';
import { deferred, trapped, type Verdict } from './verdict.ts';

/** How long spamd does not trap by the low-priority MX after its start, seconds (grey.c). */
const STARTUP_GRACE = 60;

export interface DeciderOptions {
  readonly store: Store;
  readonly policy: GreylistPolicy;
  readonly rules: Rules;
  /** When the greylist started, Unix seconds. */
  readonly started: number;
  /** Tells the group. */
  readonly announce: (entry: Entry) => void;
}

/** Where the greylist decides: one attempt and the time go in, a verdict comes out, and the group is told. */
export class Decider {
  readonly #options: DeciderOptions;
  readonly #exempt: Exemptions;
  readonly #lowPriorityMx: string | undefined;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#exempt = new Exemptions(options.policy.exempt);
    this.#lowPriorityMx = canonicalAddress(options.policy.lowPriorityMx ?? '');
  }

  /** @param ip The attempt's address, canonical. */
  decide(ip: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    if (this.#exempt.has(ip)) return { action: 'pass', reason: 'exempt' };
    const { identify } = this.#options.policy;
    if (identify !== undefined) return this.#decideByIdentity(ip, attempt, now, identify);
    const pool = poolOf(ip, this.#options.policy);
    return pool === ip ? this.#decideOne(ip, ip, attempt, now) : this.#decideInPool(ip, pool, attempt, now);
  }

  /** Records a claim of this host's own and tells the group. */
  async claim(type: 'white' | 'trapped', ip: string, until: number, by: string, now: number): Promise<void> {
    const { store, policy, announce } = this.#options;
    // A trap is always the one address's: one bad server must not trap a whole network.
    const change = { type, ip: type === 'white' ? poolOf(ip, policy) : ip, at: now, until, own: true, by };
    const timestamp = await store.mergeAddress(change, { now, announced: true });
    announce({ type, ip, timestamp, expires: until });
  }

  async #decideByIdentity(
    ip: string,
    attempt: Attempt,
    now: number,
    identify: NonNullable<GreylistPolicy['identify']>,
  ): Promise<Verdict> {
    const identity = await identify(attempt);
    const pool = canonicalMailbox(identity ?? '') || poolOf(ip, this.#options.policy);
    return pool === ip ? this.#decideOne(ip, ip, attempt, now) : this.#decideInPool(ip, pool, attempt, now);
  }

  /** What is known of the address itself goes before what is known of its pool. */
  async #decideInPool(ip: string, pool: string, attempt: Attempt, now: number): Promise<Verdict> {
    const { store, policy } = this.#options;
    const known = await store.address(ip);
    const state = known === undefined ? undefined : stateOf(known, now, policy.trapWins);
    if (state?.type === 'trapped') return trapped('trapped', state.until, known?.by ?? '');
    if (state?.type === 'white') {
      if (await store.spamtraps.has(canonicalMailbox(attempt.to))) return this.#trap(ip, 'spamtrap', now);
      return { action: 'pass', reason: 'white', until: state.until };
    }
    return this.#decideOne(ip, pool, attempt, now);
  }

  #decideOne(ip: string, pool: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    const outcome = this.#options.store.recordAttempt(this.#step(pool, attempt, now));
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#verdict(settled, ip, attempt, now))
      : this.#verdict(outcome, ip, attempt, now);
  }

  #step(pool: string, attempt: Attempt, now: number): AttemptStep {
    const { policy, rules } = this.#options;
    const record = !isAllowed(policy, attempt.to) ? 'no' : this.#isAtLowPriority(attempt, now) ? 'known' : 'always';
    return new Step(attempt, { ip: pool, at: now, now, rules, own: true, record });
  }

  #isAtLowPriority({ connectedTo = '' }: Attempt, now: number): boolean {
    return (
      this.#lowPriorityMx !== undefined &&
      now - this.#options.started > STARTUP_GRACE &&
      canonicalAddress(connectedTo) === this.#lowPriorityMx
    );
  }

  #verdict(outcome: AttemptOutcome, ip: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    const { policy, announce } = this.#options;
    switch (outcome.step) {
      case 'first':
      case 'early': {
        const { helo, from, to } = attempt;
        announce({ type: 'grey', ip, helo, from: from === '' ? '<>' : from, to, timestamp: now });
        // spamd passes when first + passtime is in the past, not when it is now.
        const secondsLeft = Math.max(1, outcome.first + policy.passtime + 1 - now);
        return deferred(outcome.step === 'first' ? 'first-sight' : 'too-soon', secondsLeft);
      }
      case 'promoted':
        announce({ type: 'white', ip, timestamp: outcome.at, expires: outcome.until });
        return { action: 'pass', reason: 'retry', until: outcome.until };
      case 'white':
        if (outcome.announce) announce({ type: 'white', ip, timestamp: outcome.at, expires: outcome.until });
        return { action: 'pass', reason: 'white', until: outcome.until };
      case 'trapped':
        return trapped('trapped', outcome.until, outcome.by);
      case 'spamtrap':
        return this.#trap(ip, 'spamtrap', now);
      case 'unrecorded':
        return this.#trap(ip, isAllowed(policy, attempt.to) ? 'low-priority-mx' : 'domain', now);
    }
  }

  async #trap(ip: string, reason: 'spamtrap' | 'domain' | 'low-priority-mx', now: number): Promise<Verdict> {
    const until = now + this.#options.policy.trapexp;
    await this.claim('trapped', ip, until, reason, now);
    return trapped(reason, until, reason);
  }
}
