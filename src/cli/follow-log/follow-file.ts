import { type FileHandle, open, stat } from 'node:fs/promises';
import { sleep, type TimedClock } from '../../clock.ts';

/** How often a file is looked at, seconds. */
const INTERVAL = 1;
const CHUNK = 65_536;

/**
 * The bytes that are appended to a file from now on, as `tail -F` gives them. Goes on with the file that takes its
 * place, and begins again at the start when the file is cut.
 *
 * @param signal Ends the following.
 * @throws {Error} For a path that is not a file. The error names the path.
 */
export async function* followFile(path: string, clock: TimedClock, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  let file = await open(path);
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new Error(`${path}: not a file; without one, stdin is read`);
    let { size: position, ino } = about;
    while (!signal.aborted) {
      if ((await file.stat()).size < position) position = 0;
      for await (const chunk of restOf(file, position)) {
        position += chunk.length;
        yield chunk;
      }
      const next = await successor(path, ino);
      if (next === undefined) await sleep(clock, INTERVAL, signal);
      else {
        // The end of the renamed file may have been written since it was read.
        yield* restOf(file, position);
        await file.close();
        file = next;
        ino = (await next.stat()).ino;
        position = 0;
      }
    }
  } finally {
    await file.close();
  }
}

/** The file that has taken the place of another at its path. */
async function successor(path: string, ino: number): Promise<FileHandle | undefined> {
  // Between two files there may be none.
  const there = await stat(path).catch(() => undefined);
  return there === undefined || there.ino === ino ? undefined : open(path).catch(() => undefined);
}

async function* restOf(file: FileHandle, from: number): AsyncGenerator<Buffer, void> {
  for (let position = from; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
