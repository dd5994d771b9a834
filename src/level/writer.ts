import type { TimedClock, Timer } from '../clock.ts';
import type { Operation } from './database.ts';

/** Where changes come from. */
export interface Source {
  /** What has changed since the last call. */
  begin(): Operation[];
  /** Says whether that was written. If not, the next `begin` has to return it again. */
  end(written: boolean): void;
}

export interface WriterOptions {
  readonly sources: readonly Source[];
  /** Writes all operations or none. They are on the disk when the promise resolves. */
  readonly write: (operations: Operation[]) => Promise<void>;
  /** Called before the next try after a write that failed. */
  readonly recover: () => Promise<void>;
  readonly clock: TimedClock;
  /** How much may be lost; `undefined` for nothing. */
  readonly maxLossMs: number | undefined;
}

/** How many bytes of changes may wait in memory. Further changes wait for the disk. */
const MAX_PENDING = 16 * 2 ** 20;
/** How long after a failed write the next one is tried, seconds. */
const RETRY_AFTER = 1;

interface Failure {
  readonly error: unknown;
}

/** The callers that wait for one write. */
class Waiting {
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  readonly promise: Promise<void>;

  constructor() {
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    this.promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle as NonNullable<typeof settle>;
    // A write may fail without any caller that waits for it.
    this.promise.catch(() => {});
  }

  end(error?: unknown): void {
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}

/**
 * The one way to the disk. There is one write at a time, and everything that has changed meanwhile goes into the next.
 * If a loss is allowed, a write begins after half of `maxLossMs` at the latest. If the write before is not done by
 * then, no caller is answered before the disk has caught up. So what was answered and is not yet written was answered
 * within `maxLossMs`.
 */
export class Writer {
  readonly #o: WriterOptions;
  readonly #delay: number | undefined;
  #pending = 0;
  #running: Promise<void> | undefined;
  #current: Waiting | undefined;
  #next: Waiting | undefined;
  #timer: Timer | undefined;
  #pause: Timer | undefined;
  #late = false;
  #failure: Failure | undefined;
  #isClosed = false;

  constructor(options: WriterOptions) {
    this.#o = options;
    this.#delay = options.maxLossMs === undefined ? undefined : options.maxLossMs / 2000;
  }

  /** Whether nothing more may be changed before `commit` has resolved. */
  get full(): boolean {
    return this.#pending >= MAX_PENDING;
  }

  /** Whether an answer has to wait for `commit`. */
  get mustWait(): boolean {
    if (this.#delay === undefined) return this.#pending > 0 || this.#running !== undefined;
    return this.#late || this.#failure !== undefined;
  }

  /** Whether `close` was called: what changes from then on is not written. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes note of a change of about this size that is to be written. */
  changed(bytes: number): void {
    if (this.#isClosed) return;
    this.#pending += bytes;
    if (this.#delay === undefined) return;
    if (this.full) this.#start();
    else this.#timer ??= this.#o.clock.setTimer(this.#delay, () => this.#due());
  }

  /** Resolves when all that has changed so far is on the disk; rejects when it could not be written. */
  commit(): Promise<void> {
    if (this.#pause !== undefined) return Promise.reject(this.#failure?.error);
    if (this.#pending === 0) return this.#current?.promise ?? Promise.resolve();
    this.#next ??= new Waiting();
    this.#start();
    return this.#next?.promise ?? this.#current?.promise ?? Promise.resolve();
  }

  /** Writes what is left. This is the last try, even if the write before failed a moment ago. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause();
    try {
      await this.#running;
      await this.commit();
    } finally {
      this.#timer?.cancel();
      this.#endPause();
    }
  }

  #endPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }

  #due(): void {
    this.#timer = undefined;
    if (this.#running === undefined) this.#start();
    else this.#late = true;
  }

  #start(): void {
    if (this.#pause !== undefined) return;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Changes made in this turn of the event loop are part of the same write.
    await undefined;
    do {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#late = false;
      const lasting = await this.#recover();
      // Not before the recovery: callers that come during it share the same write.
      this.#current = this.#next ?? new Waiting();
      this.#next = undefined;
      const failure = lasting ?? (await this.#write());
      this.#current.end(failure?.error);
      this.#current = undefined;
      this.#failure = failure;
      if (failure !== undefined) this.#failed(failure.error);
    } while (this.#failure === undefined && this.#pending > 0 && (this.#next !== undefined || this.#late || this.full));
    this.#late = false;
    // Cleared at once: callers that were just answered may make more changes before code that awaits this goes on.
    this.#running = undefined;
  }

  async #recover(): Promise<Failure | undefined> {
    if (this.#failure === undefined) return undefined;
    try {
      await this.#o.recover();
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  async #write(): Promise<Failure | undefined> {
    const bytes = this.#pending;
    this.#pending = 0;
    try {
      await this.#o.write(this.#o.sources.flatMap((source) => source.begin()));
    } catch (error) {
      this.#end(false);
      this.#pending += bytes;
      return { error };
    }
    this.#end(true);
    return undefined;
  }

  #end(written: boolean): void {
    for (const source of this.#o.sources) source.end(written);
  }

  #failed(error: unknown): void {
    this.#next?.end(error);
    this.#next = undefined;
    this.#pause = this.#o.clock.setTimer(
      RETRY_AFTER,
      () => {
        this.#pause = undefined;
        this.#start();
      },
      { unref: true },
    );
  }
}
