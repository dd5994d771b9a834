import {
  ExchangeError,
  type Listed,
  leafMessage,
  listedOf,
  MAX_LISTED,
  type MessageProperties,
  PART,
} from './messages.ts';
import { BYTES_A_RECORD, turn } from './turns.ts';

/** What a leaf takes in a message besides its hashes, bytes, about. */
const OVERHEAD = 12;

type LeafProperties = Parameters<typeof listedOf>[0];

/** The short hashes of a leaf, in order, and which of them are left. */
interface Leaf {
  readonly hashes: Uint16Array;
  readonly isLeft: Uint8Array;
}

/** The short hashes of records, by leaf, as they come in over several messages. Each takes three bytes. */
export class ListedLeaves {
  readonly #leaves = new Map<number, Leaf>();
  readonly #mostOf: (leaf: number) => number;
  #count = 0;

  /** @param mostOf The most hashes that a leaf can have. Default: as many as a round may have. */
  constructor(mostOf: (leaf: number) => number = () => MAX_LISTED) {
    this.#mostOf = mostOf;
  }

  /** @throws {ExchangeError} For an invalid leaf, a leaf that came before, and more hashes than there can be. */
  add(leaves: readonly LeafProperties[]): void {
    for (const { leaf, hashes } of leaves.map(listedOf)) {
      if (this.#leaves.has(leaf)) throw new ExchangeError(`leaf ${leaf} twice`);
      const most = this.#mostOf(leaf);
      if (hashes.length > most) throw new ExchangeError(`${hashes.length} hashes of leaf ${leaf}, which has ${most}`);
      this.#count += hashes.length;
      if (this.#count > MAX_LISTED) throw new ExchangeError(`more than ${MAX_LISTED} hashes`);
      this.#leaves.set(leaf, { hashes: hashes.sort(), isLeft: new Uint8Array(hashes.length).fill(1) });
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
    const listed = this.#leaves.get(leaf);
    return listed !== undefined && listed.isLeft[firstOf(listed, hash)] === 1;
  }

  delete(leaf: number, hash: number): void {
    const listed = this.#leaves.get(leaf);
    if (listed === undefined) return;
    for (let at = firstOf(listed, hash); listed.hashes[at] === hash; at++) listed.isLeft[at] = 0;
  }

  *[Symbol.iterator](): Generator<Listed, void> {
    for (const [leaf, { hashes, isLeft }] of this.#leaves) {
      const left = hashes.filter((_, at) => isLeft[at] === 1);
      if (left.length > 0) yield { leaf, hashes: left };
    }
  }
}

/** The first place of a hash in the list; the length of the list if the hash is not there. */
function firstOf({ hashes }: Leaf, hash: number): number {
  let from = 0;
  let to = hashes.length;
  while (from < to) {
    const at = (from + to) >>> 1;
    if ((hashes[at] as number) < hash) from = at + 1;
    else to = at;
  }
  return hashes[from] === hash ? from : hashes.length;
}

/**
 * Sends leaves in messages of some 64 KiB, the last with `end`. Sends no more hashes than a round may have.
 *
 * @param whole How many other leaves were sent whole.
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
    await turn(PART / BYTES_A_RECORD);
    await send({ [member]: { leaf, end: false } });
    leaf = [];
    bytes = 0;
  }
  await send({ [member]: { leaf, end: true, whole } });
}
