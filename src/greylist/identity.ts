import { canonicalMailbox } from '../rules/key.ts';

/** Octets of the longest domain, RFC 5321 section 4.5.3.1.2. */
const MAX_NAME = 255;

/**
 * The form in which a name that stands for an address is part of a key. It is the form of mail addresses (ASCII letters
 * in lower case, controls as `?`), with `|` as `?` too, so that the name is one field of a line of spamdb(8).
 *
 * @returns `undefined` for an empty name and for more than 255 octets: if names were cut, two clients could be one.
 */
export function identityOf(name: string): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  const identity = canonicalMailbox(name).replaceAll('|', '?');
  return identity === '' || Buffer.byteLength(identity) > MAX_NAME ? undefined : identity;
}
