import { canonicalMailbox } from '../../store/index.ts';
import { linesOf } from '../options/arguments.ts';

/** The addresses that exist. */
export class Mailboxes {
  readonly #known: ReadonlySet<string>;

  private constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /**
   * @param path A file with an address a line; `#` starts a comment.
   * @throws {Error} For one that names nobody: more likely what makes it failed.
   */
  static async from(path: string): Promise<Mailboxes> {
    const known = new Set((await linesOf(path)).map(canonicalMailbox));
    if (known.size === 0) throw new Error(`${path}: names no user`);
    return new Mailboxes(known);
  }

  /**
   * A user also has the addresses with a detail behind a plus sign.
   *
   * @param address Canonical.
   */
  has(address: string): boolean {
    return this.#known.has(address) || this.#known.has(address.replace(/\+[^@]*@/, '@'));
  }
}
