import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Interrupt } from '../terminal/interrupt.ts';

/** How many characters are written at once. A write for each line would be a system call for each line. */
const PIECE = 2 ** 16;

/** Files that are replaced together. No reader gets half a file. If anything fails, each file stays as it was. */
export class ReplacedFiles implements AsyncDisposable {
  readonly #drafts = new Map<string, string>();
  /** Catches signals: one that ended the process at once would leave a draft behind. */
  readonly #interrupt = new Interrupt(['SIGINT', 'SIGTERM', 'SIGHUP']);

  /**
   * Writes the draft of a file beside it.
   *
   * @param parts The parts of its text.
   * @throws {Error} If the file cannot be written; the error names it. Also after SIGINT, SIGTERM or SIGHUP.
   */
  async draft(file: string, parts: Iterable<string>): Promise<void> {
    await checkIsReplaceable(file);
    // The draft is in the same directory, because a rename works within one file system only.
    const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
    try {
      // A file that has this name is removed, not written to: in a shared directory it may be a link of another user.
      await rm(draft, { force: true });
      this.#drafts.set(file, draft);
      await writeFile(draft, inPieces(parts), { mode: 0o644, flag: 'wx', flush: true, signal: this.#interrupt.signal });
    } catch (error) {
      this.#checkInterrupt();
      throw named(error, file);
    }
  }

  /**
   * Puts each draft in the place of its file, in the order in which they were written.
   *
   * @throws {Error} After SIGINT, SIGTERM or SIGHUP.
   */
  async replace(): Promise<void> {
    this.#checkInterrupt();
    for (const [file, draft] of this.#drafts) {
      await rename(draft, file);
      this.#drafts.delete(file);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const draft of this.#drafts.values()) await rm(draft, { force: true });
    this.#interrupt[Symbol.dispose]();
  }

  #checkInterrupt(): void {
    const { aborted, reason } = this.#interrupt.signal;
    if (aborted) throw new Error(`interrupted by ${reason.message}: every file stays as it is`);
  }
}

/**
 * Refuses paths that are not files. A rename would replace a device such as /dev/null by a file, for the whole host.
 */
async function checkIsReplaceable(file: string): Promise<void> {
  if (file === '') throw new Error('"": not the name of a file');
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isDirectory()) throw new Error(`${file}: is a directory`);
  if (stats !== undefined && !stats.isFile()) throw new Error(`${file}: is not a file, and cannot be replaced by one`);
}

/** The error, with the path of the file that the operator named instead of that of the draft. */
function named(error: unknown, file: string): unknown {
  return error instanceof Error ? Object.assign(error, { path: file }) : error;
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
