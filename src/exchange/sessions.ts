import type { Session } from './session.ts';

/** A connection in use. */
interface Running {
  readonly session: Session;
  /** Whether this end opened it. */
  readonly isOurs: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** The connections in use. Two peers that name each other keep one. */
export class Sessions {
  readonly #instance: Uint8Array;
  readonly #running = new Set<Running>();

  /** @param instance The bytes that name the process of this end. */
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
   * Adds a session and runs it, unless there is one to the same peer that is kept instead. If each end has opened one,
   * both ends keep the one that the end with the lower instance opened. If this end has opened both, it keeps the
   * first. If the other end has opened both, the other end closes one of them.
   *
   * @param run Runs the session until it has ended.
   * @returns A promise that resolves when the session has ended, or the one that is kept instead.
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
