import { systemClock } from '../../clock.ts';
import type { Drop, Entry, Source, SyncPeer } from '../../index.ts';
import type { PeerEvent } from '../../socket/index.ts';

/** How many events may wait for a slow terminal. Each has at most the content of a datagram. */
const MAX_WAITING = 16_384;

/**
 * The events of a peer of this process, until the signal is aborted. Events without room are counted, and an event says
 * so.
 */
export class LocalEvents implements AsyncIterable<PeerEvent> {
  readonly #signal: AbortSignal;
  #waiting: PeerEvent[] = [];
  #missed = 0;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(peer: SyncPeer, signal: AbortSignal) {
    this.#signal = signal;
    const time = (): number => systemClock.now();
    peer.on('entry', (entry: Entry, source: Source) => this.#push({ event: 'received', time: time(), entry, source }));
    peer.on('drop', (drop: Drop) => this.#push({ event: 'dropped', time: time(), drop }));
    peer.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PeerEvent, void> {
    while (!this.#signal.aborted) {
      if (this.#waiting.length === 0) {
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const taken = this.#waiting;
      const count = this.#missed;
      this.#waiting = [];
      this.#missed = 0;
      yield* taken;
      if (count > 0) yield { event: 'missed', time: systemClock.now(), count };
    }
  }

  #push(event: PeerEvent): void {
    if (this.#waiting.length >= MAX_WAITING) this.#missed++;
    else this.#waiting.push(event);
    this.#wake();
  }
}
