import { UsageError } from '../terminal/failure.ts';
import type { ProgramCall } from './child.ts';

/** The kinds of addresses that have sets of their own in a firewall. */
export const KINDS = ['white', 'trapped'] as const;
export type Kind = (typeof KINDS)[number];

/** Addresses and networks, each with the time until when it is to be in the set, Unix seconds. */
export type Elements = ReadonlyMap<string, number>;

/** The changes of one set. */
export interface SetChange {
  readonly kind: Kind;
  /** To be added to the set. */
  readonly added: Elements;
  /** In the set already, but to end at another time. */
  readonly retimed: Elements;
  /** To be removed from the set. */
  readonly deleted: readonly string[];
}

/** A firewall: makes the calls that bring its sets up to date. */
export interface Firewall {
  /** Whether an element ends by itself in the firewall. */
  readonly hasTimeouts: boolean;
  /** Whether the firewall takes this element. */
  takes(element: string): boolean;
  /** The calls after which the sets hold these elements and no others. */
  replace(sets: ReadonlyMap<Kind, Elements>, now: number): ProgramCall[];
  /** The calls that make these changes. */
  change(changes: readonly SetChange[], now: number): ProgramCall[];
}

/** How many elements one command has. The number is limited because nft(8) repeats a command that it refuses. */
const MAX_LINE = 256;
/** The longest timeout that nft(8) takes everywhere, seconds: its milliseconds fit in 32 bits. */
export const MAX_TIMEOUT = 4_294_000;
/** An identifier of nft(8) that is short enough for a suffix. */
const NFT_NAME = /^[A-Za-z_][\w./-]{0,100}$/;
const NFT_FAMILIES = ['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev'];
/** A name for tables of pf. Such a name has at most 31 characters, and `-trapped` is appended to this one. */
const PF_NAME = /^[A-Za-z_][\w.-]{0,22}$/;

/**
 * The sets of nftables: NAME-white and NAME-trapped of IPv4, NAME-white6 and NAME-trapped6 of IPv6.
 *
 * @param words The table, with its family before it (`inet` unless given), and NAME.
 * @throws {UsageError} For other words.
 */
export function nftFirewall(words: readonly string[], options: { readonly networks: boolean }): Firewall {
  const parts = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
  const [family, table, name] = parts.length === 2 ? ['inet', ...parts] : parts;
  const named = [table, name].every((part) => part !== undefined && NFT_NAME.test(part));
  if (parts.length > 3 || !named || !NFT_FAMILIES.includes(family ?? '')) {
    throw new UsageError(`--nft: not a table and a name for its sets: ${JSON.stringify(words.join(' '))}`);
  }
  const setOf = (kind: Kind, isIPv6: boolean): string => `${family} ${table} ${name}-${kind}${isIPv6 ? '6' : ''}`;
  const call = (script: string): ProgramCall[] => (script === '' ? [] : [{ argv: ['nft', '-f', '-'], input: script }]);

  return {
    hasTimeouts: true,
    takes: (element) => options.networks || element.includes(':') || !element.includes('/'),
    // One script is one transaction, so that no packet meets a half filled set.
    replace: (sets, now) => {
      let script = '';
      for (const [kind, elements] of sets) {
        for (const isIPv6 of [false, true]) {
          const set = setOf(kind, isIPv6);
          script += `flush set ${set}\n${add(set, timed(ofFamily(elements, isIPv6), now))}`;
        }
      }
      return call(script);
    },
    change: (changes, now) => {
      let script = '';
      for (const { kind, added, retimed, deleted } of changes) {
        for (const isIPv6 of [false, true]) {
          const set = setOf(kind, isIPv6);
          const again = ofFamily(retimed, isIPv6);
          // The time of an element cannot be changed, so the element is deleted and added again. An element that has
          // ended meanwhile cannot be deleted, so each is added before it is deleted.
          const out = [...deleted.filter((element) => element.includes(':') === isIPv6), ...again.keys()];
          script += add(set, out) + commands('delete', set, out);
          script += add(set, timed(new Map([...again, ...ofFamily(added, isIPv6)]), now));
        }
      }
      return call(script);
    },
  };
}

function ofFamily(elements: Elements, isIPv6: boolean): Elements {
  return new Map([...elements].filter(([element]) => element.includes(':') === isIPv6));
}

function timed(elements: Elements, now: number): string[] {
  return Array.from(elements, ([element, expires]) => {
    return `${element} timeout ${Math.max(1, Math.min(MAX_TIMEOUT, Math.ceil(expires - now)))}s`;
  });
}

function add(set: string, elements: readonly string[]): string {
  return commands('add', set, elements);
}

function commands(verb: 'add' | 'delete', set: string, elements: readonly string[]): string {
  let text = '';
  for (let at = 0; at < elements.length; at += MAX_LINE) {
    text += `${verb} element ${set} { ${elements.slice(at, at + MAX_LINE).join(', ')} }\n`;
  }
  return text;
}

/**
 * The tables NAME-white and NAME-trapped of pf, of both families.
 *
 * @throws {UsageError} For a name that pf does not take.
 */
export function pfFirewall(name: string): Firewall {
  if (!PF_NAME.test(name)) throw new UsageError(`--pf: not a name for tables: ${JSON.stringify(name)}`);
  const call = (kind: Kind, action: 'add' | 'delete' | 'replace', elements: Iterable<string>): ProgramCall => ({
    argv: ['pfctl', '-q', '-t', `${name}-${kind}`, '-T', action, '-f', '-'],
    input: Array.from(elements, (element) => `${element}\n`).join(''),
  });
  return {
    hasTimeouts: false,
    takes: () => true,
    replace: (sets) => Array.from(sets, ([kind, elements]) => call(kind, 'replace', elements.keys())),
    change: (changes) =>
      changes.flatMap(({ kind, added, deleted }) => [
        ...(deleted.length === 0 ? [] : [call(kind, 'delete', deleted)]),
        ...(added.size === 0 ? [] : [call(kind, 'add', added.keys())]),
      ]),
  };
}
