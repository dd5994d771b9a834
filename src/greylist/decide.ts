import { canonicalAddress } from '../address.ts';
import type { Entry } from '../entry.ts';
import { type AddressState, stateOf } from '../rules/address.ts';
import { type AttemptOptions, type AttemptOutcome, AttemptStep, type Rules } from '../rules/attempt.ts';
import { ReadStep } from '../rules/change.ts';
import { DeliveryStep } from '../rules/delivery.ts';
import type { Circumstances } from '../rules/evidence.ts';
import { canonicalMailbox, tupleKey } from '../rules/key.ts';
import { type ReleaseOutcome, ReleaseStep } from '../rules/release.ts';
import { isExpiredTuple } from '../rules/sweep.ts';
import type { Awaitable, Store } from '../store/store.ts';
import { badOption } from '../validate.ts';
import { Exemptions } from './exempt.ts';
import { identityOf } from './identity.ts';
import type { Attempt } from './input.ts';
import { MailboxSet } from './mailbox-set.ts';
import type { GreylistPolicy } from './policy.ts';
import { clientOf, isAllowed, merge, poolOf, removalExpires } from './received.ts';
import { deferred, rejected, type Verdict } from './verdict.ts';

/** For how long after its start spamd does not trap by the low-priority MX, seconds (grey.c). */
const STARTUP_GRACE = 60;

export interface DeciderOptions {
  readonly store: Store;
  readonly policy: GreylistPolicy;
  readonly rules: Rules;
  /** When the greylist started, Unix seconds. */
  readonly started: number;
  readonly announce: (entry: Entry) => void;
  /** Called for a trap that was answered and announced, but could not be recorded. */
  readonly onUnrecorded: (ip: string, error: unknown) => void;
}

/** A decision of this host about an address. */
export interface Claiming {
  readonly type: 'white' | 'trapped';
  readonly ip: string;
  /** What decided it, see `AddressRecord.trappedBy`. */
  readonly by: string;
  /** Why it is trapped, to be kept as evidence. */
  readonly circumstances?: Circumstances;
  /** Until when it holds, Unix seconds. Default: whiteexp or trapexp from now. */
  readonly expires?: number | undefined;
}

/** What is asked of a decider. */
export interface Question {
  /** The attempt's address, canonical. */
  readonly ip: string;
  readonly attempt: Attempt;
  /** Unix seconds. */
  readonly now: number;
  /** Whether only spamtraps and traps decide. Then nothing is deferred, and no tuple is recorded. */
  readonly trapsOnly: boolean;
}

/** Decides: takes an attempt and the time, returns a verdict, and announces to the group. */
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

  decide(question: Question): Awaitable<Verdict> {
    const { ip, attempt } = question;
    if (this.#exempt.has(ip) || this.#recipients.has(attempt.to) || this.#senders.has(attempt.from)) {
      return { action: 'pass', reason: 'exempt' };
    }
    const pool = this.#poolOf(ip, attempt);
    return pool instanceof Promise
      ? pool.then((named) => this.#decideAs(named, question))
      : this.#decideAs(pool, question);
  }

  /**
   * Records that mail passed to or from an address, and announces the address as white if that is due.
   *
   * @returns Whether the address is white. An address that is trapped stays so.
   */
  async delivered(ip: string, now: number): Promise<boolean> {
    const { store, policy, rules, announce } = this.#options;
    const client = clientOf(ip, policy);
    const pool = poolOf(ip, policy);
    if (pool !== client && (await this.#ownState(client, now))?.type === 'trapped') return false;
    const delivery = await store.update(new DeliveryStep(pool, rules), now);
    if (delivery.outcome === 'trapped') return false;
    if (delivery.announce) announce({ type: 'white', ip, timestamp: delivery.at, expires: delivery.expires });
    return true;
  }

  /** @param ip Canonical. */
  isExempt(ip: string): boolean {
    return this.#exempt.has(ip);
  }

  /**
   * Makes a waiting client white, and announces it.
   *
   * @param attempt The waiting tuple; `undefined` for any tuple of the address.
   */
  async release(ip: string, attempt: Attempt | undefined, now: number): Promise<ReleaseOutcome['outcome']> {
    const { store, policy, rules, announce } = this.#options;
    const client = clientOf(ip, policy);
    const pool = attempt === undefined ? poolOf(ip, policy) : await this.#poolOf(ip, attempt);
    if (pool !== client) {
      const state = await this.#ownState(client, now);
      if (state !== undefined) return state.type;
    }
    const key =
      attempt === undefined
        ? await this.#waitingTuple(pool, now)
        : tupleKey(pool, attempt.helo, attempt.from, attempt.to);
    const released = await store.update(new ReleaseStep(pool, key, rules), now);
    if (released.outcome !== 'released') return released.outcome;
    announce({ type: 'white', ip, timestamp: released.at, expires: released.expires });
    return 'released';
  }

  /** The key of any tuple of the pool that has not expired. */
  async #waitingTuple(pool: string, now: number): Promise<string | undefined> {
    for await (const { key, record } of this.#options.store.tuplesOf(pool)) {
      if (!isExpiredTuple(record, now)) return key;
    }
    return undefined;
  }

  /**
   * Records a claim that this host makes, and announces it.
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

  /** Forgets that an address is white or trapped, and announces that to the hosts that know removals. */
  async forget(ip: string, now: number): Promise<void> {
    const { store, policy, announce } = this.#options;
    for (const type of ['remove-white', 'remove-trapped'] as const) {
      const removal = (at: number) => ({ type, at, expires: removalExpires(policy, at), local: true });
      const { at } = await merge(store, policy, ip, removal, now);
      announce({ type, ip, timestamp: at });
    }
  }

  /** What the client of an attempt is recorded under: the name that `policy.identify` gives, else its pool. */
  #poolOf(ip: string, attempt: Attempt): Awaitable<string> {
    const { policy } = this.#options;
    const pool = poolOf(ip, policy);
    return policy.identify === undefined ? pool : identified(policy.identify, attempt, pool);
  }

  #decideAs(pool: string, question: Question): Awaitable<Verdict> {
    const { ip } = question;
    const client = pool === ip ? ip : clientOf(ip, this.#options.policy);
    return pool === client ? this.#decideOne(pool, question) : this.#decideInPool(client, pool, question);
  }

  async #decideInPool(client: string, pool: string, question: Question): Promise<Verdict> {
    const { attempt, now } = question;
    const state = await this.#ownState(client, now);
    if (state?.type === 'trapped') return rejected('trapped', state.expires, state.trappedBy);
    if (state?.type === 'white') {
      if (await this.#options.store.spamtraps.has(canonicalMailbox(attempt.to))) {
        return this.#trap('spamtrap', question);
      }
      return { action: 'pass', reason: 'white', expires: state.expires };
    }
    return this.#decideOne(pool, question);
  }

  /** The state of a client itself, which goes before the state of its pool. */
  async #ownState(client: string, now: number): Promise<(AddressState & { readonly trappedBy: string }) | undefined> {
    const { store, policy } = this.#options;
    const known = await store.update(new ReadStep(client), now);
    const state = known && stateOf(known, now, policy.trapWins);
    return known && state && { ...state, trappedBy: known.trappedBy };
  }

  #decideOne(pool: string, question: Question): Awaitable<Verdict> {
    const { rules, store } = this.#options;
    const step = new AttemptStep(question.attempt, { ip: pool, rules, record: this.#record(question) });
    const outcome = store.update(step, question.now);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#verdict(settled, question))
      : this.#verdict(outcome, question);
  }

  #record({ attempt, now, trapsOnly }: Question): AttemptOptions['record'] {
    if (trapsOnly || !isAllowed(this.#options.policy, attempt.to)) return 'no';
    return this.#isAtLowPriority(attempt, now) ? 'known' : 'always';
  }

  #isAtLowPriority({ connectedTo = '' }: Attempt, now: number): boolean {
    return (
      this.#lowPriorityMx !== undefined &&
      now - this.#options.started > STARTUP_GRACE &&
      canonicalAddress(connectedTo) === this.#lowPriorityMx
    );
  }

  #verdict(result: AttemptOutcome, question: Question): Awaitable<Verdict> {
    const { policy, announce } = this.#options;
    const { ip, attempt, now } = question;
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
        return this.#trap('spamtrap', question);
      case 'unrecorded':
        if (question.trapsOnly) return { action: 'pass', reason: 'not-trapped' };
        return this.#trap(isAllowed(policy, attempt.to) ? 'low-priority-mx' : 'domain', question);
    }
  }

  /** Rejects even if the trap cannot be recorded: a store that is full must not let mail to a spamtrap in. */
  async #trap(reason: 'spamtrap' | 'domain' | 'low-priority-mx', { ip, attempt, now }: Question): Promise<Verdict> {
    const { policy, announce, onUnrecorded } = this.#options;
    const { helo, from, to, connectedTo = '' } = attempt;
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

/** The name that the policy gives to the client of an attempt; if it gives none, the pool. */
async function identified(
  identify: NonNullable<GreylistPolicy['identify']>,
  attempt: Attempt,
  pool: string,
): Promise<string> {
  const name = await identify(attempt);
  if (name !== undefined && typeof name !== 'string') throw badOption('policy.identify', 'gave no string', name);
  return identityOf(name ?? '') ?? pool;
}
