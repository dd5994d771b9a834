import { sleep, type TimedClock } from '../clock.ts';
import type { Queue } from './queue.ts';
import { trouble } from './trouble.ts';

/** How often to check whether the queue holds little, seconds. */
const POLL = 0.5;
/** How much may wait in this process, bytes. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * Backdated announcements, which wait until the queue holds little. After a long stop there may be many of them: if
 * they were queued at once, they would force live announcements out. A greylist announces the next ones only when those
 * before are on their way.
 */
export class Backdated {
  readonly #queue: Queue;
  readonly #clock: TimedClock;
  readonly #ended = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #bytes = 0;

  constructor(queue: Queue, clock: TimedClock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /**
   * Queues a text of {@link Queue.textOf} when the texts before it are queued and the queue holds little.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` if Redis has trouble, or more than 16 MiB would wait.
   */
  async add(text: string): Promise<void> {
    const bytes = 2 * text.length;
    if (this.#bytes > 0 && this.#bytes + bytes > MAX_BYTES) {
      throw trouble(`it does not keep up: ${this.#bytes} bytes of backdated announcements wait already`);
    }
    this.#bytes += bytes;
    const added = this.#last.then(() => this.#add(text));
    this.#last = added.catch(() => {});
    try {
      await added;
    } finally {
      this.#bytes -= bytes;
    }
  }

  /** From now on no text waits: all are queued at once. */
  end(): void {
    this.#ended.abort();
  }

  async #add(text: string): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted && !(await this.#queue.holdsLittle())) await sleep(this.#clock, POLL, signal);
    await this.#queue.add(text);
  }
}
