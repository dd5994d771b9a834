import {
  ExchangeError,
  type Listed,
  leafMessage,
  listedOf,
  MAX_LISTED,
  type MessageProperties,
  PART,
} from './messages.ts';

/** What a leaf takes besides its hashes, bytes, about. */
const OVERHEAD = 12;

type LeafProperties = Parameters<typeof listedOf>[0];

/** Records by the short hashes of each leaf, as they come in, in several messages. */
export class ListedLeaves {
  readonly #leaves = new Map<number, Set<number>>();
  #count = 0;

  /** @throws {ExchangeError} For what is no leaf, one that was there before, and for more hashes than are listed in a round. */
  add(leaves: readonly LeafProperties[]): void {
    for (const { leaf, hashes } of leaves.map(listedOf)) {
      if (this.#leaves.has(leaf)) throw new ExchangeError(`leaf ${leaf} twice`);
      this.#count += hashes.length;
      if (this.#count > MAX_LISTED) throw new ExchangeError(`more than ${MAX_LISTED} hashes`);
      this.#leaves.set(leaf, new Set(hashes));
    }
  }

  get size(): number {
    return this.#leaves.size;
  }

  /** The numbers of the leaves. */
  get numbers(): ReadonlySet<number> {
    return new Set(this.#leaves.keys());
  }

  has(leaf: number, hash: number): boolean {
    return this.#leaves.get(leaf)?.has(hash) === true;
  }

  delete(leaf: number, hash: number): void {
    this.#leaves.get(leaf)?.delete(hash);
  }

  *[Symbol.iterator](): Generator<Listed, void> {
    for (const [leaf, hashes] of this.#leaves) if (hashes.size > 0) yield { leaf, hashes: [...hashes] };
  }
}

/**
 * Sends leaves in messages of some 64 KiB, the last with `end`, and no more hashes than may be in a round.
 *
 * @param whole How many leaves were sent whole besides.
 */
export async function sendLeaves(
  send: (message: MessageProperties) => Promise<void>,
  member: 'listing' | 'want',
  listed: Iterable<Listed>,
  whole = 0,
): Promise<void> {
  let leaf: LeafProperties[] = [];
  let bytes = 0;
  let count = 0;
  for (const one of listed) {
    count += one.hashes.length;
    if (count > MAX_LISTED) break;
    leaf.push(leafMessage(one));
    bytes += OVERHEAD + 2 * one.hashes.length;
    if (bytes < PART) continue;
    await send({ [member]: { leaf, end: false } });
    leaf = [];
    bytes = 0;
  }
  await send({ [member]: { leaf, end: true, whole } });
}
