import { BlockList, isIPv4 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { badOption } from '../validate.ts';

/**
 * How many answers are kept: enough for every source of a group and some others. An answer that was evicted is computed
 * again.
 */
const REMEMBERED = 1024;

/** Which source addresses may send: IPv4 addresses and CIDR prefixes. */
export class AllowList {
  readonly #list = new BlockList();
  readonly #answers = new LRUCache<string, boolean>({ max: REMEMBERED });

  /** @throws {SpamdSyncError} `ERR_SPAMD_OPTION` for anything that is not an IPv4 address or prefix. */
  constructor(rules: readonly string[]) {
    if (!Array.isArray(rules)) throw badOption('allow', 'not a list of IPv4 addresses and prefixes', rules);
    for (const rule of rules) {
      const [address = '', prefix = '32', ...rest] = typeof rule === 'string' ? rule.split('/') : [];
      if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32 || rest.length > 0) {
        throw badOption('allow', 'not an IPv4 address or prefix', rule);
      }
      this.#list.addSubnet(address, Number(prefix), 'ipv4');
    }
  }

  has(address: string): boolean {
    let answer = this.#answers.get(address);
    if (answer === undefined) {
      answer = this.#list.check(address, 'ipv4');
      this.#answers.set(address, answer);
    }
    return answer;
  }
}
