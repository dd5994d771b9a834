import { tagOfSlotOf } from './slots.ts';

const SEPARATOR = '\0';

/**
 * The names of all keys in Redis. A tuple and its address have the address as their hash tag, so that a cluster keeps
 * them at one server. In a cluster there is a due index in each slot; otherwise there is one.
 */
export class Keys {
  readonly prefix: string;
  readonly #cluster: boolean;
  readonly #addresses: string;
  readonly #tuples: string;
  readonly spamtraps: string;

  /** @param prefix Without braces: a brace would be taken for that of the hash tag. */
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

  /** @param key A tuple's own key: its address, a NUL, and the rest. Each character stands for one byte of UTF-8. */
  tuple(key: string): string {
    const { ip, rest } = partsOf(key);
    return `${this.#tuples}${asTag(ip)}}${rest}`;
  }

  /** The due index that an address is in. */
  due(ip: string): string {
    return this.#cluster ? this.dueByTag(this.dueTag(ip)) : `${this.prefix}due`;
  }

  /** In a cluster: the hash tag of the due index that an address is in. */
  dueTag(ip: string): string {
    return tagOfSlotOf(asTag(ip));
  }

  /** The due index of one slot of a cluster, by the tag that falls into the slot. */
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

  /** The pattern by which SCAN finds addresses. */
  addressPattern(): string {
    return startingWith(this.#addresses);
  }

  /**
   * The pattern by which SCAN finds tuples.
   *
   * @param prefix What the tuples' keys begin with: an address and a NUL. Default: anything.
   */
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

/** Escapes a brace, which would end the tag: any name may stand for an address. */
function asTag(ip: string): string {
  return /[%}]/.test(ip) ? ip.replaceAll('%', '%25').replaceAll('}', '%7d') : ip;
}

function fromTag(tag: string): string {
  return tag.replaceAll('%7d', '}').replaceAll('%25', '%');
}
