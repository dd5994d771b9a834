import type { Session } from './session.ts';

/** A connection in use. */
interface Running {
  readonly session: Session;
  /** Whether this end opened it. */
  readonly isOurs: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** The connections in use. Two peers that name each other have one. */
export class Sessions {
  readonly #instance: Uint8Array;
  readonly #running = new Set<Running>();

  /** @param instance By what this end is known. */
  constructor(instance: Uint8Array) {
    this.#instance = instance;
  }

  /** All of them. */
  get all(): readonly Session[] {
    return [...this.#running].map(({ session }) => session);
  }

  /** Those that this end opened. */
  get ours(): readonly Session[] {
    return [...this.#running].filter(({ isOurs }) => isOurs).map(({ session }) => session);
  }

  /**
   * Takes one more, and runs it unless it is not needed: of two with the same peer that each end opened one of, both ends keep that
   * which the one opened whose instance is lower; of two that this end opened it keeps the first. Of two that the other opened, the
   * other ends one.
   *
   * @param run Runs it until it has ended.
   * @returns When it has ended, or that which is kept instead.
   */
  add(session: Session, isOurs: boolean, run: () => Promise<void>): Promise<void> {
    const order = Buffer.compare(this.#instance, session.greeting.instance);
    for (const known of this.#running) {
      if (Buffer.compare(known.session.greeting.instance, session.greeting.instance) !== 0) continue;
      const isKept = known.isOurs === isOurs ? isOurs : known.isOurs === order < 0;
      if (isKept) {
        session.close();
        return known.ended;
      }
      if (known.isOurs !== isOurs) known.session.close();
    }
    const ended = run().finally(() => this.#running.delete(running));
    const running = { session, isOurs, ended };
    this.#running.add(running);
    return ended;
  }
}
