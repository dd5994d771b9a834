import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import { canonicalAddress } from '../address.ts';
import { SpamdSyncError, shown, systemCode } from '../errors.ts';

/** How many answers are kept; one that was pushed out is worked out again. */
const MAX_ANSWERS = 10_000;

/** Addresses and prefixes that are never greylisted, and files of them like spamd's /etc/mail/nospamd. */
export class Exemptions {
  readonly #list = new BlockList();
  readonly #answers = new LRUCache<string, boolean>({ max: MAX_ANSWERS });
  readonly #any: boolean;

  /**
   * @param list Addresses, prefixes, and paths of files (with a `/` at the start, or `./`) that are read once, here.
   * @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for what is no address or prefix, and a file that cannot be read.
   */
  constructor(list: readonly string[]) {
    const rules = list.flatMap((item) => (/^\.{0,2}\//.test(item) ? rulesOf(item) : [{ rule: item, where: '' }]));
    this.#any = rules.length > 0;
    for (const { rule, where } of rules) this.#add(rule, where);
  }

  has(ip: string): boolean {
    if (!this.#any) return false;
    let answer = this.#answers.get(ip);
    if (answer === undefined) {
      answer = this.#list.check(ip, family(ip));
      this.#answers.set(ip, answer);
    }
    return answer;
  }

  #add(rule: string, where: string): void {
    const [text = '', prefix, ...rest] = rule.split('/');
    const address = canonicalAddress(text);
    const widest = isIP(address ?? '') === 6 ? 128 : 32;
    const length = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (address === undefined || length < 0 || length > widest || rest.length > 0) {
      throw new SpamdSyncError('ERR_SPAMD_OPTION', `policy.exempt: ${where}not an address or prefix: ${shown(rule)}`);
    }
    this.#list.addSubnet(address, length, family(address));
  }
}

/** The rules in a file: one a line, `#` starts a comment. */
function rulesOf(path: string): { rule: string; where: string }[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    const rules = lines.map((line, at) => ({ rule: line.replace(/#.*/, '').trim(), where: `${path}:${at + 1}: ` }));
    return rules.filter(({ rule }) => rule !== '');
  } catch (cause) {
    const why = systemCode(cause) ?? String(cause);
    throw new SpamdSyncError('ERR_SPAMD_OPTION', `policy.exempt: file ${shown(path)} cannot be read: ${why}`, {
      cause,
    });
  }
}

function family(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 6 ? 'ipv6' : 'ipv4';
}
