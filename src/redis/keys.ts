import { tagOfSlotOf } from './slots.ts';

const SEPARATOR = '\0';

/**
 * The names of everything in Redis. A tuple and its address have the address as their hash tag, so that a cluster keeps
 * them at one server. In a cluster there is an index of what is due in each slot, else one.
 */
export class Keys {
  readonly prefix: string;
  readonly #cluster: boolean;
  readonly #addresses: string;
  readonly #tuples: string;
  readonly spamtraps: string;

  /** @param prefix Without braces: one would be taken for the hash tag. */
  constructor(prefix: string, cluster: boolean) {
    this.prefix = prefix;
    this.#cluster = cluster;
    this.#addresses = `${prefix}address:{`;
    this.#tuples = `${prefix}tuple:{`;
    this.spamtraps = `${prefix}spamtraps`;
  }

  address(ip: string): string {
    return `${this.#addresses}${asTag(ip)}}`;
  }

  /** @param key A tuple's own key: its address, a NUL, and the rest, each byte of the UTF-8 a character. */
  tuple(key: string): string {
    const { ip, rest } = partsOf(key);
    return `${this.#tuples}${asTag(ip)}}${rest}`;
  }

  /** The index that has an address. */
  due(ip: string): string {
    return this.#cluster ? this.dueByTag(this.dueTag(ip)) : `${this.prefix}due`;
  }

  /** The tag of the index that has an address, in a cluster. */
  dueTag(ip: string): string {
    return tagOfSlotOf(asTag(ip));
  }

  /** The index of one slot of a cluster, by the tag that falls into it. */
  dueByTag(tag: string): string {
    return `${this.prefix}due:{${tag}}`;
  }

  ofAddress(name: string): string {
    return fromTag(name.slice(this.#addresses.length, -1));
  }

  ofTuple(name: string): string {
    const end = name.indexOf('}', this.#tuples.length);
    const ip = fromTag(name.slice(this.#tuples.length, end));
    return Buffer.from(ip).toString('latin1') + name.slice(end + 1);
  }

  /** What SCAN is to match for addresses. */
  addressPattern(): string {
    return startingWith(this.#addresses);
  }

  /** What SCAN is to match for tuples whose keys begin with an address and a NUL; for all where that is left out. */
  tuplePattern(prefix?: string): string {
    return startingWith(prefix === undefined ? this.#tuples : this.tuple(prefix));
  }

  /** Whether the name of an address or a tuple has all its parts: another program may have made it. */
  isWhole(name: string): boolean {
    return this.isAddress(name) ? name.endsWith('}') : name.includes('}\0', this.#tuples.length);
  }

  isAddress(name: string): boolean {
    return name.startsWith(this.#addresses);
  }

  isTuple(name: string): boolean {
    return name.startsWith(this.#tuples);
  }
}

function startingWith(text: string): string {
  return `${text.replace(/[\\*?[\]]/g, '\\$&')}*`;
}

function partsOf(key: string): { ip: string; rest: string } {
  const end = key.indexOf(SEPARATOR);
  const ip = end < 0 ? key : key.slice(0, end);
  return { ip: Buffer.from(ip, 'latin1').toString('utf8'), rest: end < 0 ? '' : key.slice(end) };
}

/** What stands for an address may be any name: a brace in it would end the tag. */
function asTag(ip: string): string {
  return /[%}]/.test(ip) ? ip.replaceAll('%', '%25').replaceAll('}', '%7d') : ip;
}

function fromTag(tag: string): string {
  return tag.replaceAll('%7d', '}').replaceAll('%25', '%');
}
