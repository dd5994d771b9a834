import { sleep, type TimedClock, within } from '../clock.ts';
import type { RoundReport } from './asking.ts';
import { ExchangeError } from './messages.ts';
import type { Session } from './session.ts';

/** How long a round may take, seconds. The next round does not ask again for the records that have come. */
const ROUND = 600;

/** How long the next peer waits for a round to end, seconds. A round that takes longer goes on beside the next one. */
const TURN = 60;

/**
 * Asks peers for what differs, one after the other, so that the next peer need not send what another has sent. A slow
 * peer holds up the others for a limited time.
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

  /** Asks a peer when its turn comes, unless it already waits for its turn or is being asked. */
  add(session: Session): void {
    if (this.#asked.has(session)) return;
    this.#due.add(session);
    this.#asking ??= this.#askAll();
  }

  /** Cancels the turn of a peer that waits for it. */
  delete(session: Session): void {
    this.#due.delete(session);
  }

  /** Cancels all turns. Resolves when no peer is being asked. */
  async end(): Promise<void> {
    this.#due.clear();
    await Promise.all(this.#asked.values());
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    // The loop includes sessions that are added meanwhile.
    for (const session of this.#due) {
      this.#due.delete(session);
      const round = this.#ask(session).finally(() => this.#asked.delete(session));
      this.#asked.set(session, round);
      const over = new AbortController();
      await Promise.race([round, sleep(this.#clock, TURN, over.signal)]);
      over.abort();
    }
    // This runs in the turn of the event loop in which the loop above ends: a session that is added later begins a new
    // one.
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
