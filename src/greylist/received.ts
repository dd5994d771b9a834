import { isUnicastIPv4, parseIPv4 } from '../address.ts';
import type { Entry, GreyEntry } from '../entry.ts';
import type { AddressChange } from '../store/address-record.ts';
import type { AttemptStep, Rules, Store } from '../store/store.ts';
import { canonicalAddress, canonicalMailbox, spelling, tupleKey } from './canonical.ts';
import type { IgnoreReason } from './events.ts';
import type { GreylistPolicy } from './policy.ts';

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
  const at = Math.min(entry.timestamp, now);
  if (entry.type === 'grey') {
    await applyGrey(store, policy, rules, entry, at, now);
    return undefined;
  }
  const change = asChange(policy, entry, at);
  if (change.until <= now) return 'expired';
  await store.mergeAddress(change, { now, announced: false });
  return undefined;
}

function asChange(policy: GreylistPolicy, entry: Exclude<Entry, GreyEntry>, at: number): AddressChange {
  const pool = canonicalAddress(entry.ip, policy.subnet) ?? entry.ip;
  switch (entry.type) {
    case 'white':
      return { type: 'white', ip: pool, at, until: entry.expires, own: false, by: '' };
    case 'trapped':
      return { type: 'trapped', ip: entry.ip, at, until: entry.expires, own: false, by: 'group' };
    case 'remove-white':
      return { type: 'remove-white', ip: pool, at, until: at + policy.whiteexp, own: false };
    case 'remove-trapped':
      return { type: 'remove-trapped', ip: entry.ip, at, until: at + policy.trapexp, own: false };
  }
}

/** An attempt that another host saw; its time is that host's, so that all work out the same from it. */
async function applyGrey(
  store: Store,
  policy: GreylistPolicy,
  rules: Rules,
  { ip, helo, from, to }: GreyEntry,
  at: number,
  now: number,
): Promise<void> {
  const pool = canonicalAddress(ip, policy.subnet) ?? ip;
  const key = tupleKey(pool, helo, from, to);
  const step: AttemptStep = {
    ip: pool,
    key,
    spelled: () => spelling(key, helo, from, to),
    to: () => canonicalMailbox(to),
    at,
    now,
    rules,
    own: false,
    record: isAllowed(policy, to) ? 'always' : 'no',
  };
  const outcome = await store.recordAttempt(step);
  if (outcome.step !== 'spamtrap' && outcome.step !== 'unrecorded') return;
  const by = outcome.step === 'spamtrap' ? 'spamtrap' : 'domain';
  const change = { type: 'trapped', ip, at, until: at + policy.trapexp, own: false, by } as const;
  if (change.until > now) await store.mergeAddress(change, { now, announced: false });
}

/** Whether this group takes mail for the recipient (spamd.alloweddomains). */
export function isAllowed({ allowedDomains }: GreylistPolicy, to: string): boolean {
  if (allowedDomains === undefined) return true;
  const recipient = canonicalMailbox(to);
  return allowedDomains.some((suffix) => recipient.endsWith(suffix.toLowerCase()));
}
