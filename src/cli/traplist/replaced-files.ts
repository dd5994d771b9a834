import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Interrupt } from '../terminal/interrupt.ts';

/** So many characters are written at once: a line each would be a system call each. */
const PIECE = 2 ** 16;

/** Files that are replaced together: nobody reads half of one, and where anything fails each stays as it was. */
export class ReplacedFiles implements AsyncDisposable {
  readonly #drafts = new Map<string, string>();
  /** A signal that ended the process at once would leave a draft behind. */
  readonly #interrupt = new Interrupt(['SIGINT', 'SIGTERM', 'SIGHUP']);

  /**
   * Writes what a file is to hold, beside it.
   *
   * @param parts Of its text.
   * @throws {Error} Where a file cannot be there, naming it; and after SIGINT, SIGTERM or SIGHUP.
   */
  async draft(file: string, parts: Iterable<string>): Promise<void> {
    await checkIsReplaceable(file);
    // In the same directory: a rename works within one file system only.
    const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
    try {
      // Not what is there under that name: in a directory of several users it may be a link of somebody else's.
      await rm(draft, { force: true });
      this.#drafts.set(file, draft);
      await writeFile(draft, inPieces(parts), { mode: 0o644, flag: 'wx', flush: true, signal: this.#interrupt.signal });
    } catch (error) {
      this.#checkInterrupt();
      throw named(error, file);
    }
  }

  /**
   * Has each take its place, in the order in which they were written.
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

/** A rename would put a file in the place of a device, such as /dev/null, for the whole host. */
async function checkIsReplaceable(file: string): Promise<void> {
  if (file === '') throw new Error('"": not the name of a file');
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isDirectory()) throw new Error(`${file}: is a directory`);
  if (stats !== undefined && !stats.isFile()) throw new Error(`${file}: is not a file, and cannot be replaced by one`);
}

/** The operator named the file, not the draft of it. */
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
