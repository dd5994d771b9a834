import { canonicalMailbox } from '../rules/key.ts';

/**
 * A list of mail addresses: `postmaster@example.net` is that one, `@example.net` any of that domain, `postmaster`
 * that local part at any domain. Letters A to Z count in either case, as spamtraps are compared.
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
