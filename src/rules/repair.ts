import { type AddressRecord, type AddressState, merged, stateOf } from './address.ts';

/** spamd scans for what has expired once a minute; twice that, because no two clocks are the same. Seconds. */
const FORGOTTEN_AFTER = 120;

/**
 * The record when the address is announced. The spamd hosts of the group keep the expiry that they received first, so
 * the one noted stands until it has passed and they have all forgotten the address.
 *
 * @param expires The expiry announced now.
 */
export function announced(record: AddressRecord, expires: number, now: number): AddressRecord {
  const stands = record.announcedExpires + FORGOTTEN_AFTER > now;
  return { ...record, announcedExpires: stands ? record.announcedExpires : expires, announcedAt: now };
}

/**
 * The record when an address is announced as white that was trapped. A spamd does not make it white: the row stays
 * trapped, and its next scan finds it in the trap list and deletes it (grey.c). So its hosts know of no expiry from now
 * on, and it is due to be announced again when they have all scanned.
 */
export function announcedOverTrap(record: AddressRecord, now: number): AddressRecord {
  return { ...record, announcedExpires: now, announcedAt: now };
}

/**
 * Whether the expiry that the spamd hosts hold has passed, and it was not announced again since. Those whose scan has not
 * come round yet pass over what they receive and then forget the address after all, so it is announced twice.
 */
export function isForgotten({ announcedExpires, announcedAt }: AddressRecord, now: number): boolean {
  return announcedExpires <= now && (announcedAt < announcedExpires || announcedExpires + FORGOTTEN_AFTER <= now);
}

/** Whether it was ever announced, and is forgotten: it may have to be announced again. */
export function mayBeDue(record: AddressRecord, now: number): boolean {
  return record.announcedExpires !== 0 && isForgotten(record, now);
}

/**
 * The state of an address that the spamd hosts forget because the expiry announced to them has passed, while it still
 * holds here, and the record when it is announced again. `undefined`: nothing is to be announced.
 */
export function dueAgain(
  record: AddressRecord,
  now: number,
  trapWins: boolean,
): { readonly state: AddressState; readonly record: AddressRecord } | undefined {
  if (!mayBeDue(record, now)) return undefined;
  const state = stateOf(record, now, trapWins);
  if (state === undefined) return undefined;
  // The newest claim and the longest may be two; what is announced must hold here too.
  const change =
    state.type === 'white'
      ? ({ ...state, type: 'white', local: false } as const)
      : ({ ...state, type: 'trapped', local: false, trappedBy: '' } as const);
  return { state, record: announced(merged(record, change), state.expires, now) };
}
