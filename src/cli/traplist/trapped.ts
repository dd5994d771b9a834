import type { Evidence, SpamdbRecord } from '../../index.ts';
import type { RemoteGreylist } from '../../socket/index.ts';
import { exportTraplist } from '../../spamdb/index.ts';
import { quoted, timeWords } from '../terminal/words.ts';

/** How many tuples of an address are kept as evidence. */
const MAX_TUPLES = 4;
/** About how many addresses the daemon is asked at once. */
const AT_ONCE = 64;

/** What is known of the attempts of an address, from the tuples that the greylist still has. */
interface Attempts {
  /** Deferred attempts. */
  count: number;
  /** Different tuples. */
  tuples: number;
  /** When the first attempt was seen, Unix seconds. */
  first: number;
  /** HELO and sender of some of the tuples, and the recipient if that is asked for. */
  readonly words: string[];
}

/** The parts of an address that are published. */
export interface TrappedAddress {
  readonly ip: string;
  /** Until when it is trapped, Unix seconds. */
  readonly expires: number;
  readonly attempts: number;
  readonly tuples: number;
  /** When its first attempt was seen, Unix seconds; 0 if the greylist has no tuple of the address any more. */
  readonly first: number;
  readonly evidence: readonly string[];
}

/** The content of a greylist of which a traplist is made. */
export interface Traps {
  /** The addresses in numerical order, IPv4 first, each once. */
  readonly addresses: readonly TrappedAddress[];
  /** Sorted. */
  readonly spamtraps: readonly string[];
  /** How many trapped IPv4 networks and names of pools are left out, because they have no line. */
  readonly leftOut: number;
}

export interface TrapsOptions {
  /** The time, Unix seconds. */
  readonly now: number;
  /** Whether to keep what is known of the attempts. */
  readonly evidence: boolean;
  /** Whether the evidence names recipients. */
  readonly recipients: boolean;
}

/**
 * Reads the content of a traplist. Tuples may come before or after the trapped addresses.
 *
 * @param greylist Says why each address was trapped. Without it the tuples are the evidence.
 */
export async function trapsIn(
  records: AsyncIterable<SpamdbRecord>,
  options: TrapsOptions,
  greylist?: RemoteGreylist,
): Promise<Traps> {
  const { now, evidence } = options;
  const expires = new Map<string, number>();
  const attempts = new Map<string, Attempts>();
  const spamtraps = new Set<string>();
  let leftOut = 0;
  async function* trapped(): AsyncGenerator<SpamdbRecord, void> {
    for await (const record of records) {
      if (record.type === 'SPAMTRAP') spamtraps.add(record.address);
      else if (record.type === 'GREY' && evidence) note(attempts, record, options);
      else if (record.type === 'TRAPPED') {
        expires.set(record.ip, Math.max(record.expires, expires.get(record.ip) ?? 0));
        yield record;
      }
    }
  }
  const onBadRecord = (): void => void leftOut++;
  let text = '';
  for await (const chunk of exportTraplist(trapped(), { now, onBadRecord })) text += chunk;
  const [, ...ips] = text.split('\n').slice(0, -1);
  const reasons = evidence && greylist !== undefined ? await reasonsOf(ips, greylist, options) : undefined;
  const addresses = ips.map((ip) => {
    const { count = 0, tuples = 0, first = 0, words = [] } = attempts.get(ip) ?? {};
    const said = reasons?.get(ip) ?? [];
    return {
      ip,
      expires: expires.get(ip) ?? 0,
      attempts: count,
      tuples,
      first,
      evidence: said.length > 0 ? said : words,
    };
  });
  return { addresses, spamtraps: [...spamtraps].sort(), leftOut };
}

/** Why each address was trapped, in words. An address that was freed meanwhile has no reasons. */
async function reasonsOf(
  ips: readonly string[],
  greylist: RemoteGreylist,
  options: TrapsOptions,
): Promise<Map<string, string[]>> {
  const reasons = new Map<string, string[]>();
  for (let at = 0; at < ips.length; at += AT_ONCE) {
    const asked = ips.slice(at, at + AT_ONCE).map(async (ip) => {
      const { evidence } = await greylist.why(ip.replace(/\/.*/, ''));
      reasons.set(
        ip,
        evidence.map((one) => evidenceWords(one, options)),
      );
    });
    await Promise.all(asked);
  }
  return reasons;
}

/** The part of the evidence that may be published: neither notes of the operator nor addresses of the group's hosts. */
function evidenceWords({ kind, time, tuple }: Evidence, options: TrapsOptions): string {
  return `${timeWords(time)} ${kind}${tuple === undefined ? '' : `, ${tupleWords(tuple, options)}`}`;
}

function tupleWords(
  { helo, from, to }: { readonly helo: string; readonly from: string; readonly to: string },
  { recipients }: TrapsOptions,
): string {
  return `helo ${quoted(helo)} from ${quoted(from)}${recipients ? ` to ${quoted(to)}` : ''}`;
}

type Grey = Extract<SpamdbRecord, { type: 'GREY' }>;

function note(attempts: Map<string, Attempts>, record: Grey, options: TrapsOptions): void {
  const { ip, first, blocked } = record;
  const of = attempts.get(ip) ?? { count: 0, tuples: 0, first, words: [] };
  of.count += blocked;
  of.tuples++;
  of.first = Math.min(of.first, first);
  if (of.words.length < MAX_TUPLES) of.words.push(tupleWords(record, options));
  attempts.set(ip, of);
}
