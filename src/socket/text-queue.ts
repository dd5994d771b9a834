/** So much may wait in a queue, bytes of UTF-8: all of it has to fit into one message. */
const MAX_BYTES = 2 ** 19;

/** Texts that wait for a reader, bounded: what finds no room is counted, and the reader is told. */
export class TextQueue {
  readonly #ended: AbortSignal;
  #texts: string[] = [];
  #bytes = 0;
  #missed = 0;
  #wake: () => void = () => {};

  /** @param ended Lets the reader have what waits, then nothing more. */
  constructor(ended: AbortSignal) {
    this.#ended = ended;
    ended.addEventListener('abort', () => this.#wake(), { once: true });
  }

  push(text: string): void {
    const bytes = this.#bytes + Buffer.byteLength(text);
    // What comes after a gap must not stand before the word of it.
    if (this.#missed > 0 || bytes > MAX_BYTES) this.#missed++;
    else {
      this.#texts.push(text);
      this.#bytes = bytes;
    }
    this.#wake();
  }

  /** What waits, once there is anything, and how many were missed after it; neither when the queue has ended. */
  async take(): Promise<{ readonly texts: string[]; readonly missed: number }> {
    if (this.#texts.length === 0 && this.#missed === 0 && !this.#ended.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = { texts: this.#texts, missed: this.#missed };
    this.#texts = [];
    this.#bytes = 0;
    this.#missed = 0;
    return taken;
  }
}
