import { CHANNELS } from '../diagnostics.ts';
import type { Awaitable } from '../store/store.ts';
import type { Decider, Question } from './decide.ts';
import { InFlight, TOO_MANY } from './in-flight.ts';
import type { GreylistPolicy } from './policy.ts';
import type { GreylistCounters } from './stats.ts';
import { learnt, undecided, type Verdict } from './verdict.ts';

/** A policy, and the decider that follows it. */
export interface Deciding {
  readonly policy: GreylistPolicy;
  readonly decider: Decider;
}

export interface AnswersOptions {
  /** The greylist that answers. */
  readonly greylist: object;
  readonly counters: GreylistCounters;
  /** Rejects if the store takes too long. */
  readonly inTime: <T>(promise: Promise<T>) => Promise<T>;
  /** Called with the reason why `policy.onError` answers. */
  readonly onUndecided: (error: unknown) => void;
}

/**
 * Answers attempts. Each answer takes a bounded time, and a bounded number of bytes waits for the store. If nothing
 * else decides, `policy.onError` does.
 */
export class Answers {
  readonly #o: AnswersOptions;
  readonly #inFlight = new InFlight();

  constructor(options: AnswersOptions) {
    this.#o = options;
  }

  /** Never rejects. */
  async to(question: Question, deciding: Deciding): Promise<Verdict> {
    const { attempt } = question;
    if (!this.#inFlight.hasRoom(attempt)) return this.#answered(question, this.#failed(TOO_MANY, deciding), deciding);
    const decided = this.#decide(question, deciding);
    if (!(decided instanceof Promise)) return this.#answered(question, decided, deciding);
    const waiting = this.#inFlight.begin(attempt);
    // The store may still work on it after the timeout. Until then it counts as waiting.
    const done = () => this.#inFlight.done(waiting);
    decided.then(done, done);
    const failed = (error: unknown) => this.#failed(error, deciding);
    return this.#answered(question, await this.#o.inTime(decided).catch(failed), deciding);
  }

  /** Returns no promise if the store answers without one: a promise would take half the time of a check. */
  #decide(question: Question, deciding: Deciding): Awaitable<Verdict> {
    try {
      return deciding.decider.decide(question);
    } catch (error) {
      return this.#failed(error, deciding);
    }
  }

  #failed(error: unknown, { policy }: Deciding): Verdict {
    this.#o.onUndecided(error);
    return undecided(policy.onError, error instanceof Error ? error : new Error(String(error)));
  }

  /** Counts the decision, applies the mode, and publishes the verdict if the diagnostics channel has subscribers. */
  #answered({ attempt }: Question, decided: Verdict, { policy }: Deciding): Verdict {
    const { counters, greylist } = this.#o;
    if (decided.reason !== 'learn') counters.verdicts[decided.reason]++;
    const verdict = policy.mode === 'learn' ? learnt(decided) : decided;
    if (CHANNELS.verdict.hasSubscribers) CHANNELS.verdict.publish({ greylist, attempt, verdict });
    return verdict;
  }
}
