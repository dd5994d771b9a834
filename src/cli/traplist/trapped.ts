import type { Evidence, SpamdbRecord } from '../../index.ts';
import type { RemoteGreylist } from '../../socket/index.ts';
import { exportTraplist } from '../../spamdb/index.ts';
import { quoted, timeWords } from '../terminal/words.ts';

/** So many tuples are kept of an address, as evidence. */
const MAX_TUPLES = 4;
/** So many addresses are asked about at once. */
const AT_ONCE = 64;

/** What is known of the attempts of an address, from the tuples that the greylist still has. */
interface Attempts {
  /** Deferred attempts. */
  count: number;
  /** Different tuples. */
  tuples: number;
  /** When the first was seen, Unix seconds. */
  first: number;
  /** Of some of them: HELO and sender, and the recipient where that is asked for. */
  readonly words: string[];
}

/** What is to be published of an address. */
export interface TrappedAddress {
  readonly ip: string;
  /** Unix seconds. */
  readonly expires: number;
  readonly attempts: number;
  readonly tuples: number;
  /** Unix seconds; 0 where the greylist has no tuple of the address any more. */
  readonly first: number;
  readonly evidence: readonly string[];
}

/** What a greylist holds that a traplist is made of. */
export interface Traps {
  /** In numerical order, IPv4 first, each once. */
  readonly addresses: readonly TrappedAddress[];
  /** Sorted. */
  readonly spamtraps: readonly string[];
  /** Trapped networks of IPv4 and names of pools, which have no line. */
  readonly leftOut: number;
}

export interface TrapsOptions {
  /** Unix seconds. */
  readonly now: number;
  /** Whether to keep what is known of the attempts. */
  readonly evidence: boolean;
  /** Whether the evidence names recipients. */
  readonly recipients: boolean;
}

/**
 * Reads what a traplist is made of. Tuples come before or behind what is trapped.
 *
 * @param greylist Knows why each was trapped; without it the tuples are the evidence.
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

/** Why each address was trapped, in words. One that was freed meanwhile has none. */
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

/** What may be published of it: neither what the operator noted nor the addresses of the hosts of the group. */
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
