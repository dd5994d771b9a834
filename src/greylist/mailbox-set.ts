import { canonicalMailbox } from '../rules/key.ts';

/**
 * A list of mail addresses: `postmaster@example.net` is that address, `@example.net` any address of that domain, and
 * `postmaster` that local part at any domain. The case of letters A to Z does not matter, as with spamtraps.
 */
export class MailboxSet {
  readonly #all: ReadonlySet<string>;

  constructor(mailboxes: readonly string[]) {
    this.#all = new Set(mailboxes.map(canonicalMailbox));
  }

  has(address: string): boolean {
    if (this.#all.size === 0) return false;
    const mailbox = canonicalMailbox(address);
    if (this.#all.has(mailbox)) return true;
    const at = mailbox.lastIndexOf('@');
    return at >= 0 && (this.#all.has(mailbox.slice(at)) || this.#all.has(mailbox.slice(0, at)));
  }
}
