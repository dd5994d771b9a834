import type { Tuple } from '../entry.ts';
import { boundedText } from './key.ts';

/** Why an address was trapped once: by what, when and by whom. Times are Unix seconds. */
export interface Evidence {
  /** What trapped it, in the words of {@link AddressRecord.trappedBy}. */
  readonly kind: string;
  /** When that was decided, by the clock of the host that decided it: the newest time, where it happened again alike. */
  readonly time: number;
  /** When the group's entry was received here first; `undefined` for what this host decided. */
  readonly received: number | undefined;
  /** The host of the group that announced it, IPv4; `undefined` for this host, and where nobody can tell. */
  readonly source: string | undefined;
  /** The attempt that trapped it, as the client typed it: controls as `?`, each string cut to 255 bytes. */
  readonly tuple: Omit<Tuple, 'ip'> | undefined;
  /** The local address that the client connected to. */
  readonly connectedTo: string | undefined;
  /** Who trapped it by hand and why, as the operator wrote it; cut to 255 bytes. */
  readonly by: string | undefined;
}

/** What a change has to say of why it was made; a record has it as {@link Evidence}. */
export type Circumstances = Partial<Omit<Evidence, 'kind' | 'time'>>;

/** How much is kept of an address: enough to show that it was no single accident. */
export const MAX_EVIDENCE = 4;

/** Of an address without any: one array for all of them. */
export const NO_EVIDENCE: readonly Evidence[] = Object.freeze([]);

/** The evidence of a change that took effect at `time`, its strings bounded. */
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
 * Evidence of an address from two records, newest first. What happened alike counts once, with its newest time, so that
 * one host or one client that repeats itself does not push out what others say. The newest are kept, not the first: a
 * removal takes away the oldest, so that only what is newest comes out the same in whatever order removals and evidence
 * arrive. Commutative, associative and idempotent.
 *
 * @param removed Up to when a removal forgot it.
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

/** Of two that are alike: the newer goes before, and of one time that which was received first. */
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
