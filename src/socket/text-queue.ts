/** How many bytes of UTF-8 may wait in a queue. All of them have to fit into one message. */
const MAX_BYTES = 2 ** 19;

/** A bounded queue of texts for a reader. A text that does not fit is counted, and the reader gets the number. */
export class TextQueue {
  readonly #ended: AbortSignal;
  #texts: string[] = [];
  #bytes = 0;
  #missed = 0;
  #wake: () => void = () => {};

  /** @param ended Ends the queue: the reader still gets the texts that wait, and no more. */
  constructor(ended: AbortSignal) {
    this.#ended = ended;
    ended.addEventListener('abort', () => this.#wake(), { once: true });
  }

  push(text: string): void {
    const bytes = this.#bytes + Buffer.byteLength(text);
    // A text that comes after a missed one must not be before the number of missed ones.
    if (this.#missed > 0 || bytes > MAX_BYTES) this.#missed++;
    else {
      this.#texts.push(text);
      this.#bytes = bytes;
    }
    this.#wake();
  }

  /**
   * Resolves to the texts that wait, and how many were missed after them, once there is any. Resolves to none and 0
   * when the queue has ended.
   */
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
