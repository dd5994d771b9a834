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
   * @throws {Error} For a file without addresses. Most likely the program that makes it failed.
   */
  static async from(path: string): Promise<Mailboxes> {
    const known = new Set((await linesOf(path)).map(canonicalMailbox));
    if (known.size === 0) throw new Error(`${path}: names no user`);
    return new Mailboxes(known);
  }

  /**
   * Whether an address exists. A user also has the addresses with a detail after a plus sign.
   *
   * @param address An address in canonical form.
   */
  has(address: string): boolean {
    return this.#known.has(address) || this.#known.has(address.replace(/\+[^@]*@/, '@'));
  }
}
