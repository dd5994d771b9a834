import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** So many characters are written at once: a line each would be a system call each. */
const PIECE = 2 ** 16;

/** Files that are replaced together: nobody reads half of one, and where anything fails each stays as it was. */
export class ReplacedFiles implements AsyncDisposable {
  readonly #drafts = new Map<string, string>();

  /**
   * Writes what a file is to hold, beside it.
   *
   * @param parts Of its text.
   * @throws {Error} Where a file cannot be there; it names it.
   */
  async draft(file: string, parts: Iterable<string>): Promise<void> {
    await checkIsReplaceable(file);
    // In the same directory: a rename works within one file system only.
    const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
    this.#drafts.set(file, draft);
    try {
      // Not what is there under that name: in a directory of several users it may be a link of somebody else's.
      await rm(draft, { force: true });
      await writeFile(draft, inPieces(parts), { mode: 0o644, flag: 'wx', flush: true });
    } catch (error) {
      throw named(error, file);
    }
  }

  /** Has each take its place, in the order in which they were written. */
  async replace(): Promise<void> {
    for (const [file, draft] of this.#drafts) {
      await rename(draft, file);
      this.#drafts.delete(file);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const draft of this.#drafts.values()) await rm(draft, { force: true });
  }
}

/** A rename would put a file in the place of a device, such as /dev/null, for the whole host. */
async function checkIsReplaceable(file: string): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isDirectory()) throw new Error(`${file}: is a directory`);
  if (stats !== undefined && !stats.isFile()) throw new Error(`${file}: is not a file, and cannot be replaced by one`);
}

/** The operator named the file, not the draft of it. */
function named(error: unknown, file: string): unknown {
  if (error instanceof Error && 'path' in error) error.path = file;
  return error;
}

function* inPieces(parts: Iterable<string>): Generator<string, void> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
