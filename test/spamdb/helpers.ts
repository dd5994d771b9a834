import { LineError, type ParseOptions, parseSpamdb, type SpamdbRecord, type TextChunks } from 'spamd-sync/spamdb';

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function text(chunks: AsyncIterable<string>): Promise<string> {
  return (await collect(chunks)).join('');
}

/** What can be read of a text, and for each line that cannot, its number and why. */
export async function readLines(
  chunks: TextChunks,
  options: Omit<ParseOptions, 'onBadLine'> = {},
): Promise<{ records: SpamdbRecord[]; bad: [number, string][] }> {
  const bad: [number, string][] = [];
  const onBadLine = ({ line, detail }: LineError): void => void bad.push([line, detail]);
  return { records: await collect(parseSpamdb(chunks, { ...options, onBadLine })), bad };
}

/** What is thrown, which must be a `LineError`. */
export async function lineErrorOf(items: AsyncIterable<unknown>): Promise<LineError> {
  try {
    await collect(items);
  } catch (error) {
    if (error instanceof LineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A text cut into pieces of one size. */
export function pieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}
