import { closeSync, openSync, readSync } from 'node:fs';
import { isIP } from 'node:net';
import { canonicalAddress, parseIPv4, wordsOfIPv6 } from '../address.ts';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';
import { type AddressRanges, PrefixCollector } from './address-ranges.ts';

/** The most addresses and prefixes that there may be, with those of all files, and the most bytes of a file. */
const BOUNDS = { rules: 2 ** 20, bytes: 2 ** 26 };

/**
 * Addresses and prefixes that are never greylisted, and files of them like spamd's /etc/mail/nospamd. Made once and never
 * changed. Holds 8 bytes for each range of IPv4 and 32 for each of IPv6, so 32 MiB at the most.
 */
export class Exemptions {
  readonly #ipv4: AddressRanges;
  readonly #ipv6: AddressRanges;

  /**
   * @param list Addresses, prefixes, and paths of files (with a `/` at the start, or `./`) that are read once, here.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for a rule that is not an address or prefix, a file that cannot be read
   * or has more than 64 MiB, and more than 2^20 addresses and prefixes in all.
   */
  constructor(list: readonly string[], bounds = BOUNDS) {
    const collectors = { ipv4: new PrefixCollector(1), ipv6: new PrefixCollector(4) };
    let rules = 0;
    const add = (rule: string, where: string) => {
      if (++rules > bounds.rules) throw bad(`${where}more than ${bounds.rules} addresses and prefixes`);
      addRule(collectors, rule, where);
    };
    for (const item of list) {
      if (/^\.{0,2}\//.test(item)) eachRuleOf(item, bounds.bytes, add);
      else add(item, '');
    }
    this.#ipv4 = collectors.ipv4.ranges();
    this.#ipv6 = collectors.ipv6.ranges();
  }

  /** @param ip Canonical. */
  has(ip: string): boolean {
    if (ip.includes(':')) return this.#ipv6.size > 0 && this.#ipv6.has(wordsOfIPv6(ip));
    return this.#ipv4.size > 0 && this.#ipv4.has([parseIPv4(ip)]);
  }
}

function addRule({ ipv4, ipv6 }: { ipv4: PrefixCollector; ipv6: PrefixCollector }, rule: string, where: string): void {
  const [text = '', prefix, ...rest] = rule.split('/');
  const ip = canonicalAddress(text);
  const widest = isIP(ip ?? '') === 6 ? 128 : 32;
  const length = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (ip === undefined || length < 0 || length > widest || rest.length > 0) {
    throw bad(`${where}not an address or prefix: ${shown(rule)}`);
  }
  if (widest === 32) ipv4.add([parseIPv4(ip)], length);
  else ipv6.add(wordsOfIPv6(ip), length);
}

/** The rules in a file: one a line, `#` starts a comment. */
function eachRuleOf(path: string, maxBytes: number, add: (rule: string, where: string) => void): void {
  const bytes = contentOf(path, maxBytes);
  let line = 1;
  for (let start = 0, end = 0; start < bytes.length; start = end + 1, line++) {
    end = bytes.indexOf('\n', start);
    if (end < 0) end = bytes.length;
    const rule = bytes.toString('latin1', start, end).replace(/#.*/, '').trim();
    if (rule !== '') add(rule, `${path}:${line}: `);
  }
}

/** Reads a file in parts, since it may grow while it is read, and a device has no end. */
function contentOf(path: string, maxBytes: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const part = Buffer.allocUnsafe(65_536);
      const parts: Buffer[] = [];
      for (let length = 0, read = -1; length <= maxBytes; length += read) {
        read = readSync(file, part);
        if (read === 0) return Buffer.concat(parts);
        parts.push(Buffer.from(part.subarray(0, read)));
      }
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw bad(`file ${shown(path)} cannot be read: ${systemCode(cause) ?? String(cause)}`, { cause });
  }
  throw bad(`file ${shown(path)} has more than ${maxBytes} bytes`);
}

function bad(detail: string, options?: ErrorOptions): SpamdSyncError {
  return new SpamdSyncError('ERR_SPAMD_OPTION', `policy.exempt: ${detail}`, options);
}
