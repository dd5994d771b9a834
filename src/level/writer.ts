import type { TimedClock, Timer } from '../clock.ts';
import type { Operation } from './database.ts';

/** Where changes come from. */
export interface Source {
  /** What has changed since it was last asked. */
  begin(): Operation[];
  /** What became of that: where it could not be written, it has to be handed out again. */
  end(written: boolean): void;
}

export interface WriterOptions {
  readonly sources: readonly Source[];
  /** All or nothing, and on the disk when it is done. */
  readonly write: (operations: Operation[]) => Promise<void>;
  /** Called before the next try after a write that failed. */
  readonly recover: () => Promise<void>;
  readonly clock: TimedClock;
  /** How much may be lost; `undefined` for nothing. */
  readonly maxLossMs: number | undefined;
}

/** As many bytes of changes wait in memory; whoever comes then waits for the disk. */
const MAX_PENDING = 16 * 2 ** 20;
/** How long after a write that failed the next one is tried, seconds. */
const RETRY_AFTER = 1;

interface Failure {
  readonly error: unknown;
}

/** Those who wait for one write. */
class Waiting {
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  readonly promise: Promise<void>;

  constructor() {
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    this.promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle as NonNullable<typeof settle>;
    // A write that failed need not have anybody who waited for it.
    this.promise.catch(() => {});
  }

  end(error?: unknown): void {
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}

/**
 * The one way to the disk: one write at a time, and everything that has changed meanwhile goes into the next. With a
 * loss allowed, a write begins after half of it at the latest; should the one before not be done by then, nobody is
 * answered before the disk has caught up. So what is answered and not yet written was answered within `maxLossMs`.
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

  /** Something more is to be written, of about this size. */
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

  /** Writes what is left. The last try, also where the one before failed a moment ago. */
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
    // Whoever changes something in this turn of the event loop still shares the write.
    await undefined;
    do {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#late = false;
      const lasting = await this.#recover();
      // Not before: who comes while it recovers still shares the write.
      this.#current = this.#next ?? new Waiting();
      this.#next = undefined;
      const failure = lasting ?? (await this.#write());
      this.#current.end(failure?.error);
      this.#current = undefined;
      this.#failure = failure;
      if (failure !== undefined) this.#failed(failure.error);
    } while (this.#failure === undefined && this.#pending > 0 && (this.#next !== undefined || this.#late || this.full));
    this.#late = false;
    // At once: those just answered may be back with more before anything that awaits this goes on.
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
