import { canonicalAddress, isU32 } from '../address.ts';
import { EntryError } from '../errors.ts';
import { canonicalMailbox } from '../rules/key.ts';
import { badOption, checkMembers, isList, isObject } from '../validate.ts';

/** An attempt to deliver, as the mail program saw it. */
export interface Attempt {
  /** The client's address, IPv4 or IPv6. */
  readonly ip: string;
  /** The argument of HELO or EHLO. */
  readonly helo: string;
  /** The envelope sender, with or without its brackets; `<>` or an empty string for the null sender. */
  readonly from: string;
  /** The envelope recipient, with or without its brackets. */
  readonly to: string;
  /** The local address that the client connected to; needed for `lowPriorityMx`. */
  readonly connectedTo?: string | undefined;
}

/** Options of `check`. */
export interface CheckOptions {
  /**
   * Whether only traps decide: mail to a spamtrap and mail from a trapped address are rejected, and anything else
   * passes. Nothing is deferred, and no tuple is recorded. Default `false`.
   */
  readonly trapsOnly?: boolean | undefined;
}

/**
 * @returns Whether only traps decide.
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION`
 */
export function checkedTrapsOnly(options: CheckOptions): boolean {
  checkMembers('options', options, { trapsOnly: true });
  const { trapsOnly = false } = options;
  if (typeof trapsOnly !== 'boolean') throw badOption('trapsOnly', 'not true or false', trapsOnly);
  return trapsOnly;
}

/**
 * An address in canonical form.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not an IP address.
 */
export function checkedAddress(ip: string): string {
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined;
  if (address === undefined) throw new EntryError('ip', ip, undefined, 'is not an IP address');
  return address;
}

/**
 * An expiry that a program gave, as whole Unix seconds.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not a time in the future.
 */
export function checkedExpires(expires: number | Date, now: number): number {
  const seconds = expires instanceof Date ? Math.floor(expires.getTime() / 1000) : expires;
  if (!isU32(seconds)) {
    throw new EntryError('expires', expires, undefined, 'is not a Date or whole Unix seconds, 0..4294967295');
  }
  if (seconds <= now) throw new EntryError('expires', expires, undefined, 'is in the past');
  return seconds;
}

/** A mailbox (RFC 5321) without brackets: a local part, maybe quoted, and a domain or an address literal. */
const MAILBOX =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no mailbox holds.
  /^(?:"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])+"|[^\s"<>()[\]\\,;:@\x00-\x1f\x7f]+)@(?:\[[^\s[\]<>@\x00-\x1f\x7f]+\]|[^\s"<>()[\]\\,;:@\x00-\x1f\x7f]+)$/;

/**
 * A spamtrap in the form that it is kept in.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not a mail address: no recipient would ever equal it.
 */
export function checkedSpamtrap(address: string): string {
  const bare = typeof address === 'string' && /^<.*>$/.test(address) ? address.slice(1, -1) : address;
  if (typeof bare !== 'string' || !MAILBOX.test(bare)) throw notMail(address);
  return canonicalMailbox(bare);
}

/**
 * The same for an address that is only looked up, and so may be any text.
 *
 * @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not a string.
 */
export function checkedMailbox(address: string): string {
  if (typeof address !== 'string') throw notMail(address);
  return canonicalMailbox(address);
}

function notMail(address: unknown): EntryError {
  return new EntryError('address', address, undefined, 'is not a mail address');
}

/**
 * Refuses an attempt that only a mistake in the calling program can produce.
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

/** @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not a list of recipients, or an empty list. */
export function checkedRecipients(recipients: Iterable<string>): readonly string[] {
  const list = isList(recipients) ? [...recipients] : [];
  if (list.length === 0) throw new EntryError('recipients', recipients, undefined, 'is not a list of at least one');
  return list;
}

/** @throws {EntryError} `ERR_SPAMD_FIELD` for a value that is not an object. */
export function checkIsAttempt(attempt: Attempt): void {
  if (isObject(attempt)) return;
  throw new EntryError('attempt', attempt, undefined, 'is not an object with ip, helo, from, to');
}

function notText(field: string, value: unknown): EntryError {
  return new EntryError(field, value, undefined, 'is not a string');
}
