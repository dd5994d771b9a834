/** Runs a task again and again, one at a time, without keeping the process alive. */
export class Sweeper {
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;

  /** @param task Must not reject. */
  constructor(intervalSeconds: number, task: () => Promise<void>) {
    this.#timer = setInterval(() => {
      // One that takes longer than the interval is not overtaken by the next.
      this.#running ??= task().finally(() => {
        this.#running = undefined;
      });
    }, intervalSeconds * 1000).unref();
  }

  /** Resolves when none is running any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}

/**
 * What a promise comes to, if it does in time.
 *
 * @throws {Error} When it does not.
 */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the store in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
