import { isUnicastIPv4, parseIPv4 } from '../address.ts';
import type { Entry, GreyEntry } from '../entry.ts';
import type { AddressChange } from '../rules/address-record.ts';
import { canonicalMailbox, networkOf } from '../rules/canonical.ts';
import type { Rules, Store } from '../store/store.ts';
import type { IgnoreReason } from './events.ts';
import type { GreylistPolicy } from './policy.ts';
import { Step } from './step.ts';

/** A claim of another host may lie so many seconds ahead: clocks differ, and see `applyChange` for claims of one second. */
const AHEAD = 5;

/**
 * Applies what the group said, and never announces it again. A time from the future counts as now; what has expired
 * and what is no unicast address is ignored.
 *
 * @returns Why it was ignored, if it was.
 */
export async function applyEntry(
  store: Store,
  policy: GreylistPolicy,
  rules: Rules,
  entry: Entry,
  now: number,
): Promise<IgnoreReason | undefined> {
  const address = parseIPv4(entry.ip);
  if (address < 0 || !isUnicastIPv4(address)) return 'address';
  if (entry.type === 'grey') return applyGrey(store, policy, rules, entry, now);
  // A record has 0 for never.
  const at = entry.timestamp > now + AHEAD ? now : Math.max(1, entry.timestamp);
  const change = asChange(policy, entry, at);
  if (change.until <= now) return 'expired';
  await store.mergeAddress(change, { now, announced: false });
  return undefined;
}

/** What an address is known by: itself, or its network where the policy says so. */
export function poolOf(ip: string, { subnet }: GreylistPolicy): string {
  return subnet === undefined ? ip : networkOf(ip, subnet);
}

/** How long a removal is remembered at least: as long as anything that the policy makes would have held. */
export function removedUntil({ whiteexp, trapexp }: GreylistPolicy, at: number): number {
  return at + Math.max(whiteexp, trapexp);
}

function asChange(policy: GreylistPolicy, entry: Exclude<Entry, GreyEntry>, at: number): AddressChange {
  const { type, ip } = entry;
  switch (type) {
    case 'white':
      return { type, ip: poolOf(ip, policy), at, until: entry.expires, own: false, by: '' };
    case 'trapped':
      return { type, ip, at, until: entry.expires, own: false, by: 'group' };
    case 'remove-white':
      return { type, ip: poolOf(ip, policy), at, until: removedUntil(policy, at), own: false };
    case 'remove-trapped':
      return { type, ip, at, until: removedUntil(policy, at), own: false };
  }
}

/** An attempt that another host saw; its time is that host's, so that all work out the same from it. */
async function applyGrey(
  store: Store,
  policy: GreylistPolicy,
  rules: Rules,
  { ip, helo, from, to, timestamp }: GreyEntry,
  now: number,
): Promise<IgnoreReason | undefined> {
  const at = Math.min(timestamp, now);
  const allowed = isAllowed(policy, to);
  const record = allowed && at + policy.greyexp > now ? 'always' : 'no';
  const step = new Step({ helo, from, to }, { ip: poolOf(ip, policy), at, now, rules, own: false, record });
  const outcome = await store.recordAttempt(step);
  if (outcome.step !== 'spamtrap' && outcome.step !== 'unrecorded') return undefined;
  if (outcome.step === 'unrecorded' && allowed) return 'expired';
  const by = outcome.step === 'spamtrap' ? 'spamtrap' : 'domain';
  const change = { type: 'trapped', ip, at: Math.max(1, at), until: at + policy.trapexp, own: false, by } as const;
  if (change.until <= now) return 'expired';
  await store.mergeAddress(change, { now, announced: false });
  return undefined;
}

/** Whether this group takes mail for the recipient (spamd.alloweddomains). */
export function isAllowed({ allowedDomains }: GreylistPolicy, to: string): boolean {
  if (allowedDomains === undefined) return true;
  const recipient = canonicalMailbox(to);
  return allowedDomains.some((suffix) => recipient.endsWith(suffix.toLowerCase()));
}
