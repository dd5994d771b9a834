import { isIPv6 } from 'node:net';
import { canonicalNetwork, parseIPv4 } from '../address.ts';
import { LineError, shown } from '../errors.ts';
import { checkMembers } from '../validate.ts';
import type { TextChunks } from './chunks.ts';
import { PARSE_OPTIONS, type ParseOptions, parseLines } from './lines.ts';

/** An address or a network of an address list. */
export interface AddressListItem {
  /** IPv4 or IPv6, as it is written in the list. */
  readonly address: string;
  /** How many bits of it count: 32 or 128 for a single address. */
  readonly prefix: number;
}

/**
 * Reads a list of addresses, such as a published traplist or the file of a pf table: one IPv4 or IPv6 address or CIDR
 * prefix a line. `#` starts a comment; blank lines and blanks around an address are passed over.
 *
 * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a value that is not a text, and for an invalid option.
 * @throws {LineError} `ERR_SPAMD_LINE`, while iterated, for a line that cannot be read, unless `onBadLine` says
 * otherwise.
 */
export function parseAddressList(chunks: TextChunks, options: ParseOptions = {}): AsyncIterable<AddressListItem> {
  checkMembers('options', options, PARSE_OPTIONS);
  return parseLines(chunks, options, (bytes, start, end, line) => {
    const text = bytes.toString('latin1', start, end).replace(/#.*/s, '').trim();
    return text === '' ? undefined : readItem(text, line);
  });
}

function readItem(text: string, line: number): AddressListItem {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  if (!isAddress(address)) throw new LineError(line, `not an IP address or network: ${shown(text)}`);
  const widest = isIPv6(address) ? 128 : 32;
  if (slash < 0) return { address: flat(address), prefix: widest };
  const bits = text.slice(slash + 1);
  const prefix = /^(0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : -1;
  if (prefix < 0 || prefix > widest) throw new LineError(line, `prefix is not 0..${widest}: ${shown(text)}`);
  return { address: flat(address), prefix };
}

/** A copy: a string cut out of a line would keep the whole line in memory, comment included. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Whether a text is an IPv6 network, as a greylist lists a client's /64: not of mapped IPv4, and without a zone. */
export function isIPv6Network(text: string): boolean {
  return !text.includes('%') && canonicalNetwork(text)?.includes(':') === true;
}

/** Whether a text is an IPv4 or IPv6 address without a zone: a zone means nothing on another host. */
export function isAddress(text: string): boolean {
  return parseIPv4(text) >= 0 || (isIPv6(text) && !text.includes('%'));
}
