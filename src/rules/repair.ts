import { type AddressRecord, type AddressState, merged, stateOf } from './address.ts';

/** spamd scans for expired rows once a minute. This is twice that, because no two clocks are the same. Seconds. */
const FORGOTTEN_AFTER = 120;

/**
 * The record after the address is announced. The spamd hosts of the group keep the expiry that they received first. So
 * the noted expiry stands until it has passed and all of these hosts have forgotten the address.
 *
 * @param expires The expiry announced now.
 */
export function announced(record: AddressRecord, expires: number, now: number): AddressRecord {
  const stands = record.announcedExpires + FORGOTTEN_AFTER > now;
  return { ...record, announcedExpires: stands ? record.announcedExpires : expires, announcedAt: now };
}

/**
 * The record after a trapped address is announced as white. A spamd does not make the address white: the row stays
 * trapped, and the next scan finds it in the trap list and deletes it (grey.c). So the spamd hosts hold no expiry from
 * now on, and the address is due to be announced again when they have all scanned.
 */
export function announcedOverTrap(record: AddressRecord, now: number): AddressRecord {
  return { ...record, announcedExpires: now, announcedAt: now };
}

/**
 * Whether the expiry that the spamd hosts hold has passed, and the address was not announced again since. A spamd that
 * has not scanned since the expiry ignores the announcement, and then forgets the address all the same. So the address
 * is announced twice: once at the expiry, and once when all have scanned.
 */
export function isForgotten({ announcedExpires, announcedAt }: AddressRecord, now: number): boolean {
  return announcedExpires <= now && (announcedAt < announcedExpires || announcedExpires + FORGOTTEN_AFTER <= now);
}

/** Whether an address was announced and then forgotten by the spamd hosts: it may have to be announced again. */
export function mayBeDue(record: AddressRecord, now: number): boolean {
  return record.announcedExpires !== 0 && isForgotten(record, now);
}

/**
 * For an address that still holds here, but that the spamd hosts forget because the expiry announced to them has
 * passed: its state, and its record after it is announced again. `undefined`: nothing is to be announced.
 */
export function dueAgain(
  record: AddressRecord,
  now: number,
  trapWins: boolean,
): { readonly state: AddressState; readonly record: AddressRecord } | undefined {
  if (!mayBeDue(record, now)) return undefined;
  const state = stateOf(record, now, trapWins);
  if (state === undefined) return undefined;
  // The newest claim and the longest may be different claims. The claim that is announced must hold here too.
  const change =
    state.type === 'white'
      ? ({ ...state, type: 'white', local: false } as const)
      : ({ ...state, type: 'trapped', local: false, trappedBy: '' } as const);
  return { state, record: announced(merged(record, change), state.expires, now) };
}
