/** How long what should happen may take, milliseconds. */
const PATIENCE_MS = 15_000;

/** Asks again and again until there is an answer; `undefined` where there is none in a quarter of a minute. */
export async function soon<T>(ask: () => T | undefined): Promise<T | undefined> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}
