import { sleep, type TimedClock, within } from '../clock.ts';
import type { RoundReport } from './asking.ts';
import { ExchangeError } from './messages.ts';
import type { Session } from './session.ts';

/** How long a round may take, seconds. The next goes on where it ended: what has come is not asked for again. */
const ROUND = 600;

/** How long the next peer waits for a round, seconds. One that takes longer goes on beside it. */
const TURN = 60;

/**
 * Asks peers for what differs, one after the other: what one has sent need not be asked of the next. One that takes its time
 * holds up the others for a while only.
 */
export class Rounds {
  readonly #clock: TimedClock;
  readonly #onEnd: (session: Session, report: RoundReport) => void;
  readonly #onFailed: (session: Session, error: unknown) => void;
  readonly #due = new Set<Session>();
  readonly #asked = new Map<Session, Promise<void>>();
  #asking: Promise<void> | undefined;

  constructor(
    clock: TimedClock,
    onEnd: (session: Session, report: RoundReport) => void,
    onFailed: (session: Session, error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#onFailed = onFailed;
  }

  /** Asks it when its turn has come, unless it waits for that already or is being asked. */
  add(session: Session): void {
    if (this.#asked.has(session)) return;
    this.#due.add(session);
    this.#asking ??= this.#askAll();
  }

  /** Without a turn for it. */
  delete(session: Session): void {
    this.#due.delete(session);
  }

  /** Resolves when nobody is asked. */
  async end(): Promise<void> {
    this.#due.clear();
    await Promise.all(this.#asked.values());
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    // Also those that are added meanwhile.
    for (const session of this.#due) {
      this.#due.delete(session);
      const round = this.#ask(session).finally(() => this.#asked.delete(session));
      this.#asked.set(session, round);
      const over = new AbortController();
      await Promise.race([round, sleep(this.#clock, TURN, over.signal)]);
      over.abort();
    }
    // In the same turn as the loop ends: whoever is added later begins another.
    this.#asking = undefined;
  }

  async #ask(session: Session): Promise<void> {
    try {
      const late = () => new ExchangeError(`a round of more than ${ROUND} s`);
      this.#onEnd(session, await within(this.#clock, session.round(), ROUND, late));
    } catch (error) {
      this.#onFailed(session, error);
    }
  }
}
