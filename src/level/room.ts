import { addressOfKey } from '../rules/key.ts';
import { type ClientNetwork, networkOfClient } from '../store/shares.ts';
import { Holdings } from './holdings.ts';

/** This share of the bound is freed at a time, since finding records to remove costs more than removing them. */
const SPARE = 1 / 64;
/** Of the records that are looked at together, one in so many is removed: the oldest ones. */
const OLDEST = 8;

/** How the records of one kind are bounded. */
export interface BoundOptions<R> {
  /** How much is kept, in the unit of `sizeOf`. */
  readonly max: number;
  /** Networks that hold less than this count as alike. */
  readonly alike: number;
  /** How much a record counts. */
  readonly sizeOf: (key: string, record: R) => number;
  /** Records of rank 0 are removed before any record of rank 1. */
  readonly rankOf: (record: R) => 0 | 1;
  /** The time by which a record is removed: the records with the earliest time go first. */
  readonly ageOf: (record: R) => number;
}

/** What is needed of the records to make room. */
export interface Emptied<R> {
  /** The records on the disk whose keys begin with a prefix, from a key on. */
  slices(of: string, from?: string): AsyncIterable<readonly { key: string; record: R }[]>;
  /** Removes a record, if `stillYields` is true of the record as it is by now. */
  evict(key: string, stillYields: (record: R) => boolean): Promise<void>;
}

/**
 * The bound of one kind of records. When there is no room, the oldest records of the client network that holds the most
 * are removed: so a flood out of one network costs that network alone. If even that network holds little, all networks
 * count as alike, and the oldest records of any network are removed.
 */
export class Room<R> {
  readonly #o: BoundOptions<R>;
  readonly #ranks: readonly [Holdings, Holdings];
  #making: Promise<void> | undefined;
  /** The key at which the last pass over all networks stopped. */
  #from = '';

  constructor(options: BoundOptions<R>) {
    this.#o = options;
    this.#ranks = [new Holdings(options.alike), new Holdings(options.alike)];
  }

  /**
   * Whether nothing more may be added before `make` has resolved. It is `false` until all records that were there
   * before are counted.
   */
  get isFull(): boolean {
    return this.#total >= this.#o.max && this.#rank() !== undefined;
  }

  /** Counts a record that was there before. */
  found(key: string, record: R): void {
    this.#ranks[this.#o.rankOf(record)].found(clientOf(key), this.#o.sizeOf(key, record));
  }

  /** All records that were there before are counted. */
  complete(): void {
    for (const holdings of this.#ranks) holdings.complete();
  }

  /**
   * One record takes the place of another; `undefined`: there was none, or there is none now. Call it before either
   * record is changed.
   */
  changed(key: string, from: R | undefined, to: R | undefined): void {
    const { sizeOf, rankOf } = this.#o;
    const had = from === undefined ? 0 : sizeOf(key, from);
    const has = to === undefined ? 0 : sizeOf(key, to);
    const before = rankOf((from ?? to) as R);
    const after = rankOf((to ?? from) as R);
    if (before === after && had === has) return;
    const ip = clientOf(key);
    this.#ranks[before].change(ip, -had);
    this.#ranks[after].change(ip, has);
  }

  /** Makes room. Callers at the same time share the work. */
  make(records: Emptied<R>): Promise<void> {
    this.#making ??= this.#make(records).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  get #total(): number {
    return this.#ranks[0].total + this.#ranks[1].total;
  }

  get #isEnough(): boolean {
    return this.#total <= this.#o.max * (1 - SPARE);
  }

  /** The rank that makes room. */
  #rank(): 0 | 1 | undefined {
    return ([0, 1] as const).find((rank) => this.#ranks[rank].largest !== undefined);
  }

  async #make(records: Emptied<R>): Promise<void> {
    while (!this.#isEnough) {
      const rank = this.#rank();
      if (rank === undefined) return;
      const before = this.#total;
      const network = this.#ranks[rank].largest as ClientNetwork;
      if (this.#ranks[rank].of(network) < this.#o.alike) await this.#makeInAll(records, rank);
      else await this.#makeIn(network, records, rank);
      // Nothing was removed: what is left is not on the disk yet.
      if (this.#total >= before) return;
    }
  }

  /** Halves what one network holds, or removes less if that is enough. */
  async #makeIn(network: ClientNetwork, records: Emptied<R>, rank: 0 | 1): Promise<void> {
    const holdings = this.#ranks[rank];
    const half = holdings.of(network) / 2;
    for await (const slice of records.slices(prefixOf(network))) {
      const own = slice.filter(({ key }) => networkOfClient(clientOf(key)) === network);
      await this.#evictOldest(own, records, rank);
      if (this.#isEnough || holdings.of(network) <= half) return;
    }
  }

  /**
   * Goes on where the last pass stopped, so that every record has its turn. It goes through all records once at most.
   */
  async #makeInAll(records: Emptied<R>, rank: 0 | 1): Promise<void> {
    for (const from of new Set([this.#from, ''])) {
      for await (const slice of records.slices('', from)) {
        await this.#evictOldest(slice, records, rank);
        this.#from = slice.at(-1)?.key ?? '';
        if (this.#isEnough) return;
      }
    }
    this.#from = '';
  }

  async #evictOldest(slice: readonly { key: string; record: R }[], records: Emptied<R>, rank: 0 | 1): Promise<void> {
    const { rankOf, ageOf } = this.#o;
    const yields = (record: R): boolean => rankOf(record) === rank;
    const old = slice.filter(({ record }) => yields(record));
    old.sort((a, b) => ageOf(a.record) - ageOf(b.record));
    await Promise.all(old.slice(0, Math.ceil(old.length / OLDEST)).map(({ key }) => records.evict(key, yields)));
  }
}

/** The address that a key is, or begins with. */
function clientOf(key: string): string {
  return key.includes('\0') ? addressOfKey(key) : key;
}

/** What the keys of all clients of a network begin with. Keys of other networks may begin with it, too. */
function prefixOf(network: ClientNetwork): string {
  // Beyond ASCII, a name is written differently in the key of a tuple and in the key of an address.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is looked for.
  if (typeof network === 'string') return /^[\x01-\x7f]*/.exec(network)?.[0] ?? '';
  if (network >= 0) return `${network >>> 16}.${(network >>> 8) & 255}.${network & 255}.`;
  const bits = -1 - network;
  const groups = [Math.floor(bits / 2 ** 32), Math.floor(bits / 2 ** 16) % 2 ** 16, bits % 2 ** 16];
  // The text of an address may leave out a group of zeros, and the groups of zeros behind it.
  const zero = groups.indexOf(0);
  return groups
    .slice(0, zero < 0 ? 3 : zero)
    .map((group) => `${group.toString(16)}:`)
    .join('');
}
