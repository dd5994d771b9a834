import { isU32 } from '../address.ts';
import { EntryError } from '../errors.ts';
import { canonicalAddress, canonicalMailbox } from '../rules/canonical.ts';
import { isObject } from '../validate.ts';

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
  if (address === undefined) throw new EntryError('ip', ip, undefined, 'is not an IP address');
  return address;
}

export function checkedExpires(expires: number, now: number): number {
  if (!isU32(expires)) throw new EntryError('expires', expires, undefined, 'is not whole Unix seconds, 0..4294967295');
  if (expires <= now) throw new EntryError('expires', expires, undefined, 'is over already');
  return expires;
}

/** @returns The address as spamtraps are kept. */
export function checkedSpamtrap(address: string): string {
  const mailbox = checkedMailbox(address);
  if (mailbox === '') throw notMail(address);
  return mailbox;
}

/** @returns The same of what is only looked for, and so may be any text. */
export function checkedMailbox(address: string): string {
  if (typeof address !== 'string') throw notMail(address);
  return canonicalMailbox(address);
}

function notMail(address: unknown): EntryError {
  return new EntryError('address', address, undefined, 'is not a mail address');
}

/**
 * Refuses what only a mistake in the calling program can produce.
 *
 * @returns The attempt's address, canonical.
 * @throws {EntryError} `ERR_SPAMD_FIELD`
 */
export function checkedAttempt(attempt: Attempt): string {
  checkIsAttempt(attempt);
  const { helo, from, to, connectedTo } = attempt;
  if (typeof helo !== 'string') throw notText('helo', helo);
  if (typeof from !== 'string') throw notText('from', from);
  if (typeof to !== 'string') throw notText('to', to);
  if (connectedTo !== undefined && typeof connectedTo !== 'string') throw notText('connectedTo', connectedTo);
  return checkedAddress(attempt.ip);
}

/** @throws {EntryError} `ERR_SPAMD_FIELD` for what has no members at all. */
export function checkIsAttempt(attempt: Attempt): void {
  if (isObject(attempt)) return;
  throw new EntryError('attempt', attempt, undefined, 'is not an object with ip, helo, from, to');
}

function notText(field: string, value: unknown): EntryError {
  return new EntryError(field, value, undefined, 'is not a string');
}
