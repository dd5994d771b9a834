import type { Entry, Source } from '../entry.ts';
import { checkMembers, checkSignal } from '../validate.ts';

/** An entry as `received()` hands it out. */
export interface Received {
  /** The entry that the group announced. */
  readonly entry: Entry;
  /** The host that announced it. */
  readonly source: Source;
}

/** How many entries may wait for a slow reader. */
const MAX_WAITING = 16_384;

interface Reader {
  readonly resolve: (result: IteratorResult<Received>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Options of `received()`. */
export interface ReceivedOptions {
  /** When aborted, it ends the iteration, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` */
export function checkReceivedOptions(options: ReceivedOptions): void {
  checkMembers('options', options, { signal: true });
  checkSignal(options.signal);
}

/**
 * A bounded queue between the peer and one reader, which may fall behind. An entry that it has no room for is refused.
 */
export class ReceivedQueue implements AsyncIterableIterator<Received> {
  readonly #waiting: Received[] = [];
  #readers: Reader[] = [];
  readonly #onEnd: (queue: ReceivedQueue) => void;
  readonly #signal: AbortSignal | undefined;
  #ended = false;
  #first = 0;

  constructor(onEnd: (queue: ReceivedQueue) => void, signal?: AbortSignal) {
    this.#onEnd = onEnd;
    this.#signal = signal;
    if (signal?.aborted) this.#ended = true;
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @returns Whether there was room. */
  push(received: Received): boolean {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.resolve({ value: received, done: false });
    else if (this.#waiting.length - this.#first >= MAX_WAITING) return false;
    else this.#waiting.push(received);
    return true;
  }

  /** Gives the reader the entries that are waiting, then nothing more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#onEnd(this);
    for (const reader of this.#takeReaders()) reader.resolve({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Received>> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason);
    const value = this.#shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Received>> {
    this.#waiting.length = 0;
    this.#first = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Takes the first of the waiting entries. The array is shifted only now and then: each shift moves everything behind
   * it.
   */
  #shift(): Received | undefined {
    const value = this.#waiting[this.#first];
    if (value === undefined) return undefined;
    this.#first++;
    if (this.#first * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
    return value;
  }

  readonly #abort = (): void => {
    const readers = this.#takeReaders();
    this.end();
    for (const reader of readers) reader.reject(this.#signal?.reason);
  };

  #takeReaders(): Reader[] {
    const readers = this.#readers;
    this.#readers = [];
    return readers;
  }
}
