import { canonicalAddress, isUnicastIPv4, networkOf, parseIPv4 } from '../address.ts';
import type { Entry, GreyEntry, Source } from '../entry.ts';
import type { AddressChange } from '../rules/address.ts';
import { AttemptStep, type Rules } from '../rules/attempt.ts';
import { type ChangeAt, type Changed, ChangeStep, ReadStep } from '../rules/change.ts';
import type { Circumstances } from '../rules/evidence.ts';
import { canonicalMailbox } from '../rules/key.ts';
import type { Store } from '../store/store.ts';
import type { GreylistPolicy } from './policy.ts';
import type { IgnoreReason } from './stats.ts';

/** How many seconds a claim of another host may lie ahead: clocks differ, and `timeOf` may make a claim later. */
export const MAX_AHEAD = 5;

/**
 * Applies an entry that the group announced, and never announces it again. A time from the future counts as now. An
 * entry that has expired, or whose address is not unicast, is ignored.
 *
 * @param source The host that announced the entry, if it is known.
 * @returns Why the entry was ignored; `undefined` if it was applied.
 */
export async function applyEntry(
  store: Store,
  policy: GreylistPolicy,
  rules: Rules,
  entry: Entry,
  now: number,
  source?: Source,
): Promise<IgnoreReason | undefined> {
  if (!isClient(entry.ip)) return 'address';
  if (entry.type === 'grey') return applyGrey(store, policy, rules, entry, now, source);
  // A record has 0 for never.
  const at = entry.timestamp > now + MAX_AHEAD ? now : Math.max(1, entry.timestamp);
  const change = changeOf(policy, entry, at, { received: now, source: source?.address });
  // An expired removal still applies to a known address: a claim may hold for longer than a removal is remembered.
  const removes = entry.type === 'remove-white' || entry.type === 'remove-trapped';
  if (change.expires <= now && !(removes && (await isKnown(store, policy, entry.ip, now)))) return 'expired';
  await merge(store, policy, entry.ip, () => change, now);
  return undefined;
}

/** Whether an address can be a mail client's. IPv6 comes from a group with a form for it, never from spamd's wire. */
export function isClient(ip: string): boolean {
  const address = parseIPv4(ip);
  if (address >= 0) return isUnicastIPv4(address);
  // Neither unspecified nor multicast.
  return canonicalAddress(ip) === ip && ip !== '::' && !ip.startsWith('ff');
}

/** One host may have any address of its IPv6 /64 (RFC 4291, RFC 8981), so single addresses do not tell hosts apart. */
const IPV6_HOST = 64;

async function isKnown(store: Store, policy: GreylistPolicy, ip: string, now: number): Promise<boolean> {
  const names = new Set([poolOf(ip, policy), clientOf(ip, policy)]);
  for (const name of names) if ((await store.update(new ReadStep(name), now)) !== undefined) return true;
  return false;
}

/**
 * What a client is recorded under, and a trap holds for: an IPv4 address or an IPv6 /64. Peers that announce only IPv4
 * cannot disagree about the /64, because IPv6 has no form on the wire.
 */
export function clientOf(ip: string, { subnet }: GreylistPolicy): string {
  return networkOf(ip, { ipv6: Math.max(IPV6_HOST, subnet.ipv6 ?? IPV6_HOST) });
}

/** What a client is recorded under together with others: its network if the policy says so, else {@link clientOf}. */
export function poolOf(ip: string, { subnet }: GreylistPolicy): string {
  return networkOf(ip, subnet);
}

/**
 * Merges a change into the record that the policy has for an address. A pool is white as a whole. A trap holds for the
 * one client, since one bad server must not trap a whole network. So a change of the pool is also merged into the
 * record of the client itself, if there is one.
 *
 * @returns How the change took effect.
 */
export async function merge(
  store: Store,
  policy: GreylistPolicy,
  ip: string,
  changeAt: ChangeAt,
  now: number,
  announced = false,
): Promise<Changed> {
  const { type } = changeAt(now);
  const client = clientOf(ip, policy);
  const pool = type === 'trapped' || type === 'remove-trapped' ? client : poolOf(ip, policy);
  const changed = await store.update(new ChangeStep(pool, changeAt, { announced }), now);
  if (pool === client) return changed;
  const own = await store.update(new ChangeStep(client, changeAt, { announced: false, onlyKnown: true }), now);
  // Announced with the later time, so that on other hosts, too, it overrules both records.
  return own.at > changed.at ? own : changed;
}

/** Until when a removal is remembered at least: as long as any claim that the policy makes would have held. */
export function removalExpires({ whiteexp, trapexp }: GreylistPolicy, at: number): number {
  return at + Math.max(whiteexp, trapexp);
}

/** Whether this group takes mail for the recipient (spamd.alloweddomains), by a policy that was checked. */
export function isAllowed({ allowedDomains }: GreylistPolicy, to: string): boolean {
  if (allowedDomains === undefined) return true;
  const recipient = canonicalMailbox(to);
  return allowedDomains.some((suffix) => recipient.endsWith(suffix));
}

function changeOf(
  policy: GreylistPolicy,
  entry: Exclude<Entry, GreyEntry>,
  at: number,
  circumstances: Circumstances,
): AddressChange {
  switch (entry.type) {
    case 'white':
      return { type: 'white', at, expires: entry.expires, local: false };
    case 'trapped':
      return { type: 'trapped', at, expires: entry.expires, local: false, trappedBy: 'group', circumstances };
    default:
      return { type: entry.type, at, expires: removalExpires(policy, at), local: false };
  }
}

/** Applies an attempt that another host saw, at the time of that host, so that all hosts come to the same result. */
async function applyGrey(
  store: Store,
  policy: GreylistPolicy,
  rules: Rules,
  { ip, helo, from, to, timestamp }: GreyEntry,
  now: number,
  source: Source | undefined,
): Promise<IgnoreReason | undefined> {
  const at = Math.min(timestamp, now);
  const allowed = isAllowed(policy, to);
  const record = allowed && at + policy.greyexp > now ? 'always' : 'no';
  const step = new AttemptStep({ helo, from, to }, { ip: poolOf(ip, policy), rules, remoteAt: at, record });
  const { outcome } = await store.update(step, now);
  if (outcome !== 'spamtrap' && outcome !== 'unrecorded') return undefined;
  if (outcome === 'unrecorded' && allowed) return 'expired';
  const trappedBy = outcome === 'spamtrap' ? 'spamtrap' : 'domain';
  const expires = at + policy.trapexp;
  if (expires <= now) return 'expired';
  const circumstances = { received: now, source: source?.address, tuple: { helo, from, to } };
  const trapped = { type: 'trapped', at: Math.max(1, at), expires, local: false, trappedBy, circumstances } as const;
  await merge(store, policy, ip, () => trapped, now);
  return undefined;
}
