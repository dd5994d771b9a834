/** What a call throws, at once or later; also once what it returns is read, where that is done bit by bit. */
export async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (isAsyncIterable(result)) for await (const item of result) void item;
  } catch (error) {
    return error;
  }
  throw new Error('it was taken');
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
