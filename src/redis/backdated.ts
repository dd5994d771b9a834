import { sleep, type TimedClock } from '../clock.ts';
import type { Queue } from './queue.ts';
import { trouble } from './trouble.ts';

/** How often it is looked whether the queue holds little, seconds. */
const POLL = 0.5;
/** How much may wait in this process, bytes. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * Backdated announcements, which wait until the queue holds little. After a long stop there may be many of them, and a
 * greylist announces the next only when those before are on their way: queued at once, they would force live ones out.
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
   * Queues a text of {@link Queue.textOf} when those before it are queued and the queue holds little.
   *
   * @throws {SpamdSyncError} `ERR_SPAMD_STORE` where Redis has trouble, or more than 16 MiB would wait.
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

  /** From now on nothing waits. */
  end(): void {
    this.#ended.abort();
  }

  async #add(text: string): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted && !(await this.#queue.holdsLittle())) await sleep(this.#clock, POLL, signal);
    await this.#queue.add(text);
  }
}
