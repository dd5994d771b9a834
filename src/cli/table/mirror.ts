import { canonicalAddress, canonicalNetwork, networkOf } from '../../address.ts';
import type { SpamdbRecord } from '../../index.ts';
import type { ProgramCall } from './child.ts';
import { type Elements, type Firewall, KINDS, type Kind, MAX_TIMEOUT, type SetChange } from './firewall.ts';

/** The elements of a greylist for a firewall. */
export interface Wanted {
  readonly sets: ReadonlyMap<Kind, Elements>;
  /** Addresses that the firewall does not take: networks, and the names of pools. */
  readonly leftOut: number;
}

/** How many elements a set has, and how many were added and deleted. */
export interface Difference {
  readonly kind: Kind;
  readonly held: number;
  readonly added: number;
  readonly deleted: number;
}

/** The calls to run, and the differences that they make. */
export interface Plan {
  readonly calls: readonly ProgramCall[];
  readonly differences: readonly Difference[];
}

/** Remembers what the sets of a firewall hold, so that only changes have to be written. */
export class Mirror {
  readonly #firewall: Firewall;
  #held: ReadonlyMap<Kind, Map<string, number>> | undefined;

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
  }

  /** Whether the content of the sets is not known. Then the next plan has to be a full one. */
  get isUnknown(): boolean {
    return this.#held === undefined;
  }

  /** Forgets the content of the sets, because another program may have changed them. */
  forget(): void {
    this.#held = undefined;
  }

  /** The plan after which the sets hold these elements and no others, whatever they hold now. */
  full({ sets }: Wanted, now: number): Plan {
    const differences = Array.from(sets, ([kind, elements]) => ({ kind, held: elements.size, added: 0, deleted: 0 }));
    return { calls: this.#firewall.replace(sets, now), differences };
  }

  /**
   * The plan for what has changed.
   *
   * @param renewed When the next full plan is due, Unix seconds. An element that lasts until then gets its new time by
   * that plan.
   */
  changes({ sets }: Wanted, now: number, renewed: number): Plan & { readonly changes: readonly SetChange[] } {
    const changes = Array.from(sets, ([kind, elements]) =>
      changeOf(kind, this.#held?.get(kind) ?? new Map(), elements, this.#firewall.hasTimeouts ? renewed : 0),
    ).filter(({ added, retimed, deleted }) => added.size + retimed.size + deleted.length > 0);
    const differences = changes.map(({ kind, added, deleted }) => {
      return { kind, held: sets.get(kind)?.size ?? 0, added: added.size, deleted: deleted.length };
    });
    return { calls: this.#firewall.change(changes, now), differences, changes };
  }

  /** To be called after a full plan was carried out. */
  noteFull({ sets }: Wanted, now: number): void {
    this.#held = new Map(Array.from(sets, ([kind, elements]) => [kind, ends(elements, now)]));
  }

  /** To be called after changes were carried out. */
  noteChanges(changes: readonly SetChange[], now: number): void {
    for (const { kind, added, retimed, deleted } of changes) {
      const held = this.#held?.get(kind);
      for (const element of deleted) held?.delete(element);
      for (const [element, expires] of ends(new Map([...retimed, ...added]), now)) held?.set(element, expires);
    }
  }
}

/** When the elements end in the firewall: before their time, if that is beyond the longest timeout. */
function ends(elements: Elements, now: number): Map<string, number> {
  return new Map(Array.from(elements, ([element, expires]) => [element, Math.min(expires, now + MAX_TIMEOUT)]));
}

function changeOf(kind: Kind, held: Elements, wanted: Elements, renewed: number): SetChange {
  const added = new Map<string, number>();
  const retimed = new Map<string, number>();
  for (const [element, expires] of wanted) {
    const before = held.get(element);
    if (before === undefined) added.set(element, expires);
    else if (renewed > 0 && (expires < before || (expires > before && before <= renewed)))
      retimed.set(element, expires);
  }
  return { kind, added, retimed, deleted: [...held.keys()].filter((element) => !wanted.has(element)) };
}

/** Sorts what a greylist holds into sets of a firewall. */
export async function wantedOf(
  records: AsyncIterable<SpamdbRecord>,
  firewall: Firewall,
  kinds: readonly Kind[],
  now: number,
): Promise<Wanted> {
  const sets = new Map<Kind, Map<string, number>>(kinds.map((kind) => [kind, new Map()]));
  let leftOut = 0;
  for await (const record of records) {
    const kind = KINDS.find((one) => one.toUpperCase() === record.type);
    const set = kind && sets.get(kind);
    if (set === undefined || (record.type !== 'WHITE' && record.type !== 'TRAPPED') || record.expires <= now) continue;
    if (isElement(record.ip) && firewall.takes(record.ip)) set.set(record.ip, record.expires);
    else leftOut++;
  }
  for (const set of sets.values()) dropCovered(set);
  return { sets, leftOut };
}

/**
 * Whether a text is an address or a network, in the form in which a greylist lists them. Any other text names a pool.
 */
function isElement(text: string): boolean {
  return text.includes('/') ? canonicalNetwork(text) === text : canonicalAddress(text) === text;
}

/** Removes elements that are within a network of the same set, because nft(8) refuses intervals that overlap. */
function dropCovered(set: Map<string, number>): void {
  const families = { ipv4: new Set<number>(), ipv6: new Set<number>() };
  for (const element of set.keys()) {
    const { family, prefix, isNetwork } = partsOf(element);
    if (isNetwork) families[family].add(prefix);
  }
  if (families.ipv4.size + families.ipv6.size === 0) return;
  for (const element of set.keys()) {
    const { address, family, prefix } = partsOf(element);
    const wider = [...families[family]].filter((length) => length < prefix);
    if (wider.some((length) => set.has(networkOf(address, { [family]: length })))) set.delete(element);
  }
}

function partsOf(element: string): { address: string; family: 'ipv4' | 'ipv6'; prefix: number; isNetwork: boolean } {
  const [address = '', length] = element.split('/');
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const widest = family === 'ipv6' ? 128 : 32;
  return { address, family, prefix: length === undefined ? widest : Number(length), isNetwork: length !== undefined };
}
