import { isUnicastIPv4 } from '../address.ts';
import type { Entry, GreyEntry } from '../entry.ts';
import { textProblem } from '../wire/text.ts';
import type { Dialect } from './options.ts';

/**
 * Why an entry is not sent to the targets of a dialect:
 * - `address`: not an IPv4 address that a mail client can have (IPv6, 0/8, multicast, broadcast);
 * - `control`: a string holds NUL, CR, LF or another control character, which could inject lines into spamd;
 * - `empty`: an empty helo or recipient, which makes spamd lose this entry or the next;
 * - `unsafe`: a string that makes greyd exit (a quote, a backslash, more than 256 bytes);
 * - `removal`: spamd does not know removals, and stops reading a datagram at one;
 * - `too-long`: the entry does not fit in a datagram even alone;
 * - `overload`: too many entries are waiting to be sent (`batch.maxQueued`);
 * - `closed`: the peer was closed while the entry of a bulk send waited for its turn (`batch.bulkRate`).
 */
export type SkipReason = 'address' | 'control' | 'empty' | 'unsafe' | 'removal' | 'too-long' | 'overload' | 'closed';

/** greyd's lexer takes a string of 257 bytes and exits at one of 258. */
const GREYD_MAX_TEXT = 256;

/**
 * The entry sanitised for a dialect, in the form in which its receivers keep it; or the reason why they must not be
 * sent this entry.
 *
 * @param address The entry's `ip` as a number; -1 for IPv6.
 */
export function inDialect(entry: Entry, address: number, dialect: Dialect): Entry | SkipReason {
  if (address < 0 || !isUnicastIPv4(address)) return 'address';
  switch (entry.type) {
    case 'grey':
      return dialect === 'greyd' ? forGreyd(entry) : forSpamd(entry);
    case 'white':
    case 'trapped':
      return entry;
    default:
      return dialect === 'greyd' ? entry : 'removal';
  }
}

/** The entry as the client typed it. Brackets are added if a parser or a greyd removed them. */
function forSpamd(entry: GreyEntry): GreyEntry | SkipReason {
  const from = bracketed(entry.from);
  const to = bracketed(entry.to);
  const problem = textProblem(entry.helo) ?? textProblem(from) ?? (to === NULL_SENDER ? 'empty' : textProblem(to));
  return problem ?? withAddresses(entry, from, to);
}

/**
 * The entry as greyd's own `normalize_email_addr` would write it, except for the null sender. greyd never announces a
 * null sender. It stores `<>` without harm and later promotes the tuple, whereas a tuple with an empty sender would
 * stay there until it expires.
 */
function forGreyd(entry: GreyEntry): GreyEntry | SkipReason {
  const stripped = unquoted(entry.from);
  const from = stripped === '' ? NULL_SENDER : stripped;
  const to = unquoted(entry.to);
  const problem = textProblem(entry.helo) ?? textProblem(from) ?? textProblem(to);
  if (problem !== undefined) return problem;
  if (/["\\]/.test(entry.helo)) return 'unsafe';
  if ([entry.helo, from, to].some((text) => Buffer.byteLength(text) > GREYD_MAX_TEXT)) return 'unsafe';
  return withAddresses(entry, from, to);
}

const NULL_SENDER = '<>';

function bracketed(address: string): string {
  return address.startsWith('<') || address.endsWith('>') ? address : `<${address}>`;
}

function unquoted(address: string): string {
  return address.replace(/[<>"\\]/g, '').replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

function withAddresses(entry: GreyEntry, from: string, to: string): GreyEntry {
  return from === entry.from && to === entry.to ? entry : { ...entry, from, to };
}
