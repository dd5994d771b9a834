import { canonicalAddress } from '../address.ts';
import type { Entry } from '../entry.ts';
import { stateOf } from '../rules/address.ts';
import { type AttemptOptions, type AttemptOutcome, AttemptStep, type Rules } from '../rules/attempt.ts';
import { ReadStep } from '../rules/change.ts';
import { DeliveryStep } from '../rules/delivery.ts';
import type { Circumstances } from '../rules/evidence.ts';
import { canonicalMailbox } from '../rules/key.ts';
import type { Awaitable, Store } from '../store/store.ts';
import { badOption } from '../validate.ts';
import { Exemptions } from './exempt.ts';
import { identityOf } from './identity.ts';
import type { Attempt } from './input.ts';
import { MailboxSet } from './mailbox-set.ts';
import type { GreylistPolicy } from './policy.ts';
import { clientOf, isAllowed, merge, poolOf } from './received.ts';
import { deferred, rejected, type Verdict } from './verdict.ts';

/** How long spamd does not trap by the low-priority MX after its start, seconds (grey.c). */
const STARTUP_GRACE = 60;

export interface DeciderOptions {
  readonly store: Store;
  readonly policy: GreylistPolicy;
  readonly rules: Rules;
  /** When the greylist started, Unix seconds. */
  readonly started: number;
  readonly announce: (entry: Entry) => void;
  /** Is told of a trap that was answered and announced, but could not be recorded. */
  readonly onUnrecorded: (ip: string, error: unknown) => void;
}

/** Something that this host decides of an address. */
export interface Claiming {
  readonly type: 'white' | 'trapped';
  readonly ip: string;
  /** What decided it, see `AddressRecord.trappedBy`. */
  readonly by: string;
  /** What is kept of why it is trapped. */
  readonly circumstances?: Circumstances;
  /** Until when it holds, Unix seconds. Default: whiteexp or trapexp from now. */
  readonly expires?: number | undefined;
}

/** Where the greylist decides: one attempt and the time go in, a verdict comes out, and the group is announced to. */
export class Decider {
  readonly #options: DeciderOptions;
  readonly #exempt: Exemptions;
  readonly #recipients: MailboxSet;
  readonly #senders: MailboxSet;
  readonly #lowPriorityMx: string | undefined;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#exempt = new Exemptions(options.policy.exempt);
    this.#recipients = new MailboxSet(options.policy.exemptRecipients);
    this.#senders = new MailboxSet(options.policy.exemptSenders);
    this.#lowPriorityMx = canonicalAddress(options.policy.lowPriorityMx ?? '');
  }

  /** @param ip The attempt's address, canonical. */
  decide(ip: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    if (this.#exempt.has(ip) || this.#recipients.has(attempt.to) || this.#senders.has(attempt.from)) {
      return { action: 'pass', reason: 'exempt' };
    }
    const { identify } = this.#options.policy;
    if (identify !== undefined) return this.#decideByIdentity(ip, attempt, now, identify);
    return this.#decideAs(poolOf(ip, this.#options.policy), ip, attempt, now);
  }

  /**
   * Records that mail passed to or from an address, and announces it as white where that is due.
   *
   * @returns Whether it is white: one that is trapped stays so.
   */
  async delivered(ip: string, now: number): Promise<boolean> {
    const { store, policy, rules, announce } = this.#options;
    const client = clientOf(ip, policy);
    const pool = poolOf(ip, policy);
    if (pool !== client) {
      const known = await store.update(new ReadStep(client), now);
      if (known !== undefined && stateOf(known, now, policy.trapWins)?.type === 'trapped') return false;
    }
    const delivery = await store.update(new DeliveryStep(pool, rules), now);
    if (delivery.outcome === 'trapped') return false;
    if (delivery.announce) announce({ type: 'white', ip, timestamp: delivery.at, expires: delivery.expires });
    return true;
  }

  /**
   * Records a claim of this host's own and announces it.
   *
   * @returns Until when it holds, Unix seconds.
   */
  async claim({ type, ip, by, circumstances, expires }: Claiming, now: number): Promise<number> {
    const { store, policy, announce } = this.#options;
    const lifetime = type === 'white' ? policy.whiteexp : policy.trapexp;
    const changeAt = (at: number) => {
      const claim = { at, expires: expires ?? at + lifetime, local: true };
      return type === 'white' ? { type, ...claim } : { type, ...claim, trappedBy: by, circumstances };
    };
    const changed = await merge(store, policy, ip, changeAt, now, true);
    announce({ type, ip, timestamp: changed.at, expires: changed.expires });
    return changed.expires;
  }

  async #decideByIdentity(
    ip: string,
    attempt: Attempt,
    now: number,
    identify: NonNullable<GreylistPolicy['identify']>,
  ): Promise<Verdict> {
    const name = await identify(attempt);
    if (name !== undefined && typeof name !== 'string') throw badOption('policy.identify', 'gave no string', name);
    return this.#decideAs(identityOf(name ?? '') ?? poolOf(ip, this.#options.policy), ip, attempt, now);
  }

  #decideAs(pool: string, ip: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    const client = pool === ip ? ip : clientOf(ip, this.#options.policy);
    return pool === client
      ? this.#decideOne(ip, pool, attempt, now)
      : this.#decideInPool(ip, client, pool, attempt, now);
  }

  /** What is known of the client itself goes before what is known of its pool. */
  async #decideInPool(ip: string, client: string, pool: string, attempt: Attempt, now: number): Promise<Verdict> {
    const { store, policy } = this.#options;
    const known = await store.update(new ReadStep(client), now);
    const state = known === undefined ? undefined : stateOf(known, now, policy.trapWins);
    if (state?.type === 'trapped') return rejected('trapped', state.expires, known?.trappedBy ?? '');
    if (state?.type === 'white') {
      if (await store.spamtraps.has(canonicalMailbox(attempt.to))) return this.#trap(ip, 'spamtrap', attempt, now);
      return { action: 'pass', reason: 'white', expires: state.expires };
    }
    return this.#decideOne(ip, pool, attempt, now);
  }

  #decideOne(ip: string, pool: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    const step = new AttemptStep(attempt, {
      ip: pool,
      rules: this.#options.rules,
      record: this.#record(attempt, now),
    });
    const outcome = this.#options.store.update(step, now);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#verdict(settled, ip, attempt, now))
      : this.#verdict(outcome, ip, attempt, now);
  }

  #record(attempt: Attempt, now: number): AttemptOptions['record'] {
    if (!isAllowed(this.#options.policy, attempt.to)) return 'no';
    return this.#isAtLowPriority(attempt, now) ? 'known' : 'always';
  }

  #isAtLowPriority({ connectedTo = '' }: Attempt, now: number): boolean {
    return (
      this.#lowPriorityMx !== undefined &&
      now - this.#options.started > STARTUP_GRACE &&
      canonicalAddress(connectedTo) === this.#lowPriorityMx
    );
  }

  #verdict(result: AttemptOutcome, ip: string, attempt: Attempt, now: number): Awaitable<Verdict> {
    const { policy, announce } = this.#options;
    switch (result.outcome) {
      case 'first':
      case 'early': {
        const { helo, from, to } = attempt;
        announce({ type: 'grey', ip, helo, from: from === '' ? '<>' : from, to, timestamp: now });
        return deferred(result.outcome === 'first' ? 'first-sight' : 'too-soon', result.retryAfter);
      }
      case 'promoted': {
        const { at, expires, waited } = result;
        announce({ type: 'white', ip, timestamp: at, expires });
        return { action: 'pass', reason: 'retry', expires, waited };
      }
      case 'white': {
        const { at, expires } = result;
        if (result.announce) announce({ type: 'white', ip, timestamp: at, expires });
        return { action: 'pass', reason: 'white', expires };
      }
      case 'trapped':
        return rejected('trapped', result.expires, result.trappedBy);
      case 'spamtrap':
        return this.#trap(ip, 'spamtrap', attempt, now);
      case 'unrecorded':
        return this.#trap(ip, isAllowed(policy, attempt.to) ? 'low-priority-mx' : 'domain', attempt, now);
    }
  }

  /** What was seen decides, whether it can be recorded or not: a store that is full must not let a spamtrap's mail in. */
  async #trap(
    ip: string,
    reason: 'spamtrap' | 'domain' | 'low-priority-mx',
    { helo, from, to, connectedTo = '' }: Attempt,
    now: number,
  ): Promise<Verdict> {
    const { policy, announce, onUnrecorded } = this.#options;
    const circumstances = { tuple: { helo, from, to }, connectedTo: canonicalAddress(connectedTo) };
    try {
      return rejected(reason, await this.claim({ type: 'trapped', ip, by: reason, circumstances }, now), reason);
    } catch (error) {
      onUnrecorded(ip, error);
      const expires = now + policy.trapexp;
      announce({ type: 'trapped', ip, timestamp: now, expires });
      return rejected(reason, expires, reason);
    }
  }
}
