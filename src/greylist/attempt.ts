import { isU32 } from '../address.ts';
import { EntryError } from '../errors.ts';
import { canonicalAddress, canonicalMailbox } from './canonical.ts';

/** An attempt to deliver, as the mail program saw it. */
export interface Attempt {
  /** The client's address, IPv4 or IPv6. */
  readonly ip: string;
  /** The argument of HELO or EHLO. */
  readonly helo: string;
  /** The envelope sender, with or without its brackets; `<>` or nothing for the null sender. */
  readonly from: string;
  /** The envelope recipient, with or without its brackets. */
  readonly to: string;
  /** The local address that the client connected to; needed for `lowPriorityMx`. */
  readonly connectedTo?: string;
}

export function checkedAddress(ip: string): string {
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined;
  if (address === undefined) throw new EntryError('ip', ip, 0, 'is not an IP address');
  return address;
}

export function checkedExpires(expires: number, now: number): number {
  if (!isU32(expires)) throw new EntryError('expires', expires, 0, 'is not whole Unix seconds, 0..4294967295');
  if (expires <= now) throw new EntryError('expires', expires, 0, 'is over already');
  return expires;
}

/** @returns The address as spamtraps are kept. */
export function checkedSpamtrap(address: string): string {
  const mailbox = typeof address === 'string' ? canonicalMailbox(address) : '';
  if (mailbox === '') throw new EntryError('address', address, 0, 'is not a mail address');
  return mailbox;
}

/**
 * Refuses what only a mistake in the calling program can produce.
 *
 * @returns The attempt's address, canonical.
 * @throws {EntryError} `ERR_SPAMD_FIELD`
 */
export function checkedAttempt(attempt: Attempt): string {
  const { helo, from, to } = attempt;
  if (typeof helo !== 'string') throw new EntryError('helo', helo, 0, 'is not a string');
  if (typeof from !== 'string') throw new EntryError('from', from, 0, 'is not a string');
  if (typeof to !== 'string') throw new EntryError('to', to, 0, 'is not a string');
  return checkedAddress(attempt.ip);
}
