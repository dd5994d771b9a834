import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

type Text = string | Iterable<string> | AsyncIterable<string>;

/** Files that are replaced together: nobody reads half of one, and where anything fails each stays as it was. */
export class ReplacedFiles implements AsyncDisposable {
  readonly #drafts = new Map<string, string>();

  /** Writes what a file is to hold, beside it. */
  async draft(file: string, text: Text): Promise<void> {
    // In the same directory: a rename works within one file system only.
    const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
    this.#drafts.set(file, draft);
    await writeFile(draft, text, { mode: 0o644, flush: true });
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
