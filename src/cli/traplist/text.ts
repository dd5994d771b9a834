import { timeWords } from '../terminal/words.ts';
import type { Place } from './places.ts';
import type { TrappedAddress } from './trapped.ts';

/** The comment at the beginning of a published file. */
export function headerOf(what: string, now: number, terms: readonly string[], contact: string | undefined): string {
  const lines = [`${timeWords(now)}: ${what}`, ...(contact === undefined ? [] : [`Contact: ${contact}`]), ...terms];
  return lines.map((line) => (line === '' ? '#\n' : `# ${line}\n`)).join('');
}

/** The texts, one a line. */
export function* lines(texts: Iterable<string>): Generator<string, void> {
  for (const text of texts) yield `${text}\n`;
}

export const VERBOSE_COLUMNS = 'address expires country as attempts tuples first evidence';

/** The line of an address with all that is known of it. Tabs separate the columns. */
export function verboseLine(address: TrappedAddress, { country, as }: Place): string {
  const { ip, expires, attempts, tuples, first, evidence } = address;
  const seen = first === 0 ? '-' : timeWords(first);
  return [ip, timeWords(expires), country || '-', as || '-', attempts, tuples, seen, evidence.join('; ') || '-'].join(
    '\t',
  );
}

/**
 * How many addresses of each family a country has, the country with most first. `-` is the country that is not known.
 */
export function* summaryLines(
  addresses: readonly TrappedAddress[],
  placeOf: (ip: string) => Place,
): Generator<string, void> {
  const counts = new Map<string, { ipv4: number; ipv6: number }>();
  for (const { ip } of addresses) {
    const country = placeOf(ip).country || '-';
    const of = counts.get(country) ?? { ipv4: 0, ipv6: 0 };
    of[ip.includes(':') ? 'ipv6' : 'ipv4']++;
    counts.set(country, of);
  }
  const total = ({ ipv4, ipv6 }: { ipv4: number; ipv6: number }): number => ipv4 + ipv6;
  const sorted = [...counts].sort(([a, ofA], [b, ofB]) => total(ofB) - total(ofA) || (a < b ? -1 : 1));
  yield 'country\tipv4\tipv6\ttotal\n';
  for (const [country, of] of sorted) yield `${country}\t${of.ipv4}\t${of.ipv6}\t${total(of)}\n`;
}
