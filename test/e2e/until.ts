/** How long to wait for what a program does, milliseconds. */
const PATIENCE_MS = 60_000;

/** @throws {Error} With the words, when it does not become true in a minute. */
export async function until(condition: () => boolean, words: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(words());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
