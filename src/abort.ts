/**
 * The items of a source, until a signal is aborted.
 *
 * @throws The signal's reason, even while the source has not given its next item.
 */
export async function* untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  signal?.throwIfAborted();
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let ended = false;
  try {
    for (;;) {
      const { value, done } = await orAborted(iterator.next(), signal);
      ended = done === true;
      if (ended) return;
      yield value;
    }
  } finally {
    // After an abort nothing waits for the source to return: a source that is stuck would never answer.
    const returned = ended ? undefined : Promise.resolve(iterator.return?.());
    if (!signal.aborted) await returned;
    else returned?.catch(() => {});
  }
}

/**
 * Settles as the promise does, unless a signal is aborted first. The work behind the promise goes on after the abort.
 *
 * @throws The signal's reason.
 */
export function orAborted<T>(pending: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(pending)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
