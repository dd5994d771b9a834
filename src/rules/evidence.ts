import type { Tuple } from '../entry.ts';
import { boundedText } from './key.ts';

/** Why an address was trapped once: by what, when and by whom. Times are Unix seconds. */
export interface Evidence {
  /** What trapped it, in the words of {@link AddressRecord.trappedBy}. */
  readonly kind: string;
  /** When that was decided, by the clock of the host that decided it. If the same happened again, the newest time. */
  readonly time: number;
  /** When this host first received the group's entry; `undefined` if this host decided it. */
  readonly received: number | undefined;
  /** The IPv4 address of the host that announced it; `undefined` for this host, and where the host is not known. */
  readonly source: string | undefined;
  /** The attempt that trapped it, as the client typed it: controls are `?`, and each string is cut to 255 bytes. */
  readonly tuple: Omit<Tuple, 'ip'> | undefined;
  /** The local address that the client connected to. */
  readonly connectedTo: string | undefined;
  /** Who trapped it by hand and why, as the operator wrote it; cut to 255 bytes. */
  readonly by: string | undefined;
}

/** Why a change was made, as far as the change says it. The record keeps this as {@link Evidence}. */
export type Circumstances = Partial<Omit<Evidence, 'kind' | 'time'>>;

/** The most items of evidence that an address has: enough to show that the trap was no single accident. */
export const MAX_EVIDENCE = 4;

/** The evidence of an address that has none: one array for all such addresses. */
export const NO_EVIDENCE: readonly Evidence[] = Object.freeze([]);

/** The evidence of a change that took effect at `time`, with its strings cut to 255 bytes. */
export function evidenceOf(kind: string, time: number, circumstances: Circumstances): Evidence {
  const { received, source, tuple, connectedTo, by } = circumstances;
  return {
    kind,
    time,
    received,
    source: bounded(source),
    tuple: tuple && {
      helo: boundedText(tuple.helo),
      from: boundedText(tuple.from),
      to: boundedText(tuple.to),
    },
    connectedTo: bounded(connectedTo),
    by: bounded(by),
  };
}

/**
 * Joins the evidence of an address from two records, newest first. Items that differ only in their times count as one,
 * with the newest time, so that one host or client that repeats itself does not push out the evidence of others. The
 * newest items are kept, not the first: a removal deletes the oldest, so only the newest come out the same in whatever
 * order removals and evidence arrive. The join is commutative, associative and idempotent.
 *
 * @param removed The time of the newest removal: evidence up to then is left out.
 */
export function joinedEvidence(
  one: readonly Evidence[],
  other: readonly Evidence[],
  removed: number,
): readonly Evidence[] {
  if (one.length === 0 && other.length === 0) return NO_EVIDENCE;
  const kept = new Map<string, Evidence>();
  for (const each of [...one, ...other]) {
    if (each.time <= removed) continue;
    const name = identityOf(each);
    const known = kept.get(name);
    if (known === undefined || isBefore(each, known)) kept.set(name, each);
  }
  if (kept.size === 0) return NO_EVIDENCE;
  const newestFirst = [...kept].sort(([a, x], [b, y]) => y.time - x.time || (a < b ? -1 : 1));
  return newestFirst.slice(0, MAX_EVIDENCE).map(([, each]) => each);
}

/** Of two items that differ only in their times, the newer is kept, or with equal times the one received first. */
function isBefore(one: Evidence, other: Evidence): boolean {
  if (one.time !== other.time) return one.time > other.time;
  return (one.received ?? 0) < (other.received ?? 0);
}

function identityOf({ kind, source, tuple, connectedTo, by }: Evidence): string {
  return JSON.stringify([kind, source, tuple?.helo, tuple?.from, tuple?.to, connectedTo, by]);
}

function bounded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : boundedText(text);
}
