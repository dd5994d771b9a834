import { canonicalMailbox } from '../rules/key.ts';

/** Octets of the longest domain, RFC 5321 section 4.5.3.1.2. */
const MAX_NAME = 255;

/**
 * A name that stands for an address, as it becomes part of a key: as mail addresses are kept (ASCII letters in lower
 * case, controls as `?`), and `|` as `?` too, so that it is one field of a line of spamdb(8).
 *
 * @returns `undefined` for nothing, and for more than 255 octets: cut, two clients could be one.
 */
export function identityOf(name: string): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  const identity = canonicalMailbox(name).replaceAll('|', '?');
  return identity === '' || Buffer.byteLength(identity) > MAX_NAME ? undefined : identity;
}
